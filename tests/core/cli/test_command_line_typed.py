"""What was typed, where doit tells it differently or not at all."""

import json
import sys

import pytest
from doit import doit_cmd
from doit.cmdparse import CmdParseError
from doit.exceptions import InvalidCommand

from tasks.core.cli import command_line
from tasks.core.frame import bootstrap

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
    assert command_line.behind("use") == words


@pytest.fixture
def by_doit(monkeypatch):
    """What doit makes of a command line: the words that it keeps, from the command on."""

    def read(*words):
        monkeypatch.setattr(sys, "argv", ["doit", *words])
        return doit_cmd.DoitMain().process_args(words)

    yield read
    doit_cmd.reset_vars()


@pytest.mark.parametrize(
    "words",
    [
        ["deploy", "--token", "cmd:vault kv get -field=token x", "--start"],
        ["deploy", "--header", "x-realm: Zm9v==", "--gateway-url", "https://h/v1?x=1"],
        ["lint", "a=b.yaml", "c.yaml"],
        ["lint", "a=b.yaml"],
        ["deploy", "X=1", "X=1"],
        ["status"],
    ],
)
@pytest.mark.parametrize("before", [[], ["run"], ["--file=a=b/dodo.py"], ["-n", "2"]])
def test_words_that_doit_takes_for_variables_are_words_again(by_doit, before, words):
    kept = by_doit(*before, *words)[len(before) :]
    assert command_line.whole(kept) == words


def test_a_variable_in_front_of_the_command_is_refused_without_its_value(by_doit):
    for words in (["models=sk-1", "deploy"], ["models=sk-1"], ["run", "models=sk-1", "deploy", "--token", "a=b"]):
        kept = [word for word in by_doit(*words) if word != "run"]
        with pytest.raises(InvalidCommand, match="--models") as refused:
            command_line.whole(kept)
        assert "sk-1" not in str(refused.value)


def test_words_of_another_command_line_stay_as_they_are(by_doit):
    by_doit("deploy", "a=b")
    assert command_line.whole(["status", "--json"]) == ["status", "--json"]


def test_an_assignment_behind_options_is_refused_and_a_value_is_none():
    command_line.refuse_assignment(["--force", "a=b", "status"], OPTIONS)
    command_line.refuse_assignment([], OPTIONS)
    with pytest.raises(InvalidCommand, match="'add_models=…' is not an option; write --add-models …"):
        command_line.refuse_assignment(["--force", "a=b", "add_models=c"], OPTIONS)


@pytest.mark.parametrize(
    ("text", "words"), [("exec -- claude a=b -- c", ["claude", "a=b", "--", "c"]), ("exec claude", []), ("exec --", [])]
)
def test_the_program_as_it_was_typed(line, text, words):
    line(text)
    assert command_line.program() == words


def test_the_program_that_was_carried_past_doit_is_told_once_and_not_passed_on(line, monkeypatch):
    line("exec")
    monkeypatch.setenv(bootstrap.PROGRAM, json.dumps(["claude", "", "deploy"]))
    assert command_line.program() == ["claude", "", "deploy"]
    assert command_line.program() == []


def test_options_and_names_in_any_order():
    for text in ("work --start --force a", "--start --force a work", "--start work --force=a"):
        assert command_line.parsed(text.split(), OPTIONS) == ({"start": True, "force": "a"}, ["work"])
    assert command_line.parsed(["a", "b"], OPTIONS) == ({"start": False, "force": None}, ["a", "b"])
    with pytest.raises(CmdParseError):
        command_line.parsed(["work", "--stat"], OPTIONS)


def test_what_is_refused_names_commands_as_this_person_types_them(monkeypatch):
    assert str(command_line.refused("All there are: doit list")) == "All there are: doit list"
    monkeypatch.setenv("GATEWAY_COMMAND", "python3 dodo.py")
    assert str(command_line.refused("All there are: doit list")) == "All there are: python3 dodo.py list"
