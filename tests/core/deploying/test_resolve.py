"""Which value wins, where each comes from, and what is read once."""

import pytest

from tasks.core.deploying.context import Context
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import resolve
from tasks.core.deploying.value_sources import UNKNOWN
from tasks.core.model.choices import Choices, Flags
from tasks.core.model.errors import UsageError
from tasks.core.model.secret import Secret
from tasks.core.values.environment import Finding

ELSEWHERE = Choices("enterprise", gateway_url="https://gw.example.com")
ANSWER = Finding("GATEWAY_TOKEN", Secret("token-answered-0123"), "what was typed")


@pytest.fixture
def context(checkout):
    """Nothing in the environment."""
    return Context(checkout, {"HOME": str(checkout.home)})


def token(request, context):
    """Value and source of the token."""
    finding = resolve(request, context).findings["GATEWAY_TOKEN"]
    return finding.plain, finding.source


def test_a_key_is_made_once_for_a_run_and_never_where_there_is_one(context, checkout):
    made = resolve(Request(Choices()), context)
    key = made.complete_values["LITELLM_MASTER_KEY"]
    assert key.reveal().startswith("sk-")
    assert len(key.reveal()) == 3 + 64
    assert made.complete_values["LITELLM_MASTER_KEY"] is key
    checkout.gateway.mkdir(parents=True)
    checkout.env_file.write_text("LITELLM_MASTER_KEY=sk-mine-0123456789abcdef\n")
    again = resolve(Request(Choices()), context)
    assert again.complete_values["LITELLM_MASTER_KEY"].reveal() == "sk-mine-0123456789abcdef"


def test_an_answer_goes_over_what_an_option_names_and_that_over_the_environment(checkout, tmp_path):
    (tmp_path / "token").write_text("token-of-file-0123\n")
    context = Context(checkout, {"HOME": str(checkout.home), "GATEWAY_TOKEN": "token-of-shell-0123"})
    assert token(Request(ELSEWHERE), context)[0] == "token-of-shell-0123"
    path = str(tmp_path / "token")
    given = Request(ELSEWHERE._replace(token="env:HOME"), Flags(token_file=path))
    assert token(given, context) == ("token-of-file-0123", path)
    assert token(given.with_answer(ANSWER), context) == ("token-answered-0123", "what was typed")


def test_a_reference_is_read_once_for_all_requests_of_a_run(context, tmp_path):
    count = tmp_path / "count"
    request = Request(ELSEWHERE._replace(token=f"cmd:echo x >> {count}; echo token-of-command-0123"))
    assert token(request, context)[0] == "token-of-command-0123"
    assert token(request.with_flags(start=True), context)[0] == "token-of-command-0123"
    assert count.read_text() == "x\n"


@pytest.mark.parametrize("flags", [Flags(dry_run=True), Flags()])
def test_a_run_that_only_looks_starts_no_program_for_a_token(context, tmp_path, flags):
    choices = ELSEWHERE._replace(token=f"cmd:touch {tmp_path}/ran; echo token-of-command-0123")
    request = Request(choices, flags, is_read_only=not flags.dry_run)
    assert token(request, context) == (UNKNOWN, f"{choices.token}, when it is deployed")
    assert not (tmp_path / "ran").exists()


def test_user_and_password_of_the_proxy_end_in_its_address_and_are_no_values_themselves(context, tmp_path):
    (tmp_path / "auth").write_text("jo:p@ss\n")
    request = Request(Choices("proxy", proxy="http://proxy:8080"), Flags(proxy_auth_file=str(tmp_path / "auth")))
    found = resolve(request, context).findings
    assert found["HTTPS_PROXY"].plain == "http://jo:p%40ss@proxy:8080"
    assert "PROXY_USERNAME" not in found


def test_what_the_catalogue_does_not_have_is_an_error_when_it_is_needed_and_not_before(context):
    resolved = resolve(Request(Choices("gone")), context)
    assert resolved.layout == context.layout
    with pytest.raises(UsageError):
        _ = resolved.deployment
