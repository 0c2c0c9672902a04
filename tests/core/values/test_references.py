"""Secrets come in without ever being an argument; what is wrong is told without any part of them."""

import io
import sys

import pytest

from tasks.core.model.errors import GatewayError
from tasks.core.model.secret import Secret
from tasks.core.values import references

TOKEN = "tok-canary-0123456789"


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


def test_each_kind_of_reference_leads_to_its_token(path):
    (path / "token").write_text(TOKEN + "\n")
    keyring = path / "bin" / "secret-tool"
    keyring.parent.mkdir()
    keyring.write_text(f'#!/bin/sh\n[ "$*" = "lookup service work username ada" ] && echo {TOKEN}\n')
    keyring.chmod(0o755)
    for reference in ("env:MINE", f"file:{path / 'token'}", f"cmd:cat '{path / 'token'}'", "keyring:work/ada"):
        assert references.resolved(reference, {"MINE": TOKEN}) == Secret(TOKEN)


@pytest.mark.parametrize(
    "reference",
    ["env:MINE", "file:/nowhere", "cmd:exit 3", f"cmd:printf '{TOKEN}\\n{TOKEN}'", "cmd:true", "keyring:work/ada"],
)
def test_what_gives_no_token_is_said_with_where_and_without_what_it_gave(path, reference):
    with pytest.raises(GatewayError) as error:
        references.resolved(reference, {})
    assert error.value.where == reference
    assert TOKEN not in error.value.problem


@pytest.mark.parametrize("text", ["", "\n", "two\nlines", "caf\u00e9", "x" * 70_000, "nul\0"])
def test_standard_input_must_be_one_line_of_text(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    with pytest.raises(GatewayError):
        references.from_stdin("GATEWAY_TOKEN")


def test_standard_input_is_read_without_the_end_that_echo_adds(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{TOKEN}\r\n".encode())))
    assert references.from_stdin("GATEWAY_TOKEN") == Secret(TOKEN)


def test_user_and_password_are_parted_at_the_first_colon():
    user, password = references.user_and_password(Secret("ada:pa:ss"), "f")
    assert (user.reveal(), password.reveal()) == ("ada", "pa:ss")
    for wrong in ("ada", ":pw", "ada:"):
        with pytest.raises(GatewayError) as error:
            references.user_and_password(Secret(wrong), "f")
        assert "pw" not in str(error.value)
