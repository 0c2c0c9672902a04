"""What people type wrongly, and what is wrong with their machine: an answer that helps, and nothing changed.

Each case of the newcomer's review that ended badly, and others of its kind: words, options and values are derived
from the tasks, so that a new command or option is covered by itself.
"""

from __future__ import annotations

import itertools
import json
import re

import pytest
from doit.cmdparse import CmdParseError

import dodo
from tasks.core.cli import command_line
from tasks.core.frame import guide
from tests.conftest import make_sandbox

GUIDE = guide.read(vars(dodo))
COMMANDS = {command.name: command for command in itertools.chain.from_iterable(GUIDE.values())}
OPTIONS = {f"--{option['long']}" for command in COMMANDS.values() for option in command.options}
EVERYWHERE = {"--quiet", "--verbose", "--yes", "--help", "--version", "--all"}
OF_OTHERS = {"list", "help", "run", "forget", "clean"}
SECRET = "sk-ant-api03-0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """A home in which nothing is deployed, which no case changes."""
    return make_sandbox(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """A home with the demo, which no case changes."""
    made = make_sandbox(tmp_path_factory.mktemp("deployed"))
    made.deploy("--preset", "demo", "--port", "4217")
    return made


def answer(box, *words, env=None, input=None, but=()):  # noqa: A002
    """What is said of a mistake, once it is seen that it changed nothing and names what there is."""
    before = state(box, but)
    result = box.doit(*words, env=env, input=input)
    assert state(box, but) == before
    assert "Traceback" not in result.text
    assert SECRET not in result.text
    for name in re.findall(r"\bdoit ([a-z]+)", result.err):
        assert name in COMMANDS or name in OF_OTHERS, result.err
    for line in re.findall(r"\bdoit [a-z]+[^\n.;]*", result.err):
        assert set(re.findall(r"(?<!\S)--[a-z][a-z-]+", line)) <= OPTIONS | EVERYWHERE, line
    return result


def state(box, but):
    """The files in its home, except for those with the names *but*."""
    return {path: known for path, known in box.state(box.home).items() if path.rpartition("/")[2] not in but}


def misspell(word):
    """*word* as it comes out of fingers: a letter missing, two swapped, one doubled."""
    middle = len(word) // 2
    yield word[:middle] + word[middle + 1 :]
    yield word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
    yield word[:middle] + word[middle] + word[middle:]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_with_a_typo_names_the_command(name):
    for typed in misspell(name):
        if typed not in COMMANDS:
            said = command_line.no_step(typed, COMMANDS)
            meant = re.search(r"Did you mean ([a-z]+)\?", said)
            assert meant, said
            assert meant[1] in {*COMMANDS, *OF_OTHERS}
    assert f"Did you mean {name}?" in command_line.no_step(name.upper(), COMMANDS)


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if command.options])
def test_an_option_with_a_typo_names_the_option(name):
    options = COMMANDS[name].options
    known = {f"--{option['long']}" for option in options} | EVERYWHERE
    for option in options:
        for typed in misspell(option["long"]):
            if any(each.startswith(f"--{typed}") for each in known):
                continue  # the beginning of an option is that option, as in every program that reads them with getopt
            with pytest.raises(CmdParseError) as refused:
                command_line.read(options, [f"--{typed}"])
            named = re.findall(r"--[a-z-]+", str(refused.value).partition("Did you mean")[2] or str(refused.value))
            assert set(named[-1:]) <= known, str(refused.value)


STRAY = {
    "stop uninstall": "doit uninstall",
    "uninstall status": "doit status",
    "uninstall purge": "doit uninstall --purge",
    "uninstall yes": "doit uninstall --yes",
    "plan deploy": "doit deploy",
    "deploy start": "doit deploy --start",
    "deploy demo start": "doit deploy --start",
    "deploy uninstall": "doit uninstall",
    "deploy demo basic": "two presets",
    "deploy --preset demo basic": "two presets",
    "deploy dmeo": "Did you mean demo?",
    "deploy codestral": "doit deploy --models codestral",
    "deploy preset demo": "doit deploy --preset NAME",
    "deploy models=a": "write --models",
    "deploy --preset=demo --preset basic": "--preset is given twice",
    "deploy --port 4201 --port 4202": "--port is given twice",
    "deploy nonsense": "doit help deploy",
    "demo": "doit deploy demo",
    "Deploy": "Did you mean deploy?",
    "undo": "Did you mean rollback?",
    "remove": "Did you mean uninstall?",
    "health": "Did you mean doctor?",
    "compat": "Did you mean check?",
    "backups": "Did you mean history?",
    "migrate": "Did you mean lint?",
    "hlep": "Did you mean help?",
    "lst": "Did you mean list?",
    "--hepl": "Did you mean --help?",
    "--preset demo": "doit deploy --preset NAME",
    "--yes": "no option --yes",
    "start demo": "does not take the word 'demo'",
    "status json pls": "does not take the word 'pls'",
    "render uninstall": "doit uninstall",
    "render stage uninstall --yes": "doit uninstall",
    "run stage uninstall": "doit uninstall",
    "*": "a pattern is for steps",
    "un*": "a pattern is for steps",
    "logs --lines many": "needs a whole number",
    "logs --since yesterday": "--since",
    "plan --out": "--out needs a value",
    "status --json=1": "must not have an argument",
    "apply a b": "doit apply FILE",
    "apply no.plan": "no.plan",
    "use": "doit use NAME",
    "use a b": "doit use NAME",
    "exec claude": "--",
    "history nosuch": "nosuch",
    "models uninstall": "there is no model 'uninstall'",
    "lint nosuch.yaml": "nosuch.yaml",
    "completion --shell csh": "csh",
    "check file:///etc/passwd": "http",
    "help nosuch": "there is no step",
    "nosuch --help": "there is no step",
    "help deploy plan": "one command at a time",
    f"deploy {SECRET}": "that was typed",
    f"status {SECRET}": "that was typed",
    SECRET: "that was typed",
    f"deploy --api-key={SECRET}": "no option --api-key",
    f"deploy --gateway-url https://gw.example.com/?key={SECRET}": "--gateway-url",
    "info nosuch": "there is no step",
    "-n deploy": "number of processes",
}
"""What is typed, and what the answer has to say; each is wrong usage, and runs nothing."""


@pytest.mark.parametrize("line", STRAY)
def test_words_that_are_not_understood_are_answered(box, line):
    result = answer(box, *line.split())
    assert result.code in (1, 3, 4), result.text
    assert STRAY[line] in result.text
    assert len(result.err.splitlines()) < 60


DONE = {
    "deploy demo dry-run": "Plan for demo",
    "deploy --dry_run demo": "Plan for demo",
    "deploy -dry-run demo": "Plan for demo",
    "plan demo": "Plan for demo",
    "plan demo json": '"preset": "demo"',
    "plan demo -json": '"preset": "demo"',
    "plan --preset demo --preset demo": "Plan for demo",
    "plan basic --models gemini-3.5-flash , codestral": "gemini-3.5-flash, codestral",
    "status json": '"deployed"',
    "status --yes": "Nothing is deployed",
    "uninstall -y": "Nothing is deployed",
    "models gemini": "gemini-3.5-flash",
    "models -y": "codestral",
    "version": "gatehand",
    "list --all": "bench",
}
"""What is meant without a doubt, and harmless: it is done."""


@pytest.mark.parametrize("line", DONE)
def test_words_that_can_only_mean_one_thing_are_understood(box, line):
    result = answer(box, *line.split())
    assert result.code == 0, result.text
    assert DONE[line] in result.text


@pytest.mark.parametrize(
    "line", ["status uninstall --purge --yes", "render stage uninstall --yes", "un*", "stop uninstall -y"]
)
def test_two_commands_in_one_line_destroy_nothing(deployed, line):
    assert answer(deployed, *line.split()).code == 3


def test_the_command_line_of_the_plan_works_as_it_is(sandbox):
    typed = ["--models", "demo", "--backup", "--verbose"]
    sandbox.deploy("--preset", "demo", *typed, "--yes")
    manifest = sandbox.json(sandbox.gateway / "deployment-manifest.json")
    assert {"--models=demo", "--backup", "--verbose", "--yes"} <= set(manifest["flags_used"])
    assert manifest["models"] == ["demo"]


def test_a_deployment_by_the_name_of_a_preset_is_that_deployment(sandbox):
    sandbox.deploy("demo")
    manifest = sandbox.json(sandbox.gateway / "deployment-manifest.json")
    assert manifest["choices"] == {"preset": "demo"}
    assert manifest["flags_used"] == ["--preset=demo"]


VALUES = {
    "'NAME: VALUE'": ["no-colon", f"x-api-key: {SECRET}", "x y: z"],
    "A,B": ["nosuch", ","],
    "ADDRESS": ["300.1.1.1", "localhost:1"],
    "FILE": ["/nonexistent/file"],
    "FOLDER": ["/tmp/../etc"],
    "HOW": ["nonsense"],
    "KIND": ["kong"],
    "MODEL": ["no such", "not-among-them"],
    "N": ["abc", "0", "99999", "-1", "4000.5"],
    "NAME": ["NO SUCH", "../x"],
    "PATH": ["/nonexistent/litellm"],
    "PLACE": ["nonsense", SECRET, "env:"],
    "TOOL,...": ["nosuch"],
    "URL": ["file:///etc/passwd", "gateway", "https://", "https://exa mple.com"],
    "WHERE": ["galaxy"],
}
"""Per kind of value: what cannot be one."""

WRONG = [
    (f"--{option['long']}", value)
    for option in COMMANDS["deploy"].options
    if option["type"] is not bool
    for value in ["", *VALUES[option["metavar"]]]
]


@pytest.mark.parametrize(("option", "value"), WRONG)
def test_a_wrong_value_of_any_option_is_refused(box, option, value):
    words = [] if option == "--preset" else ["demo"]
    result = answer(box, "deploy", *words, f"{option}={value}", "--no-input")
    assert result.code in (1, 3, 4), result.text
    assert option in result.text or value in result.text


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def broken_settings(box):
    write(box.settings, '{"model": "opus",\n "env": {"A": 1,}')


def damaged_examples(box):
    write(box.project / "templates" / "help" / "commands.yaml", "deploy: [")


def broken_choices(box):
    box.workshop.mkdir(parents=True, exist_ok=True)
    (box.workshop / "choices.json").write_text(json.dumps({"choices": ["demo"]})[:-2])


def test_settings_that_are_a_list_are_refused(sandbox):
    write(sandbox.settings, "[1]")
    result = answer(sandbox, "deploy", "demo")
    assert result.code == 4, result.text
    assert "settings.json" in result.err


def test_help_needs_neither_a_home_nor_its_own_examples(sandbox):
    damaged_examples(sandbox)
    broken_choices(sandbox)
    broken_settings(sandbox)
    for words in (["help"], ["help", "deploy"], ["list"], ["--version"]):
        result = sandbox.doit(*words, env={"HOME": "/nonexistent"})
        assert result.code == 0, result.text
        assert "Traceback" not in result.text
