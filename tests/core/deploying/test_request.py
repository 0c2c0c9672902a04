"""A request never changes: each answer gives a new one."""

import pytest

from tasks.core.deploying.request import Request
from tasks.core.model.choices import Choices, Flags
from tasks.core.model.errors import UsageError
from tasks.core.model.secret import Secret
from tasks.core.values.environment import Finding

TOKEN = Finding("GATEWAY_TOKEN", Secret("token-0123456789"), "what was typed")


def test_an_answer_counts_like_an_option_and_leaves_the_request_before_it_as_it_was():
    first = Request(Choices())
    second = first.with_options(preset="enterprise", gateway_url="https://gw.example.com/v1/")
    assert (first.choices, first.typed) == (Choices(), {})
    assert second.choices == Choices("enterprise", gateway_url="https://gw.example.com")
    assert second.typed == {"preset": "enterprise", "gateway_url": "https://gw.example.com/v1/"}


def test_flags_answers_and_permissions_add_up():
    request = Request(Choices()).with_flags(start=True).forcing("lite").forcing("bifrost").with_answer(TOKEN)
    assert request.flags == Flags(start=True, force=("lite", "bifrost"))
    assert request.answers == {"GATEWAY_TOKEN": TOKEN}


def test_an_invalid_answer_is_refused():
    with pytest.raises(UsageError):
        Request(Choices()).with_options(port="80")


def test_no_secret_is_shown_when_a_request_is_printed():
    assert "0123456789" not in repr(Request(Choices()).with_answer(TOKEN))


def test_a_saved_plan_gives_its_choices_and_flags_and_yes_is_of_this_run():
    plan = {"choices": {"preset": "demo"}, "flags": {"force": ["lite"], "yes": True, "gone": 1}, "profile": "work"}
    request = Request.of_saved_plan(plan, yes=False)
    assert request.choices == Choices("demo")
    assert request.flags == Flags(force=("lite",))
    assert (request.profile, request.saved_plan) == ("work", plan)
