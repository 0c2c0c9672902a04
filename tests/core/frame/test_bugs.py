"""A traceback for whoever reports a bug: where it is stays, a secret in the words of the error does not."""

from tasks.core.frame import bugs
from tasks.core.model.layout import Layout
from tasks.core.secrets import redact

TRACE = ['Traceback (most recent call last):\n  File "a.py", line 1\n', "ValueError: odd: canary-27182818\n"]


def layout(tmp_path):
    there = Layout.of({"HOME": str(tmp_path)}, project=tmp_path)
    there.gateway.mkdir(parents=True)
    there.env_file.write_text("MY_TOKEN=canary-27182818\n")
    return there


def test_what_the_error_says_is_shown_without_its_secret(tmp_path):
    told = bugs.format_trace(TRACE, layout(tmp_path))
    assert 'File "a.py", line 1' in told
    assert "ValueError: odd" in told
    assert "canary" not in told


def test_when_nobody_knows_what_is_secret_its_words_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(redact, "secrets", None)
    told = bugs.format_trace(TRACE, layout(tmp_path))
    assert 'File "a.py", line 1' in told
    assert "canary" not in told
