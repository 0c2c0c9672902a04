"""A pass phrase comes from a file or a keyboard, never from an argument, and shows nowhere."""

import getpass
import sys

import pytest

from tasks.core.model.errors import UsageError
from tasks.core.secrets import encryption


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    monkeypatch.delenv(encryption.VARIABLE, raising=False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)


@pytest.fixture
def typed(monkeypatch):
    def types(*answers):
        left = list(answers)
        monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda _: True})())
        monkeypatch.setattr(getpass, "getpass", lambda _: left.pop(0))

    return types


@pytest.mark.parametrize("text", ["open sesame", "open sesame\n", "  open sesame \r\n"])
def test_it_is_the_line_of_the_file(tmp_path, monkeypatch, text):
    (tmp_path / "phrase").write_text(text)
    monkeypatch.setenv(encryption.VARIABLE, str(tmp_path / "phrase"))
    assert encryption.asked().reveal() == "open sesame"


def test_the_file_may_be_in_the_home(tmp_path, monkeypatch):
    (tmp_path / "phrase").write_text("open")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(encryption.VARIABLE, "~/phrase")
    assert encryption.asked().reveal() == "open"


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_a_file_without_one_is_a_usage_error(tmp_path, monkeypatch, text):
    if text is not None:
        (tmp_path / "phrase").write_text(text)
    monkeypatch.setenv(encryption.VARIABLE, str(tmp_path / "phrase"))
    with pytest.raises(UsageError) as refused:
        encryption.asked()
    assert str(tmp_path / "phrase") in str(refused.value)


@pytest.mark.parametrize("kind", ["folder", "bytes"])
def test_a_file_that_cannot_be_one_is_a_usage_error_too(tmp_path, monkeypatch, kind):
    if kind == "bytes":
        (tmp_path / "phrase").write_bytes(b"\xff\xfe")
    else:
        (tmp_path / "phrase").mkdir()
    monkeypatch.setenv(encryption.VARIABLE, str(tmp_path / "phrase"))
    with pytest.raises(UsageError):
        encryption.asked()


def test_where_nobody_can_type_the_variable_is_named():
    with pytest.raises(UsageError, match="pass phrase") as refused:
        encryption.asked()
    assert encryption.VARIABLE in refused.value.remedy


def test_a_new_one_is_typed_twice_and_an_old_one_once(typed):
    typed("open", "open")
    assert encryption.asked().reveal() == "open"
    typed("open")
    assert encryption.asked(twice=False).reveal() == "open"


@pytest.mark.parametrize("answers", [("open", "close"), ("",), ("open", "")])
def test_one_that_is_typed_differently_or_not_at_all_is_refused(typed, answers):
    typed(*answers)
    with pytest.raises(UsageError) as refused:
        encryption.asked()
    assert "open" not in str(refused.value)
