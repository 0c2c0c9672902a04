"""Ask whether Claude Code can work through a gateway: one that is right, and one for each thing to get wrong."""

import json

import pytest

from tasks.core.catalogue import schemas
from tasks.core.model.layout import PROJECT
from tests.messages_server import TOKEN, serving

pytestmark = pytest.mark.sample(2)

NEEDED = {
    "redirects": "endpoint",
    "wall": "endpoint",
    "nowhere": "endpoint",
    "broken": "endpoint",
    "hates-beta": "headers",
    "html-errors": "errors",
    "always-200": "status",
    "lets-in": "token",
    "buffers": "stream",
    "done-only": "stream",
    "breaks-off": "stream",
    "no-stream": "stream",
}
"""What keeps Claude Code from working, and under which criterion it is found."""
BEARABLE = {
    "drops-version": "headers",
    "drops-beta": "headers",
    "drops-fields": "body",
    "foreign-errors": "errors",
    "400-for-token": "status",
    "500-for-400": "status",
    "done-too": "stream",
    "no-count": "count_tokens",
}


def deployed(sandbox, play, *words):
    sandbox.deploy("--preset", "enterprise", "--gateway-url", play.url, *words, env={"GATEWAY_TOKEN": play.token})


def found(result):
    """The state of each criterion."""
    told = json.loads(result.out)
    assert schemas.findings(told, PROJECT / "templates" / "schemas" / "check.schema.json", file="check") == []
    return {each["id"]: each["state"] for each in told["criteria"]}


def test_a_gateway_that_is_right_is_found_so_and_nothing_that_costs_is_asked(sandbox):
    with serving() as play:
        deployed(sandbox, play)
        result = sandbox.doit("check", "--json")
        asked = play.asked()
    assert result.code == 0, result.text
    states = found(result)
    assert {states.pop(each) for each in ("stream", "timeout")} == {"skip"}
    assert set(states.values()) == {"ok"}
    assert not [each for each in asked if each.body.get("messages") and not each.path.endswith("count_tokens")]


@pytest.mark.parametrize(("paid", "more"), [((), 0), (("--paid", "--yes"), 6)])
def test_a_request_that_is_taken_is_the_last_unless_costs_are_agreed_to(sandbox, paid, more):
    with serving("takes-empty") as play:
        deployed(sandbox, play)
        result = sandbox.doit("check", "--json", *paid)
        asked = [each for each in play.asked() if each.path.endswith("/messages")]
    assert result.code == 0, result.text
    assert len(asked) == 1 + more
    states = found(result)
    assert states["endpoint"] == "ok"
    assert {states[each] for each in ("headers", "token", "body")} == ({"ok"} if paid else {"skip"})


@pytest.mark.slow
def test_with_paid_the_stream_is_looked_at_too(sandbox):
    with serving() as play:
        deployed(sandbox, play)
        result = sandbox.doit("check", "--json", "--paid", "--yes")
    assert result.code == 0, result.text
    assert found(result)["stream"] == "ok"
    assert "in pieces" in result.out


@pytest.mark.slow
@pytest.mark.parametrize(("wrong", "criterion"), NEEDED.items())
def test_what_claude_code_cannot_do_without_is_named_and_the_exit_is_6(sandbox, wrong, criterion):
    with serving(wrong) as play:
        deployed(sandbox, play)
        result = sandbox.doit("check", "--json", "--paid", "--yes")
    assert result.code == 6, result.text
    assert [name for name, state in found(result).items() if state == "fail"] == [criterion]
    assert "secret" not in result.text


@pytest.mark.slow
@pytest.mark.parametrize(("wrong", "criterion"), BEARABLE.items())
def test_what_claude_code_can_bear_is_a_warning(sandbox, wrong, criterion):
    with serving(wrong) as play:
        deployed(sandbox, play)
        result = sandbox.doit("check", "--json", "--paid", "--yes")
    assert result.code == 0, result.text
    assert [name for name, state in found(result).items() if state == "warn"] == [criterion]


@pytest.mark.parametrize(
    ("drops", "paid", "state"),
    [
        ("", (), "skip"),
        ("drops-version drops-beta", (), "skip"),
        ("", ("--paid", "--yes"), "ok"),
        ("drops-version drops-beta", ("--paid", "--yes"), "warn"),
        ("drops-beta", ("--paid", "--yes"), "warn"),
    ],
)
def test_headers_through_a_gateway_that_refuses_by_itself_are_told_of_by_what_costs(sandbox, drops, paid, state):
    with serving(f"refuses-itself {drops}") as play:
        deployed(sandbox, play)
        result = sandbox.doit("check", "--json", *paid)
        asked = [each for each in play.asked() if each.body["messages"] and each.path.endswith("/messages")]
    assert result.code == 0, result.text
    assert found(result)["headers"] == state
    (told,) = [each["seen"] for each in json.loads(result.out)["criteria"] if each["id"] == "headers"]
    named = [name for name in ("version", "beta") if f"anthropic-{name}" in told]
    assert state != "warn" or named == [each.partition("-")[2] for each in drops.split()]
    assert len(asked) == (4 if paid else 0)  # its stranger was refused for nothing


def test_a_wrong_token_is_not_taken_for_a_wrong_gateway(sandbox):
    with serving() as play:
        play.token = "an-older-token"
        deployed(sandbox, play)
        play.token = TOKEN
        result = sandbox.doit("check")
    assert result.code == 6
    assert "token is not accepted" in result.out


@pytest.mark.parametrize("command", ["check", "doctor --deep --yes"])
@pytest.mark.parametrize("auth", ["bearer", "x-api-key", "apikeyhelper"])
def test_the_token_is_shown_as_claude_code_shows_it(sandbox, auth, command):
    with serving() as play:
        deployed(sandbox, play, "--auth", auth, "--header", "x-team: blue", "--sonnet", "acct/sonnet")
        result = sandbox.doit(*command.split())
        assert result.code == 0, result.text
        asked = play.asked()
    first = asked[0].headers
    replies = [each for each in asked if each.path.endswith("/messages") and each.body.get("messages")]
    assert command == "check" or replies[0].headers["x-team"] == "blue"
    shown = {"bearer": "authorization" in first, "x-api-key": "x-api-key" in first}
    assert shown == {"bearer": auth != "x-api-key", "x-api-key": auth != "bearer"}
    assert first["x-team"] == "blue"


def test_any_other_gateway_is_asked_with_a_token_from_standard_input(sandbox):
    with serving() as play:
        result = sandbox.doit("check", play.url + "/v1/", "--token-stdin", "--json", input=TOKEN + "\n")
        wrong = sandbox.doit("check", play.url, "--token-stdin", "--auth", "x-api-key", input="another")
    assert result.code == 0, result.text
    assert wrong.code == 6
    assert TOKEN not in result.text + wrong.text
    assert TOKEN.encode() not in b"".join(path.read_bytes() for path in sandbox.root.rglob("*") if path.is_file())


@pytest.mark.parametrize("words", [(), ("https://gw.example.com",), ("one", "two"), ("nonsense", "--token-stdin")])
def test_what_cannot_be_meant_is_said(sandbox, words):
    result = sandbox.doit("check", *words)
    assert result.code in (1, 3), result.text
    assert "Traceback" not in result.text


def test_what_costs_is_agreed_to_first(sandbox):
    with serving() as play:
        deployed(sandbox, play)
        assert sandbox.doit("check", "--paid").code == 3
        assert not play.asked()


def test_a_gateway_that_is_not_there_is_one_sentence(sandbox):
    with serving() as play:
        deployed(sandbox, play)
    result = sandbox.doit("check")
    assert result.code == 6
    assert "nothing answers" in result.err
