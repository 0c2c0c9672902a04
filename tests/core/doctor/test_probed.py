"""What a probe shows: other credentials, other addresses, questions, and where we are wrong ourselves."""

from __future__ import annotations

import pytest

from tasks.core.doctor import case as doctor_case
from tasks.core.doctor import probed
from tasks.core.doctor.case import FAIL, OK, SKIP, WARN, Modes
from tasks.core.doctor.probe import Credential, Request, Run
from tests.core.doctor.test_walk import case_of

URL, TOKEN, MODEL = "https://gateway.example.com", "tk-0123456789", "claude-opus-5-5"
OURS = Credential("authorization", "ANTHROPIC_AUTH_TOKEN", TOKEN)
CONSOLE = Credential("x-api-key", "a login at Anthropic's Console", "sk-ant-api03-x")


def run(*credentials, address=URL, model=MODEL, questions=(), said="", hosts=()):
    requests = [] if said else [Request(address, "/v1/messages", model, False, credentials)]
    return Run("-p", requests, list(hosts), list(questions), said)


@pytest.fixture
def states(tmp_path, monkeypatch):
    """The states and texts of the link for runs like these."""

    def look(*runs, program="/bin/claude"):
        case = case_of(tmp_path)
        object.__setattr__(case, "modes", Modes(probe=True))
        monkeypatch.setattr(probed.programs, "find", lambda *_: program)
        monkeypatch.setattr(doctor_case.probe, "run", lambda *_: list(runs))
        return [(check.state, check.says) for check in probed.probed(case)]

    return look


def test_all_is_well_where_only_the_gateway_is_asked_with_its_own_token(states):
    ((state, says),) = states(run(OURS))
    assert state == OK
    assert says == f"-p: it asks {URL} for {MODEL}, with the gateway's token in authorization"


@pytest.mark.parametrize(
    ("seen", "state", "part"),
    [
        (run(OURS, CONSOLE), FAIL, "a login at Anthropic's Console in x-api-key"),
        (run(OURS, address="https://other.example.com"), FAIL, "other.example.com, which is not"),
        (run(said="Not logged in"), FAIL, "Not logged in"),
        (run(OURS, questions=["whether to use it"]), WARN, "whether to use it"),
        (run(OURS, model="glm-5.1"), WARN, "a fault of gatehand"),
        (run(OURS, hosts=["api.anthropic.com:443"]), OK, "api.anthropic.com"),
    ],
)
def test_what_is_not_so_is_said(states, seen, state, part):
    found = states(seen)
    assert any(state == each and part in says for each, says in found), found
    assert not any("sk-ant" in says or TOKEN in says for _, says in found)


def test_without_a_client_it_is_one_sentence(states):
    ((state, says),) = states(program=None)
    assert (state, says) == (SKIP, probed.NO_CLIENT)


def test_values_are_in_no_text_of_a_run():
    made = run(OURS, CONSOLE)
    assert TOKEN not in f"{made!r}{made.to_json()}"
