"""Settings that are broken, linked, odd or somebody else's: refused or followed, never lost."""

from __future__ import annotations

import json
import os

import pytest

pytestmark = pytest.mark.sample(4)

BROKEN = {
    "truncated": '{"model": "opus", "env": {',
    "comment": '{\n  // mine\n  "model": "opus"\n}',
    "trailing comma": '{"model": "opus",}',
    "list": "[1, 2]",
    "null": "null",
    "empty": "",
    "env is no object": '{"env": 5}',
    "not utf-8": None,
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_settings_are_refused_with_their_place_and_left_alone(sandbox, name):
    sandbox.claude.mkdir()
    content = BROKEN[name]
    data = b'{"a": "\xff"}' if content is None else content.encode()
    sandbox.settings.write_bytes(data)
    before = sandbox.state(sandbox.home)
    result = sandbox.doit("deploy", "--preset", "demo")
    assert result.code == 4, result.text
    assert "settings.json" in result.err
    assert "Traceback" not in result.text
    assert sandbox.state(sandbox.home) == before


def test_the_place_of_the_mistake_is_named(sandbox):
    sandbox.claude.mkdir()
    sandbox.settings.write_text('{\n  "model": "opus",\n}')
    assert "settings.json:3:1" in sandbox.doit("deploy", "--preset", "demo").err


@pytest.mark.parametrize(
    "text",
    [
        '{\r\n\t"zeta": 1.0e2,\r\n\t"env": {"MY_VAR": "1"},\r\n\t"alpha": [1,2 , 3]\r\n}',
        '{"b":1,"a":{"x":null}}',
        '\ufeff{\n    "permissions": { "allow": ["Bash(ls:*)"] },\n    "unknown": {"deep": [[]]}\n}\n',
    ],
)
def test_all_other_bytes_stay(sandbox, text):
    sandbox.claude.mkdir()
    sandbox.settings.write_bytes(text.encode())
    sandbox.deploy("--preset", "demo")
    after = sandbox.settings.read_bytes().decode()
    for piece in (
        '"zeta": 1.0e2',
        '"alpha": [1,2 , 3]',
        '"MY_VAR": "1"',
        '"b":1',
        '"x":null',
        '"unknown": {"deep": [[]]}',
    ):
        assert (piece in text) == (piece in after)
    assert json.loads(after.removeprefix("\ufeff"))["env"]["ANTHROPIC_MODEL"] == "demo"
    assert after.startswith("\ufeff") == text.startswith("\ufeff")


def test_the_mode_of_settings_stays(sandbox):
    sandbox.claude.mkdir()
    sandbox.settings.write_text("{}")
    sandbox.settings.chmod(0o640)
    sandbox.deploy("--preset", "demo")
    assert sandbox.settings.stat().st_mode & 0o777 == 0o640


def test_a_linked_claude_folder_and_linked_settings_are_followed(sandbox):
    dotfiles = sandbox.root / "dot files"
    (dotfiles / "claude").mkdir(parents=True)
    (dotfiles / "settings.json").write_text('{"model": "opus"}\n')
    (dotfiles / "claude" / "settings.json").symlink_to("../settings.json")
    sandbox.claude.symlink_to(dotfiles / "claude")
    sandbox.deploy("--preset", "demo")
    assert sandbox.claude.is_symlink()
    assert (dotfiles / "claude" / "settings.json").is_symlink()
    assert json.loads((dotfiles / "settings.json").read_text())["model"] == "opus"
    assert (dotfiles / "claude" / "gateway" / ".env").exists()


@pytest.mark.parametrize("kind", ["directory", "fifo", "dangling", "cycle", "hard link"])
def test_odd_files_in_the_place_of_settings_are_refused(sandbox, kind):
    sandbox.claude.mkdir()
    match kind:
        case "directory":
            sandbox.settings.mkdir()
        case "fifo":
            os.mkfifo(sandbox.settings)
        case "dangling":
            sandbox.settings.symlink_to("nowhere/settings.json")
        case "cycle":
            sandbox.settings.symlink_to("settings.json")
        case "hard link":
            (sandbox.claude / "other").write_text("{}")
            os.link(sandbox.claude / "other", sandbox.settings)
    result = sandbox.doit("deploy", "--preset", "demo")
    assert result.code in (1, 4, 5), result.text
    assert "settings.json" in result.err
    assert "Traceback" not in result.text
    assert not (sandbox.gateway / ".env").exists()


def test_a_home_with_spaces_quotes_and_other_letters(tmp_path):
    from tests.conftest import make_sandbox

    box = make_sandbox(tmp_path / "a 'b' \"c\" ü $d")
    box.deploy("--preset", "demo")
    assert "Nothing to do" in box.deploy().err


def test_a_file_in_the_place_of_claude_codes_folder_is_told(sandbox):
    sandbox.claude.write_text("not a folder")
    for words in (["status"], ["deploy", "--preset", "demo"]):
        assert "Traceback" not in sandbox.doit(*words).text
    assert sandbox.claude.read_text() == "not a folder"
