"""Options as people type them."""

import pytest
from doit.cmdparse import CmdParseError

from tasks.core.cli import spelling
from tasks.core.cli.spelling import Spelled

KNOWN = [
    Spelled("json", "", has_value=False),
    Spelled("dry-run", "n", has_value=False),
    Spelled("models", "", has_value=True),
    Spelled("header", "", has_value=True, is_list=True),
]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("-json", "--json"),
        ("--dry_run", "--dry-run"),
        ("-dry_run", "--dry-run"),
        ("\N{EN DASH}json", "--json"),
        ("\N{EM DASH}models=a", "--models=a"),
        ("-models=a", "--models=a"),
        ("--models a, b", "--models a,b"),
        ("--models a ,b", "--models a,b"),
        ("--models a , b --json", "--models a,b --json"),
        ("--models=a, b, c", "--models=a,b,c"),
    ],
)
def test_what_can_only_be_one_option_is_that_option(typed, meant):
    assert spelling.straighten(typed.split(), KNOWN) == meant.split()


@pytest.mark.parametrize(
    "typed",
    [
        "-n",
        "-nx",
        "--jsn",
        "---json",
        "json",
        "-",
        "a, b",
        "--models a b",
        "--header x:a, b",
        "--json a, b",
        "--models a, --json",
    ],
)
def test_everything_else_stays(typed):
    assert spelling.straighten(typed.split(), KNOWN) == typed.split()


def test_an_option_with_two_values_is_refused_without_them():
    spelling.refuse_repeats([("--preset", "a"), ("--preset", "a"), ("--opus", "b")])
    with pytest.raises(CmdParseError, match="--preset is given twice") as refused:
        spelling.refuse_repeats([("--preset", "sk-a"), ("--preset", "sk-b")])
    assert "sk-" not in str(refused.value)
