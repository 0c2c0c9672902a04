"""Words behind a command: what is safe is done, everything else is answered with what to type."""

import pytest
from doit.exceptions import InvalidCommand

from tasks.core.cli import known, strays
from tasks.core.cli.steps import flag_option, text_option

OPTIONS = [
    text_option("preset", "NAME", "what to deploy", None),
    text_option("models", "A,B", "which models", None),
    flag_option("json", "one document"),
    flag_option("yes", "agree"),
    flag_option("purge", "everything"),
    flag_option("dry_run", "only look"),
]
WORDLESS = OPTIONS[2:]


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """What words are the name of."""
    this = known.Known()
    this.find_commands = lambda: {"uninstall": "uninstall", "remove": "uninstall"}
    this.find_names = lambda: {"demo": "preset", "basic": "preset", "codestral": "models"}
    monkeypatch.setattr(known, "this", this)


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        ("demo", "preset", "demo"),
        ("demo --json", "preset", "demo"),
        ("--json demo", "json", True),
        ("--preset demo demo", "preset", "demo"),
        ("json", "json", True),
        ("dry-run demo", "dry_run", True),
        ("dry_run", "dry_run", True),
    ],
)
def test_what_is_safe_is_done(words, name, value):
    assert strays.read("deploy", OPTIONS, words.split())[name] == value


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("uninstall", "doit uninstall"),
        ("remove", "doit uninstall"),
        ("purge", "doit deploy --purge"),
        ("yes", "doit deploy --yes"),
        ("preset", "doit deploy --preset NAME"),
        ("codestral", "doit deploy --models codestral"),
        ("demo basic", "demo and basic are two presets"),
        ("--preset demo basic", "two presets"),
        ("demmo", "Did you mean demo?"),
        ("modles", "Did you mean --models?"),
        ("models=a", "write --models"),
        ("zzz", "doit help deploy"),
    ],
)
def test_what_is_not_is_answered(words, says):
    with pytest.raises(InvalidCommand) as refused:
        strays.read("deploy", OPTIONS, words.split())
    assert says in str(refused.value)


def test_a_command_without_presets_takes_none():
    with pytest.raises(InvalidCommand, match="does not take the word 'demo'"):
        strays.read("status", WORDLESS, ["demo"])


def test_what_may_be_a_secret_is_not_repeated():
    with pytest.raises(InvalidCommand) as refused:
        strays.read("status", WORDLESS, ["sk-ant-api03-0123456789abcdef0123456789"])
    assert "0123456789" not in str(refused.value)
