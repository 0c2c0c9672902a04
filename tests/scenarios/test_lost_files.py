"""What we know of ourselves is lost or damaged: every command says so, and there is a way back to how it was."""

from __future__ import annotations

import json
import shutil

import pexpect
import pytest

from tests.conftest import EVERYTHING, make_sandbox

pytestmark = [pytest.mark.slow, pytest.mark.sample(3)]

URL = "https://gateway.invalid"
TOKEN = "tk-0123456789abcdef"
THEIRS = "sk-theirs-0123456789"
BEFORE = (
    '{\r\n\t"theme" : "dark",\r\n\t"env": { "MINE": "1", "ANTHROPIC_BASE_URL": "https://example.com",'
    f' "ANTHROPIC_AUTH_TOKEN": "{THEIRS}" }}\r\n}}'
).encode()
DEPLOY = ("deploy", "--preset", "enterprise", "--gateway-url", URL, "--sonnet")
FIX = ("doctor", "--fix", "--yes")
COMMANDS = [("status",), (*DEPLOY, "third"), ("rollback",), ("uninstall",), FIX]


def remove(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def change(make):
    return lambda path: path.write_bytes(make(path.read_bytes()))


DAMAGES = {
    "removed": remove,
    "emptied": change(lambda _: b""),
    "cut": change(lambda data: data[: len(data) // 2]),
    "garbage": change(lambda _: b"\x07garbage\n"),
    "nulls": change(lambda data: bytes(len(data))),
}
FILES = {
    "manifest": "gateway/deployment-manifest.json",
    "ledger": "gateway/settings-ledger.json",
    "key": "gateway/.digest-key",
    "revision": "gateway/history/0002/revision.json",
    "copy": ".gateway-recovery.json",
    ".env": "gateway/.env",
}
TOGETHER = {
    "the folder": ["gateway"],
    "the history": ["gateway/history"],
    "manifest and history": ["gateway/deployment-manifest.json", "gateway/history"],
    "ledger and copy": ["gateway/settings-ledger.json", ".gateway-recovery.json"],
    "key and copy": ["gateway/.digest-key", ".gateway-recovery.json"],
    "manifest, ledger and key": [FILES["manifest"], FILES["ledger"], FILES["key"]],
    "ledger, .env and copy": [FILES["ledger"], FILES[".env"], FILES["copy"]],
    "manifest, ledger, key and copy": [FILES["manifest"], FILES["ledger"], FILES["key"], FILES["copy"]],
}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Two revisions of a gateway elsewhere; its user's settings were their own."""
    box = make_sandbox(tmp_path_factory.mktemp("lost") / "box")
    box.extra["GATEWAY_TOKEN"] = TOKEN
    box.claude.mkdir()
    box.settings.write_bytes(BEFORE)
    for name in ("first", "second"):
        box.deploy(*DEPLOY[1:], name)
    shutil.copytree(box.home, box.root / "kept")
    return box


@pytest.fixture
def box(template):
    """The same, as it was deployed."""
    put_back(template)
    return template


def put_back(box):
    shutil.rmtree(box.home)
    shutil.copytree(box.root / "kept", box.home)


def told(result, *codes):
    """The command ended in one of these ways, and without a traceback or a secret."""
    assert "Traceback" not in result.text
    assert not any(secret in result.text for secret in (THEIRS, TOKEN))
    assert result.code in codes, result.text
    return result


def is_theirs_intact(box):
    text = box.settings.read_bytes()
    return b'\r\n\t"theme" : "dark",\r\n\t"env": { "MINE": "1", ' in text


def leave(box):
    """Go the way out: by commands alone."""
    told(box.doit(*FIX), 0, 6)
    told(box.doit("uninstall"), 0)
    assert not (box.gateway / "settings-ledger.json").exists()
    return box.settings.read_bytes()


def some(*numbers):
    """The commands that are tried in a case: all of them where everything is tested, else another one in each."""
    return COMMANDS if EVERYTHING else [COMMANDS[sum(numbers) % len(COMMANDS)]]


def test_a_key_that_others_can_read_is_closed_by_the_doctor(box):
    key = box.claude / FILES["key"]
    key.chmod(0o644)
    assert "doctor --fix" in told(box.doit("status"), 5).err
    told(box.doit(*FIX), 0, 6)
    assert key.stat().st_mode & 0o777 == 0o600
    told(box.doit("status"), 0)


def test_without_its_folder_nothing_is_called_deployed(box):
    remove(box.gateway)
    first, *_ = told(box.doit("status"), 0).out.splitlines()
    assert first.startswith("gone ")
    assert str(box.gateway) in first


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", FILES)
def test_after_any_command_there_is_a_way_back_to_the_byte(box, file, damage):
    for command in some([*FILES].index(file), [*DAMAGES].index(damage)):
        put_back(box)
        DAMAGES[damage](box.claude / FILES[file])
        told(box.doit(*command), 0, 6)
        assert is_theirs_intact(box)
        assert leave(box) == BEFORE, (file, damage, command)


@pytest.mark.parametrize("names", TOGETHER)
def test_where_several_are_lost_there_is_a_way_back(box, names):
    for command in some([*TOGETHER].index(names)):
        put_back(box)
        for name in TOGETHER[names]:
            remove(box.claude / name)
        result = told(box.doit(*command), 0, 1, 3, 4, 6)
        if result.code in (1, 4):
            assert "doctor --fix" in result.text
        assert is_theirs_intact(box)
        assert leave(box) == BEFORE, (names, command)


@pytest.mark.parametrize("file", ["manifest", "ledger", "revision", "copy"])
def test_what_a_newer_version_wrote_is_left_to_that_one(box, file):
    path = box.claude / FILES[file]
    newer = json.loads(path.read_bytes())
    newer.get("manifest", newer)["more"] = 1
    if "version" in newer:
        newer["version"] = "2.0" if isinstance(newer["version"], str) else 99
    path.write_text(json.dumps(newer))
    before = box.settings.read_bytes(), path.read_bytes()
    for command in COMMANDS if file in ("manifest", "ledger") else ():
        result = told(box.doit(*command), 4, 6)
        assert "newer version" in result.text, command
        assert (box.settings.read_bytes(), path.read_bytes()) == before
    told(box.doit("status"), 4 if file in ("manifest", "ledger") else 0)


def test_a_choice_that_this_version_does_not_know_is_not_dropped(box):
    path = box.claude / FILES["manifest"]
    manifest = json.loads(path.read_bytes())
    manifest["choices"]["region"] = "eu"
    path.write_text(json.dumps(manifest))
    before = box.settings.read_bytes(), path.read_bytes()
    for command in (("deploy", "--yes"), *COMMANDS):
        assert "newer version" in told(box.doit(*command), 4, 6).text
        assert (box.settings.read_bytes(), path.read_bytes()) == before


def test_without_its_folder_and_the_copy_only_our_keys_go(box):
    remove(box.gateway)
    remove(box.claude / FILES["copy"])
    for command in (("status",), ("rollback",), (*DEPLOY, "third")):
        result = told(box.doit(*command), 0, 1, 4)
        assert "is deployed" not in result.text
        assert "doctor --fix" in result.text
        assert is_theirs_intact(box)
    told(box.doit("uninstall"), 0)
    assert box.json(box.settings) == {"theme": "dark", "env": {"MINE": "1"}}
    assert not box.gateway.exists() or "backups" in [path.name for path in box.gateway.iterdir()]


def test_a_dead_gateway_is_never_restored_as_the_users(box):
    remove(box.gateway)
    remove(box.claude / FILES["copy"])
    told(box.doit(*FIX), 6)
    told(box.doit(*DEPLOY, "third"), 0)
    told(box.doit("uninstall"), 0)
    assert box.json(box.settings) == {"theme": "dark", "env": {"MINE": "1"}}


def test_another_folder_after_the_first_was_removed_gives_the_users_values_back(box):
    remove(box.gateway)
    assert "is gone" in told(box.doit("status"), 0).text
    other = box.root / "other"
    told(box.doit(*DEPLOY, "third", "--target", str(other)), 0)
    told(box.doit("uninstall"), 0)
    assert box.settings.read_bytes() == BEFORE
    shutil.rmtree(other, ignore_errors=True)


def typed(box, question, answer, *words):
    """How `doit WORDS` ends at a terminal where *question* gets *answer*."""
    program, *options = box.command(*words)
    where = {"cwd": str(box.project), "env": box.environment(), "timeout": 60, "encoding": "utf-8"}
    terminal = pexpect.spawn(program, options, **where)
    terminal.expect_exact(question)
    terminal.send(answer)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert "Traceback" not in terminal.before
    return terminal.exitstatus


@pytest.mark.parametrize(("answer", "code"), [("n\r", 1), ("\x04", 1), ("y\r", 0)], ids=["no", "Ctrl-D", "yes"])
def test_uninstalling_at_a_terminal_asks_first(box, answer, code):
    before = box.settings.read_bytes()
    assert typed(box, "Remove it? [y/N]: ", answer, "uninstall") == code
    assert box.settings.read_bytes() == (before if code else BEFORE)


def test_a_damaged_manifest_that_nothing_can_replace_is_put_aside(box):
    """Then one can deploy again, and the user's settings are given back."""
    remove(box.gateway / "history")
    remove(box.claude / FILES["copy"])
    DAMAGES["garbage"](box.claude / FILES["manifest"])
    assert "doctor --fix" in told(box.doit("uninstall"), 4).text
    told(box.doit(*FIX), 6)
    assert (box.gateway / "deployment-manifest.json.damaged").exists()
    told(box.doit(*DEPLOY, "third"), 0)
    told(box.doit("uninstall"), 0)
    assert box.settings.read_bytes() == BEFORE


def test_putting_back_what_is_lost_asks_first(box):
    for name in TOGETHER["ledger and copy"]:
        remove(box.claude / name)
    before = box.state(box.home)
    typed(box, "Write this? [y/N]: ", "n\r", "doctor", "--fix")
    assert box.state(box.home) == before
