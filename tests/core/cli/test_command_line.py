"""The options of a step: read as doit reads them, with --quiet and --verbose, and words that help."""

import pytest
from doit.cmdparse import CmdOption, CmdParseError, TaskParse

from tasks.core.cli import command_line
from tasks.core.cli.steps import JSON, WORDS
from tasks.core.console import console

PORT = {"name": "port", "long": "port", "short": "p", "type": str, "default": None}
LIST = {"name": "headers", "long": "header", "type": list, "default": []}
RUNS = {"name": "runs", "long": "runs", "type": int, "default": 9}


@pytest.fixture(autouse=True)
def loudness(monkeypatch):
    monkeypatch.setattr(console, "loudness", console.Loudness())


def read(words, *known):
    parser = TaskParse([CmdOption(dict(each)) for each in known])
    values, _ = parser.parse([])
    found, rest = command_line.parse_only(parser, words, values)
    return dict(found), rest


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
        (["--zzz"], "There are --port, --json, --runs, --quiet, --verbose."),
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


def test_an_option_of_deploy_is_said_to_be_one():
    with pytest.raises(CmdParseError, match="doit deploy --litellm PATH"):
        read(["--litellm", "/opt/litellm"], JSON)
