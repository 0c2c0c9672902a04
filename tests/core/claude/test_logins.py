"""The key of a Console login, wherever Claude Code keeps it in a file."""

import pytest

from tasks.core.claude import logins
from tasks.core.model.layout import Layout


@pytest.mark.parametrize("place", [".claude/.claude.json", ".claude.json"])
def test_the_key_of_a_login_is_found(tmp_path, place):
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    layout = Layout.of({"HOME": str(tmp_path)})
    assert logins.find_console_key(layout) is None
    path.write_text('{"primaryApiKey": "sk-ant-api03-x"}')
    assert logins.find_console_key(layout) == path


def test_a_login_at_claude_is_found(tmp_path):
    layout = Layout.of({"HOME": str(tmp_path)})
    assert logins.find_login(layout) is None
    path = tmp_path / ".claude" / ".credentials.json"
    path.parent.mkdir()
    path.write_text('{"claudeAiOauth": {"accessToken": "sk-ant-oat01-x"}}')
    assert logins.find_login(layout) == path


@pytest.mark.parametrize("text", ["", "[]", "{", '{"primaryApiKey": ""}', "\x00"])
def test_what_holds_no_key_is_none(tmp_path, text):
    (tmp_path / ".claude.json").write_text(text)
    assert logins.find_console_key(Layout.of({"HOME": str(tmp_path)})) is None
