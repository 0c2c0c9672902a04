"""Who asks for help, and on what."""

import pytest

from tasks.core.cli import command_line


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("deploy --help", "deploy"),
        ("models --json -h", "models"),
        ("exec --profile mine -- claude --help", ""),
        ("exec --help -- claude", "exec"),
        ("deploy --helper", ""),
        ("--help", ""),
        ("", ""),
    ],
)
def test_help_is_for_the_first_name_unless_a_program_is_asked(text, name):
    assert command_line.wanted(text.split()) == name
