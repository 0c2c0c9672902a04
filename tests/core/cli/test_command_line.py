"""The words of a run; and options read as doit reads them, with --quiet and --verbose, and sentences that help."""

import sys

import pytest
from doit.cmdparse import CmdOption, CmdParseError, TaskParse
from doit.exceptions import InvalidCommand

from tasks.core.cli import command_line, known
from tasks.core.cli.steps import JSON, WORDS
from tasks.core.console import console

PORT = {"name": "port", "long": "port", "short": "p", "type": str, "default": None}
LIST = {"name": "headers", "long": "header", "type": list, "default": []}
RUNS = {"name": "runs", "long": "runs", "type": int, "default": 9}


@pytest.fixture(autouse=True)
def loudness(monkeypatch):
    monkeypatch.setattr(console, "loudness", console.Loudness())


def read(words, *known):
    return command_line.read(known, words)


@pytest.mark.parametrize(
    ("words", "values", "rest"),
    [
        ([], {"port": None, "as_json": False}, []),
        (["--port", "1", "--json"], {"port": "1", "as_json": True}, []),
        (["-p", "1"], {"port": "1", "as_json": False}, []),
        (["--po=1", "x"], {"port": "1", "as_json": False}, ["x"]),
        (["x", "--json"], {"port": None, "as_json": False}, ["x", "--json"]),
    ],
)
def test_options_are_read_as_doit_does(words, values, rest):
    assert read(words, PORT, JSON) == (values, rest)
    assert dict(TaskParse([CmdOption(dict(each)) for each in (PORT, JSON)]).parse(words)[0]) == values


def test_where_words_are_wanted_options_may_stand_behind_them():
    assert read(["3", "--json"], JSON, WORDS) == ({"as_json": True, "words": ["3"]}, ["3"])


def test_an_option_may_be_given_several_times():
    assert read(["--header", "a", "--header=b"], LIST)[0] == {"headers": ["a", "b"]}


@pytest.mark.parametrize(
    ("words", "quiet", "verbose", "rest"),
    [
        (["--quiet"], True, False, []),
        (["x", "--verbose"], False, True, ["x"]),
        (["x", "--", "claude", "--verbose"], False, False, ["x", "--", "claude", "--verbose"]),
    ],
)
def test_quiet_and_verbose_are_understood_everywhere_but_for_another_program(words, quiet, verbose, rest):
    assert read(words, JSON)[1] == rest
    assert (console.loudness.quiet, console.loudness.verbose) == (quiet, verbose)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--prt", "1"], "no option --prt here. Did you mean --port?"),
        (["--zzz"], "There are --port, --json, --runs, --quiet, --verbose, --yes."),
        (["--port", "1", "--port", "2"], "--port is given twice"),
        (["-z"], "no option -z here."),
        (["--port"], "--port needs a value"),
        (["--json=1"], "--json must not have an argument"),
        (["--runs", "sk-secret"], "--runs needs a whole number"),
        (["--\x1b[2J"], "\\x1b[2J"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(words, says):
    with pytest.raises(CmdParseError) as caught:
        read(words, PORT, JSON, RUNS)
    assert says in str(caught.value)
    for hidden in ("sk-secret", "\x1b", "CmdOption"):
        assert hidden not in str(caught.value)


def test_an_option_of_deploy_is_said_to_be_one(monkeypatch):
    option = {"name": "litellm", "long": "litellm", "type": str, "metavar": "PATH"}
    monkeypatch.setattr(known.this, "find_deploy_options", lambda: [option])
    with pytest.raises(CmdParseError, match="doit deploy --litellm PATH"):
        read(["--litellm", "/opt/litellm"], JSON)


NAMED = [
    {"name": "start", "long": "start", "type": bool, "default": False},
    {"name": "force", "long": "force", "type": str, "default": None},
]


@pytest.fixture
def line(monkeypatch):
    """Sets the command line of this run."""
    monkeypatch.setattr(command_line.this, "line", None)
    return lambda text: command_line.take(text.split())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("use work --start", ["work", "--start"]),
        ("run use work", ["work"]),
        ("-n 2 use work", ["work"]),
        ("--db-file=x use", []),
        ("deploy use", None),
        ("exec --profile x -- use work", None),
        ("", None),
    ],
)
def test_the_words_behind_a_command(line, text, words):
    line(text)
    assert command_line.behind("use") == words


def test_another_doit_has_left_its_words_where_it_found_them(line, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["doit", "-f", "dodo.py", "use", "work", "--", "claude"])
    assert command_line.behind("use") == ["work"]
    assert command_line.current().program == ("claude",)


@pytest.mark.parametrize(
    ("words", "ours", "program"),
    [
        (["exec", "--profile", "a", "--", "claude", "", "x=y"], ["exec", "--profile", "a"], ["claude", "", "x=y"]),
        (["run", "--profile=a", "--", "claude", "--", "b"], ["exec", "--profile=a"], ["claude", "--", "b"]),
        (["run", "deploy"], ["run", "deploy"], []),
        (["run", "--", "--profile"], ["run"], ["--profile"]),
        ([], [], []),
        (["deploy", "--gateway-url", "", "--start"], ["deploy", "--gateway-url=", "--start"], []),
        (["exec", "--profile", "", "--", ""], ["exec", "--profile="], [""]),
        (["lint", "a=b.yaml", "c.yaml"], ["lint", "a=b.yaml", "c.yaml"], []),
    ],
)
def test_the_words_of_a_program_are_not_ours(words, ours, program):
    assert command_line.split(words) == (tuple(ours), tuple(program))


@pytest.mark.parametrize("words", [["lint", ""], ["lint", "", "--token=", ""], [""]])
def test_an_empty_word_is_refused(monkeypatch, words):
    monkeypatch.setattr(command_line.this, "line", None)
    with pytest.raises(InvalidCommand, match="empty word"):
        command_line.take(words)


@pytest.mark.parametrize("words", [["models=sk-1", "deploy"], ["models=sk-1"]])
def test_a_variable_in_front_of_the_command_is_refused_without_its_value(words):
    with pytest.raises(InvalidCommand, match="--models") as refused:
        command_line.refuse_unknown(words, [])
    assert "sk-1" not in str(refused.value)


def test_to_agree_is_understood_where_nothing_is_asked():
    assert read(["--yes", "-y", "x"], JSON)[1] == ["x"]
    yes = {"name": "yes", "long": "yes", "short": "y", "type": bool, "default": False}
    assert read(["-y", "x"], yes) == ({"yes": True}, ["x"])


def test_options_and_names_in_any_order():
    for text in ("work --start --force a", "--start --force a work", "--start work --force=a"):
        assert command_line.parsed(text.split(), NAMED) == ({"start": True, "force": "a"}, ["work"])
    assert command_line.parsed(["a", "b"], NAMED) == ({"start": False, "force": None}, ["a", "b"])
    with pytest.raises(CmdParseError):
        command_line.parsed(["work", "--stat"], NAMED)


def test_what_is_refused_names_commands_as_this_person_types_them(monkeypatch):
    assert str(command_line.refused("All there are: doit list")) == "All there are: doit list"
    monkeypatch.setenv("GATEWAY_COMMAND", "python3 dodo.py")
    assert str(command_line.refused("All there are: doit list")) == "All there are: python3 dodo.py list"
