"""Every choice with where it comes from; an error about a remembered one says how to drop it."""

import pytest

from tasks.core.deploying import choices_page
from tasks.core.deploying.context import Context
from tasks.core.deploying.remembered import Chosen, Deployed, Remembered
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import resolve
from tasks.core.model.choices import Choices
from tasks.core.model.errors import GatewayError

TIME = "2026-11-30T14:02:11Z"
DEPLOYED = Choices("basic", port=4100, ca_bundle="/ca.pem")


@pytest.fixture
def known(checkout):
    """Something is deployed, and something else was chosen since."""
    return Remembered(checkout, "3", Deployed(DEPLOYED, 3, TIME), Chosen(DEPLOYED._replace(port=4200), TIME, "3", True))


def test_each_choice_says_where_it_comes_from(checkout, known):
    choices = known.for_deployment.asked(opus="codestral")
    request = Request(choices, typed={"opus": "codestral"}, remembered=known)
    origins = {name: choices_page.find_origin(request, name) for name in Choices._fields}
    assert origins["opus"] == "this command line"
    assert origins["port"] == f"chosen at {TIME}, not deployed"
    assert origins["ca_bundle"] == f"deployed, revision 3 of {TIME}"
    assert (origins["models"], origins["proxy"]) == ("preset", "default")
    page = "\n".join(choices_page.lines(resolve(request, Context(checkout, {})), 200))
    assert all(f"--{name}" in page for name in ("ca-bundle", "header", "opus", "scope"))
    assert "4200" in page


def test_what_is_not_deployed_is_shown_as_one_types_it(known):
    assert choices_page.describe_pending(known).startswith(f"--port 4200 chosen at {TIME}")
    back = known._replace(noted=known.noted._replace(choices=Choices("basic"), is_kept=False))
    assert choices_page.describe_pending(back).endswith("doit deploy --ca-bundle none --port none")
    other = known._replace(noted=known.noted._replace(choices=DEPLOYED.asked(preset="demo", port="none")))
    assert choices_page.describe_pending(other).startswith("--preset demo --port none")
    assert not choices_page.describe_pending(known._replace(noted=None))
    assert not choices_page.describe_pending(None)


@pytest.mark.parametrize(("typed", "is_said"), [({}, True), ({"ca_bundle": "/ca.pem"}, False)])
def test_an_error_about_a_remembered_choice_says_so(known, typed, is_said):
    request = Request(DEPLOYED, typed=typed, remembered=known)
    with pytest.raises(GatewayError) as failed, choices_page.explained(request):
        raise GatewayError("is not there", "Name another.", where="/ca.pem")
    assert ("--ca-bundle none" in failed.value.remedy) == is_said
    assert "--port" not in failed.value.remedy
