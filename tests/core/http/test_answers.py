"""What an answer is, whatever came: a message, an error, a redirect, or nothing of the kind."""

from __future__ import annotations

import pytest

from tasks.core.http.answers import Response

JSON = "application/json"
MESSAGE = '{"type": "message", "content": []}'
ERROR = '{"type": "error", "error": {"message": "no such model"}, "request_id": "req_1"}'


@pytest.mark.parametrize(
    ("answer", "kinds"),
    [
        (Response(200, JSON, MESSAGE), {"completed", "message"}),
        (Response(200, "text/event-stream", "event: ping"), {"completed", "message"}),
        (Response(200, JSON, ERROR), {"error"}),
        (Response(400, JSON, ERROR), {"error"}),
        (Response(302, "", "", "https://login.example"), {"redirect"}),
        (Response(200, "text/html", "<html>"), {"completed"}),
        (Response(200, JSON, "[]"), {"completed"}),
        (Response(503, "", ""), set()),
    ],
)
def test_what_an_answer_is(answer, kinds):
    names = ("completed", "message", "error", "redirect")
    assert {name for name in names if getattr(answer, f"is_{name}")} == kinds


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (ERROR, "no such model"),
        ('{"error": "unauthorized"}', "unauthorized"),
        ('{"detail": "gone"}', '{"detail": "gone"}'),
        ("<html>", "<html>"),
    ],
)
def test_the_words_of_an_error(text, error):
    assert Response(400, JSON, text).error == error
