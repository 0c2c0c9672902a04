"""What the answers of a gateway say, one criterion at a time."""

from __future__ import annotations

import json

import pytest

from tasks.core.http.answers import Response
from tasks.core.http.compatibility import BETA, VERSION, Observations, judge


def says(status, message, number=1, kind="invalid_request_error"):
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": f"req_{number}"}
    return Response(status, "application/json", json.dumps(body))


INVALID = says(400, "messages: at least one message is required")
TAKEN = Response(200, "application/json", json.dumps({"type": "message", "content": [{"type": "text", "text": "Hi"}]}))
PORTAL = Response(200, "text/html", "<html>Log in</html>")
COUNTED = Response(200, "application/json", '{"input_tokens": 7}')
LISTED = Response(200, "application/json", '{"data": []}')


def states(plain, stranger=INVALID, entered=None):
    """The state of each criterion, and what was seen of each."""
    seen = Observations(plain, COUNTED, LISTED, plain, plain, plain, stranger, entered=entered)
    found = judge(seen, ())
    return {each.id: each.state for each in found}, {each.id: f"{each.seen} {each.fix}" for each in found}


@pytest.mark.parametrize(
    ("plain", "stranger", "state"),
    [
        (INVALID, says(401, "who are you?"), "ok"),
        (INVALID, says(403, "not you"), "ok"),
        (INVALID, Response(302, "", "", "https://login.example.com"), "ok"),
        (INVALID, says(400, "No connected db."), "ok"),
        (INVALID, says(200, "invalid token"), "ok"),
        (INVALID, INVALID._replace(text=INVALID.text.replace("req_1", "req_2")), "skip"),
        (says(429, "slow down"), says(429, "slow down"), "skip"),
        (says(500, "oh"), says(500, "oh"), "skip"),
        (INVALID, says(503, "busy"), "skip"),
        (INVALID, says(429, "slow down"), "skip"),
        (INVALID, None, "skip"),
        (INVALID, PORTAL, "skip"),
        (INVALID, TAKEN, "fail"),
        (TAKEN, TAKEN, "fail"),
        (TAKEN, says(401, "who are you?"), "ok"),
    ],
)
def test_only_a_stranger_who_gets_an_answer_is_one_who_was_let_in(plain, stranger, state):
    assert states(plain, stranger)[0]["token"] == state


@pytest.mark.parametrize(("entered", "state"), [(TAKEN, "fail"), (says(401, "who?"), "ok"), (says(503, ""), "skip")])
def test_a_stranger_who_asks_for_an_answer_settles_it(entered, state):
    assert states(INVALID, INVALID, entered)[0]["token"] == state


@pytest.mark.parametrize(
    "plain",
    [
        PORTAL,
        Response(200, "text/plain", "Welcome to the hotel"),
        Response(200, "application/json", '{"status": "ok"}'),
        Response(200, "application/json", "[]"),
        Response(200, "", ""),
    ],
)
def test_what_is_neither_a_message_nor_an_error_is_no_gateway(plain):
    assert states(plain)[0] == {"endpoint": "fail"}


@pytest.mark.parametrize(
    "plain",
    [
        TAKEN,
        INVALID,
        Response(200, "text/event-stream", "event: message_start"),
        says(500, "oh"),
        says(200, "an error, all the same"),
    ],
)
def test_a_message_or_an_error_is_one(plain):
    assert states(plain)[0]["endpoint"] == "ok"


def test_a_limit_is_waited_for_and_a_model_that_is_unknown_is_named():
    found, told = states(says(429, "slow down"))
    assert (found["endpoint"], found["status"]) == ("warn", "skip")
    assert "Wait" in told["endpoint"]
    assert "--model" not in told["endpoint"]
    assert "--model" in states(says(404, "model: x"))[1]["endpoint"]


@pytest.mark.parametrize(
    ("dated", "tried", "state", "told"),
    [
        (says(400, f"{VERSION} is none"), says(400, f"{BETA} is none"), "ok", "reach"),
        (says(500, f"{VERSION} is none"), TAKEN, "warn", "anthropic-beta: "),
        (TAKEN, TAKEN, "warn", "anthropic-version and anthropic-beta: "),
        (says(429, "slow down"), TAKEN, "warn", "anthropic-beta: "),
        (says(400, f"{VERSION} is none"), says(429, "slow down"), "warn", "seems to get lost"),
        (says(429, "slow down"), says(503, "busy"), "skip", "cannot be told"),
        (None, None, "skip", "--paid"),
    ],
)
def test_headers_that_the_free_requests_do_not_tell_of_are_told_of_by_those_that_cost(dated, tried, state, told):
    seen = Observations(INVALID, COUNTED, LISTED, INVALID, INVALID, INVALID, INVALID, dated, tried)
    (headers,) = [each for each in judge(seen, ()) if each.id == "headers"]
    assert headers.state == state
    assert told in headers.seen
