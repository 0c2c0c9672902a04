"""What is shown and said of a log when something has failed."""

import pytest

from tasks.core.service import logs
from tests.core.places import layout_in

KEY = "sk-0123456789abcdef0123456789abcdef"


@pytest.fixture
def layout(tmp_path):
    made = layout_in(tmp_path)
    made.env_file.write_text(f"LITELLM_MASTER_KEY={KEY}\n")
    return made


def test_the_last_lines_are_shown_without_secrets_and_colours(layout, capsys):
    lines = [*map(str, range(100)), "", f"\x1b[31mkey {KEY}\x1b[0m", "a\x07b"]
    error = logs.failure(layout, "it ended", lines, remedy="Look.")
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == logs.SHOWN
    assert shown[-2:] == ["  | key [hidden]", "  | a\\x07b"]
    assert str(error) == "it ended: a\\x07b\n  Look."


def test_what_they_mean_is_said_where_it_is_known(layout):
    lines = ["x", "yaml.parser.ParserError: expected", "the end"]
    error = logs.failure(layout, "it ended", lines, remedy="Look.")
    assert error.problem == "it ended: the file litellm_config.yaml is no valid YAML"
    assert error.remedy.endswith(" Look.")
    assert "doit rollback" in error.remedy
    error = logs.failure(layout, "it ended", lines, "it is broken")
    assert error.problem == "it ended: it is broken"
    assert error.remedy.startswith("That means: the file litellm_config.yaml is no valid YAML.")


def test_a_log_that_says_nothing(layout):
    assert "it has said nothing" in str(logs.failure(layout, "it ended", []))
