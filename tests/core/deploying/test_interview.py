"""Whatever stops an interview leaves nothing behind."""

import pytest

from tasks.core.deploying import interview, situation
from tasks.core.model.choices import Flags
from tasks.core.model.errors import UsageError


def test_whatever_stops_it_ends_with_a_sentence(capsys):
    for error, code in ((KeyboardInterrupt(), 130), (EOFError(), 130)):
        with pytest.raises(SystemExit) as ended, interview.ending():
            raise error
        assert ended.value.code == code
        assert "Nothing was changed." in capsys.readouterr().err


def test_nothing_is_installed_without_being_agreed_to(asked_for, monkeypatch):
    monkeypatch.setattr(situation.litellm, "find", lambda *_: None)
    monkeypatch.setattr(interview.sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(UsageError, match="not installed"):
        interview.agree_to_litellm(asked_for(Flags(start=True)))
    interview.agree_to_litellm(asked_for(Flags(start=True, yes=True)))


@pytest.mark.parametrize(("answer", "code"), [("y", 0), (" YES ", 0), ("", 1), ("n", 1), ("maybe", 1)])
def test_somebody_who_is_there_is_asked_and_without_a_yes_nothing_begins(asked_for, monkeypatch, answer, code):
    monkeypatch.setattr(situation.litellm, "find", lambda *_: None)
    person = type("Terminal", (), {"isatty": lambda _: True, "readline": lambda _: f"{answer}\n"})()
    monkeypatch.setattr(interview.sys, "stdin", person)
    if code:
        with pytest.raises(SystemExit) as ended:
            interview.agree_to_litellm(asked_for(Flags(start=True)))
        assert ended.value.code == code
    else:
        interview.agree_to_litellm(asked_for(Flags(start=True)))
    with pytest.raises(UsageError, match="not installed"):
        interview.agree_to_litellm(asked_for(Flags(start=True, no_input=True)))


def test_who_stops_at_the_question_has_changed_nothing(asked_for, monkeypatch, capsys):
    monkeypatch.setattr(situation.litellm, "find", lambda *_: None)
    person = type("Terminal", (), {"isatty": lambda _: True, "readline": lambda _: ""})()  # Ctrl-D
    monkeypatch.setattr(interview.sys, "stdin", person)
    with pytest.raises(SystemExit) as ended:
        interview.agree_to_litellm(asked_for(Flags(start=True)))
    assert ended.value.code == 130
    assert "Nothing was changed." in capsys.readouterr().err
