"""Diffs show every change and no secret."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.console import diff
from tasks.core.secrets import hide

SECRET = "sk-secret-0123456789"


def shown(before, after):
    return "\n".join(diff.unified(before, after, "/there/f"))


def test_a_change_is_shown_with_its_lines_and_its_file():
    text = shown(b"a\nb\nc\n", b"a\nB\nc\n")
    assert "-b" in text
    assert "+B" in text
    assert "/there/f" in text


def test_a_new_and_a_removed_file_are_told_from_a_changed_one():
    assert "--- /dev/null" in shown(b"", b"a\n")
    assert "+++ /dev/null" in shown(b"a\n", b"")
    assert "/dev/null" not in shown(b"a\n", b"b\n")


def test_what_is_the_same_shows_nothing():
    assert shown(b"a\n", b"a\n") == ""


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_can_be_shown_and_cannot_act_on_the_terminal(before, after):
    for line in diff.unified(before, after, "f"):
        assert all(c.isprintable() or c in "\n\t" for c in line)


@pytest.mark.parametrize(
    "line",
    [
        f"LITELLM_MASTER_KEY={SECRET}",
        f"export ANTHROPIC_API_KEY='{SECRET}'",
        f'  AWS_SESSION_TOKEN="{SECRET}"',
        f"DATABASE_PASSWORD = {SECRET}",
        f"my_passphrase={SECRET} # a comment",
        f"CUSTOM_HEADERS=Authorization: {SECRET}",
        f"GOOGLE_CREDENTIALS={SECRET}",
        f"DATABASE_PASSWORD={SECRET}\r",
    ],
)
def test_no_secret_of_an_env_file_shows(line):
    hidden = hide.hide_env(f"A=1\n{line}\nB=2\n".encode())
    assert SECRET.encode() not in hidden
    assert b"[hidden " in hidden
    assert hidden.startswith(b"A=1\n")
    assert b"\nB=2" in hidden


@pytest.mark.parametrize(
    "line",
    [
        f"DATABASE_URL=postgresql://user:{SECRET}@host/db",
        f"HTTPS_PROXY=http://user:{SECRET}@proxy:8080",
        f"SOMETHING_OF_MINE={SECRET}",
    ],
)
def test_nor_one_that_shows_by_its_looks(line):
    assert SECRET.encode() not in hide.hide_env(f"{line}\n".encode())


def test_what_is_no_secret_is_not_hidden():
    data = b"# KEY=comment\nVERTEX_PROJECT=p\nMAX_TOKENS=5\nLITELLM_MASTER_KEY=\n"
    assert hide.hide_env(data) == data


def test_a_changed_secret_differs_and_the_same_one_does_not():
    one, same, other = (hide.hide_env(b"A_KEY=" + value) for value in (b"one-0123", b"one-0123", b"two-0123"))
    assert one == same != other


@pytest.mark.parametrize("value", ["one-0123", 'a "quoted" one', "back\\slash", "with a blank"])
def test_a_secret_has_the_same_mark_in_every_file(value):
    def mark(hidden):
        return re.search(rb"\[hidden \w{4}\]", hidden)[0]

    in_settings = mark(hide.hide_json(json.dumps({"A_KEY": value}).encode()))
    assert in_settings == mark(hide.hide_env(f"A_KEY={value}\n".encode()))
    assert in_settings == mark(hide.hide_env(f"A_KEY='{value}'\n".encode()))
    assert in_settings == mark(hide.hide_value("A_KEY", value).encode())
    assert in_settings != mark(hide.hide_value("A_KEY", "another").encode())


@pytest.mark.parametrize(
    "name",
    ["ANTHROPIC_AUTH_TOKEN", "apiKey", "x-api-key", "client_secret", "password", "ANTHROPIC_CUSTOM_HEADERS"],
)
def test_no_secret_of_settings_shows_whatever_is_in_it(name):
    for value in (SECRET, f'a\\"{SECRET}', f"{SECRET}\\u0022 : x", f"a, \\n{SECRET}"):
        text = f'{{ "model":"opus" ,\n "env": {{"{name}" :\t"{value}", "MINE": "1"}} }}'
        json.loads(text)
        hidden = hide.hide_json(text.encode()).decode()
        assert SECRET not in hidden
        assert hidden.startswith('{ "model":"opus" ,\n "env": {"')
        assert hidden.endswith('"MINE": "1"} }')
        json.loads(hidden)


def test_limits_that_are_named_tokens_are_no_secret():
    data = b'{"env": {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": "32000", "ANTHROPIC_API_KEY": ""}}'
    assert hide.hide_json(data) == data
