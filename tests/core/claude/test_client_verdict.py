"""What `claude doctor` prints of a settings file, read; the real program is asked in tests/real."""

import sys

import pytest

from tasks.core.claude import client_verdict
from tasks.core.claude.client_verdict import Finding

PRINTED = """Claude Code doctor

Invalid settings
- /tmp/x/settings.json \u203a modelPicker: "modelPicker" must be an object; received number. This field was ignored.
- /tmp/x/settings.json \u203a permissions.allow: Expected array, but received string
  Suggested fix: Permission rules must be in an array.
- /tmp/x/settings.json \u203a permissions.allow: Expected array, but received string

Remote Control
- Not signed in to claude.ai
"""


def test_findings_are_read_each_once():
    found = client_verdict.read_findings(PRINTED)
    assert [each.key for each in found] == ["modelPicker", "permissions.allow"]
    assert [each.is_for_whole_file for each in found] == [False, True]


def test_a_file_that_is_no_json_has_no_key():
    (found,) = client_verdict.read_findings("- /tmp/x/settings.json: Invalid or malformed JSON\n")
    assert found == Finding("", "Invalid or malformed JSON")
    assert found.is_for_whole_file


def test_the_program_sees_a_copy_alone_and_no_secret(tmp_path):
    program = tmp_path / "claude"
    program.write_text(
        f"#!{sys.executable}\n"
        "import os, pathlib\n"
        "folder = pathlib.Path(os.environ['CLAUDE_CONFIG_DIR'])\n"
        "seen = (folder / 'settings.json').read_text()\n"
        "print(f'- {folder}/settings.json \u203a seen: {seen} {os.environ.get(\"TOKEN\")} was ignored')\n"
    )
    program.chmod(0o755)
    (found,) = client_verdict.judge(program, b"{}", {"PATH": "/usr/bin:/bin", "TOKEN": "canary"})
    assert found == Finding("seen", "{} None was ignored")


def test_a_program_that_does_not_start_is_an_oserror(tmp_path):
    with pytest.raises(OSError):
        client_verdict.judge(tmp_path / "none", b"{}", {})
