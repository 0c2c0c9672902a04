"""What was typed, where doit tells it differently or not at all."""

import json
import sys

import pytest
from doit.cmdparse import CmdParseError

from tasks.tools import bootstrap, typed

OPTIONS = [
    {"name": "start", "long": "start", "type": bool, "default": False},
    {"name": "force", "long": "force", "type": str, "default": None},
]


@pytest.fixture
def line(monkeypatch):
    monkeypatch.delenv(bootstrap.PROGRAM, raising=False)
    return lambda text: monkeypatch.setattr(sys, "argv", ["doit", *text.split()])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("use work --start", ["work", "--start"]),
        ("run use work", ["work"]),
        ("-f dodo.py use work", ["work"]),
        ("--file=dodo.py use", []),
        ("deploy use", None),
        ("exec --profile x -- use work", None),
        ("", None),
    ],
)
def test_the_words_behind_a_command(line, text, words):
    line(text)
    assert typed.behind("use") == words


@pytest.mark.parametrize(
    ("text", "words"), [("exec -- claude a=b -- c", ["claude", "a=b", "--", "c"]), ("exec claude", []), ("exec --", [])]
)
def test_the_program_as_it_was_typed(line, text, words):
    line(text)
    assert typed.program() == words


def test_the_program_that_was_carried_past_doit_is_told_once_and_not_passed_on(line, monkeypatch):
    line("exec")
    monkeypatch.setenv(bootstrap.PROGRAM, json.dumps(["claude", "", "deploy"]))
    assert typed.program() == ["claude", "", "deploy"]
    assert typed.program() == []


def test_options_and_names_in_any_order():
    for text in ("work --start --force a", "--start --force a work", "--start work --force=a"):
        assert typed.parsed(text.split(), OPTIONS) == ({"start": True, "force": "a"}, ["work"])
    assert typed.parsed(["a", "b"], OPTIONS) == ({"start": False, "force": None}, ["a", "b"])
    with pytest.raises(CmdParseError):
        typed.parsed(["work", "--stat"], OPTIONS)
