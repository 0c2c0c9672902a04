"""What asks for help, and for which command."""

import pytest

from tasks.core.frame import help_command


@pytest.mark.parametrize(
    ("typed", "call"),
    [
        ("--help", "help"),
        ("-h", "help"),
        ("--help --all", "help --all"),
        ("--all -h", "help --all"),
        ("help", "help"),
        ("help plan", "help plan"),
        ("deploy --help", "help deploy"),
        ("run deploy --help", "help deploy"),
        ("models --json -h", "help models"),
        ("deploy help", "help deploy"),
        ("run --help", "help run"),
        ("deploy --helper", ""),
        ("lint a help", ""),
        ("-n 2 help", ""),
        ("deploy", ""),
        ("", ""),
    ],
)
def test_help_is_for_the_first_name(typed, call):
    assert help_command.find_help(typed.split()) == call.split()
