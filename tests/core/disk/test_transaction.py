"""The transaction: what it changes, what it keeps, what it refuses, how it ends."""

# ruff: noqa: PT012 - what is tested is how a block is left
from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tasks.core.disk import atomic, moves, records, recovery, settings_file, store, transaction
from tasks.core.disk.process_identity import Process
from tasks.core.disk.targets import RECORD
from tasks.core.disk.transaction import Transaction, Undetermined, holder, pending, recover
from tasks.core.model.errors import Conflict, GatewayError, InvalidInput, NewerVersion
from tasks.core.model.layout import Layout


@pytest.fixture
def layout(tmp_path) -> Layout:
    return Layout.of({"HOME": str(tmp_path)})


@pytest.fixture
def deployed(layout) -> Layout:
    """A gateway with two files, and somebody's settings.json."""
    layout.gateway.mkdir(parents=True)
    layout.config.write_text("old")
    layout.env_file.write_text("KEY=old")
    layout.env_file.chmod(0o600)
    layout.settings.write_text('{"theirs": 1}')
    return layout


def parsed(data: bytes | None):
    try:
        return json.loads(data) if data is not None else {}
    except ValueError:
        raise InvalidInput("is not JSON") from None


def joined(data: bytes | None) -> bytes:
    return json.dumps({**parsed(data), "ours": 1}).encode()


def parted(data: bytes | None) -> bytes | None:
    left = {key: value for key, value in parsed(data).items() if key != "ours"}
    return json.dumps(left).encode() if left else None


def ask(transaction: Transaction) -> None:
    transaction.put("litellm_config.yaml", b"new", 0o644)
    transaction.put("start-gateway.sh", b"#!/bin/sh\n", 0o755)
    transaction.remove(".env")
    transaction.edit(joined, undo=parted)


def deploy(layout: Layout) -> Transaction:
    with Transaction.begin(layout, "deploy") as transaction:
        ask(transaction)
        transaction.commit()
        transaction.finish()
    return transaction


def snapshot(layout: Layout) -> dict[str, tuple[str, object, int]]:
    found = {}
    for path in sorted(layout.claude.parent.rglob("*")):
        if path.name not in (".lock", ".digest-key"):
            kind = "link" if path.is_symlink() else "file" if path.is_file() else "other"
            content = {"link": lambda p: p.readlink(), "file": lambda p: p.read_bytes(), "other": lambda p: None}
            found[str(path)] = (kind, content[kind](path), path.lstat().st_mode)
    return found


def refused(layout: Layout, sentence: str) -> None:
    """A deployment is a Conflict that says *sentence*, and changes nothing."""
    before = snapshot(layout)
    with pytest.raises(Conflict, match=sentence) as raised:
        deploy(layout)
    assert raised.value.exit_code == 5
    assert raised.value.remedy
    assert snapshot(layout) == before


# What it changes


def test_both_places_change_together(deployed):
    done = deploy(deployed)
    assert done.changed == ("litellm_config.yaml", "start-gateway.sh", ".env", "settings.json")
    assert deployed.config.read_text() == "new"
    assert deployed.start_script.stat().st_mode & 0o777 == 0o755
    assert not deployed.env_file.exists()
    assert json.loads(deployed.settings.read_bytes()) == {"theirs": 1, "ours": 1}
    assert {path.name for path in deployed.gateway.iterdir()} == {
        ".lock", ".digest-key", "litellm_config.yaml", "start-gateway.sh"
    }  # fmt: skip
    assert {path.name for path in deployed.claude.iterdir()} == {"gateway", "settings.json"}


def test_a_first_one_makes_private_folders(layout):
    deploy(layout)
    assert [path.stat().st_mode & 0o777 for path in (layout.claude, layout.gateway, layout.settings)] == [
        0o700,
        0o700,
        0o600,
    ]


def test_settings_elsewhere_than_the_gateway(tmp_path):
    layout = Layout.of({"HOME": str(tmp_path / "home")}, target=str(tmp_path / "some/where/gateway"))
    deploy(layout)
    assert layout.settings.stat().st_mode & 0o777 == 0o600
    assert layout.claude.stat().st_mode & 0o777 == 0o700
    with Transaction.begin(layout, "uninstall") as transaction:
        transaction.remove("litellm_config.yaml")
        transaction.remove("start-gateway.sh")
        transaction.edit(parted)
        transaction.commit()
        transaction.finish()
    assert not [*tmp_path.iterdir()]


def test_nothing_to_change_writes_nothing(deployed):
    deploy(deployed)
    before = {path: path.stat().st_mtime_ns for path in deployed.claude.rglob("*") if path.name != ".lock"}
    assert deploy(deployed).changed == ()
    assert {path: path.stat().st_mtime_ns for path in deployed.claude.rglob("*") if path.name != ".lock"} == before


def test_a_mode_alone_is_a_change(deployed):
    with Transaction.begin(deployed, "deploy") as transaction:
        transaction.put(".env", b"KEY=old", 0o640)
        transaction.commit()
        assert transaction.changed == (".env",)
        transaction.finish()
    assert deployed.env_file.stat().st_mode & 0o777 == 0o640


def test_content_that_depends_on_the_settings_is_made_after_them(deployed):
    seen = []

    def compute(data: bytes | None) -> bytes:
        seen.append(data)
        return joined(data)

    with Transaction.begin(deployed, "deploy") as transaction:
        transaction.put("settings-ledger.json", lambda: repr(seen[-1]).encode(), 0o600)
        transaction.edit(compute)
        transaction.commit()
        transaction.finish()
    assert deployed.ledger.read_text() == repr(b'{"theirs": 1}')


def test_it_lives_without_a_with(deployed):
    transaction = Transaction.begin(deployed, "deploy")
    ask(transaction)
    transaction.commit()
    assert pending(deployed)
    assert holder(deployed).command == "deploy"
    transaction.finish()
    assert not pending(deployed)
    transaction.close()
    transaction.close()
    assert holder(deployed) is None


def test_another_one_under_the_same_lock(deployed):
    with Transaction.begin(deployed, "deploy") as transaction:
        ask(transaction)
        transaction.commit()
        transaction.finish()
        transaction.put("litellm_config.yaml", b"newer", 0o644)
        transaction.commit()
        transaction.finish()
    assert deployed.config.read_text() == "newer"


@pytest.mark.parametrize("name", ["litellm.log", "gateway.pid", "backups", "venv", ".lock", ".digest-key"])
def test_runtime_files_cannot_be_asked_for(deployed, name):
    with Transaction.begin(deployed, "deploy") as transaction, pytest.raises(ValueError, match="may touch"):
        transaction.put(name, b"", 0o600)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "..", ".gw-txn.json", "x\n"])
def test_names_stay_in_the_folder(deployed, name):
    with Transaction.begin(deployed, "deploy") as transaction, pytest.raises(ValueError, match="may touch"):
        transaction.remove(name)


def test_the_steps_have_an_order(deployed):
    transaction = Transaction.begin(deployed, "deploy")
    with pytest.raises(RuntimeError):
        transaction.finish()
    transaction.commit()
    with pytest.raises(RuntimeError):
        transaction.commit()
    transaction.close()
    with pytest.raises(RuntimeError):
        transaction.put("x", b"", 0o600)


# What it keeps


def test_links_stay_and_their_ends_are_written(tmp_path):
    layout = Layout.of({"HOME": str(tmp_path)})
    (tmp_path / "dotfiles/claude").mkdir(parents=True)
    (tmp_path / "dotfiles/settings.json").write_text("{}")
    (tmp_path / "dotfiles/hop").symlink_to("settings.json")
    (tmp_path / "dotfiles/claude/settings.json").symlink_to("../hop")
    (tmp_path / "dotfiles/claude/gateway").symlink_to(tmp_path / "gateway")
    (tmp_path / "gateway").mkdir()
    layout.claude.symlink_to("dotfiles/claude")
    deploy(layout)
    assert layout.claude.is_symlink()
    assert layout.gateway.is_symlink()
    assert layout.settings.is_symlink()
    assert (tmp_path / "dotfiles/hop").is_symlink()
    assert json.loads((tmp_path / "dotfiles/settings.json").read_bytes()) == {"ours": 1}
    assert {path.name for path in (tmp_path / "dotfiles").iterdir()} == {"claude", "hop", "settings.json"}


def test_mode_and_attributes_of_the_settings_are_kept(deployed):
    deployed.settings.chmod(0o640)
    try:
        os.setxattr(deployed.settings, "user.note", b"mine")
    except (OSError, AttributeError):
        pytest.skip("no extended attributes here")
    for _ in range(3):
        deploy(deployed)
        undo = Transaction.begin(deployed, "uninstall")
        undo.edit(parted)
        undo.commit()
        undo.finish()
        undo.close()
    assert deployed.settings.stat().st_mode & 0o777 == 0o640
    assert os.getxattr(deployed.settings, "user.note") == b"mine"


def test_the_access_list_is_kept(deployed):
    if not shutil.which("setfacl"):
        pytest.skip("no setfacl here")
    if os.spawnlp(os.P_WAIT, "setfacl", "setfacl", "-m", "u:65534:r", str(deployed.settings)):
        pytest.skip("no access lists here")
    before = os.getxattr(deployed.settings, store.ACCESS_LIST)
    deploy(deployed)
    assert os.getxattr(deployed.settings, store.ACCESS_LIST) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_keeps_the_owner(deployed):
    os.chown(deployed.settings, 1234, 1235)
    os.chown(deployed.config, 1234, 1235)
    deploy(deployed)
    for path in (deployed.settings, deployed.config):
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 1235)


def test_what_is_not_ours_in_the_folder_is_not_touched(deployed):
    (deployed.gateway / "notes").mkdir()
    (deployed.gateway / ".gw-mine").write_text("not of our making")
    deploy(deployed)
    assert (deployed.gateway / "notes").is_dir()
    assert (deployed.gateway / ".gw-mine").exists()


# What it refuses


def test_a_file_that_moved_since_it_was_looked_at(deployed):
    with Transaction.begin(deployed, "deploy") as transaction:
        transaction.put("litellm_config.yaml", b"new", 0o644, expected=b"older")
        with pytest.raises(Conflict, match="changed by another program"):
            transaction.commit()
    assert deployed.config.read_text() == "old"


@pytest.mark.parametrize("expected", [b"old", ...])
def test_a_file_as_it_was_looked_at(deployed, expected):
    with Transaction.begin(deployed, "deploy") as transaction:
        transaction.put("litellm_config.yaml", b"new", 0o644, expected=expected)
        transaction.put("start-gateway.sh", b"new", 0o755, expected=None)
        transaction.commit()
        transaction.finish()
    assert deployed.config.read_text() == "new"


@pytest.mark.parametrize("name", ["config", "settings"])
def test_hard_links(deployed, name, tmp_path):
    os.link(getattr(deployed, name), tmp_path / "other name")
    refused(deployed, "is hard-linked: 1 other name")


@pytest.mark.parametrize("name", ["config", "settings"])
def test_a_directory_in_the_place_of_a_file(deployed, name):
    getattr(deployed, name).unlink()
    getattr(deployed, name).mkdir()
    refused(deployed, "is a directory where a file belongs")


@pytest.mark.parametrize("name", ["config", "settings"])
def test_a_fifo(deployed, name):
    getattr(deployed, name).unlink()
    os.mkfifo(getattr(deployed, name))
    refused(deployed, "is a FIFO")


def test_a_socket(deployed):
    deployed.config.unlink()
    short = Path(tempfile.mkdtemp()) / "s"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(short))
        short.rename(deployed.config)
    refused(deployed, "is a socket")


def test_a_device(deployed):
    deployed.settings.unlink()
    deployed.settings.symlink_to("/dev/null")
    refused(deployed, "is a device|cannot write")


def test_a_dangling_link(deployed, tmp_path):
    deployed.settings.unlink()
    deployed.settings.symlink_to("nowhere")
    refused(deployed, "is a link to nowhere, which does not exist")


def test_links_in_a_circle(deployed):
    deployed.settings.unlink()
    deployed.settings.symlink_to("other")
    (deployed.claude / "other").symlink_to("settings.json")
    refused(deployed, "leads in a circle")


def test_a_link_in_the_gateway(deployed, tmp_path):
    deployed.env_file.rename(tmp_path / "secret")
    deployed.env_file.symlink_to(tmp_path / "secret")
    refused(deployed, "is a link where a file is kept")


def test_a_gateway_that_leads_nowhere(layout):
    layout.claude.mkdir()
    layout.gateway.symlink_to("nowhere")
    refused(layout, "which does not exist")


def test_a_file_in_the_place_of_the_gateway(layout):
    layout.claude.mkdir()
    layout.gateway.touch()
    refused(layout, "is not a directory")


def test_a_file_in_the_place_of_the_home(layout):
    layout.claude.touch()
    refused(layout, "not a directory")


def in_another_user(action) -> str:
    """What *action* raises when user 65534 does it in a home of his own with foreign things in it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgid(65534)
        os.setuid(65534)
        try:
            action()
            os.write(writer, b"nothing")
        except Exception as error:  # noqa: BLE001
            os.write(writer, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        return told.read()


@pytest.fixture
def theirs():
    """A deployed home of user 65534."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    with tempfile.TemporaryDirectory(prefix="home") as home:
        Path(home).chmod(0o755)
        layout = Layout.of({"HOME": home})
        deploy(layout)
        for path in (Path(home), *Path(home).rglob("*")):
            os.chown(path, 65534, 65534)
        yield layout


def test_a_file_of_another_owner(theirs):
    os.chown(theirs.settings, 1234, 65534)
    theirs.settings.chmod(0o666)
    theirs.settings.write_text("{}")
    assert "belongs to another user (uid 1234)" in in_another_user(lambda: deploy(theirs))


def test_an_unwritable_directory(theirs, tmp_path):
    theirs.settings.write_text("{}")
    theirs.claude.chmod(0o555)
    assert "a directory that this user cannot write to" in in_another_user(lambda: deploy(theirs))


def test_an_unreadable_file(theirs):
    theirs.settings.write_text("{}")
    theirs.settings.chmod(0)
    assert "cannot be read by this user" in in_another_user(lambda: deploy(theirs))


def test_a_read_only_file_system(deployed, monkeypatch):
    real = os.statvfs(deployed.claude)

    class ReadOnly:
        f_flag = real.f_flag | os.ST_RDONLY

    monkeypatch.setattr(os, "statvfs", lambda _: ReadOnly)
    refused(deployed, "is on a read-only file system")


@pytest.mark.parametrize("text", ["{", "", "   "])
def test_settings_that_stay_half_written(deployed, text, monkeypatch):
    def strict(data: bytes | None) -> bytes:
        if data is not None and not data.strip():
            raise InvalidInput("is empty")
        return joined(data)

    monkeypatch.setattr(settings_file, "PATIENCE", 0.1)
    deployed.settings.write_text(text)
    before = snapshot(deployed)
    with Transaction.begin(deployed, "deploy") as transaction:
        transaction.put("litellm_config.yaml", b"new", 0o644)
        transaction.edit(strict)
        with pytest.raises(InvalidInput):
            transaction.commit()
    assert snapshot(deployed) == before


# How it ends


@pytest.mark.parametrize("committed", [False, True])
def test_leaving_without_finish_undoes(deployed, committed):
    before = snapshot(deployed)
    with Transaction.begin(deployed, "deploy") as transaction:
        ask(transaction)
        if committed:
            transaction.commit()
            assert snapshot(deployed) != before
    assert snapshot(deployed) == before


def test_undoing_a_first_one_leaves_nothing(layout, tmp_path):
    with pytest.raises(ZeroDivisionError), Transaction.begin(layout, "deploy") as transaction:
        ask(transaction)
        transaction.commit()
        1 / 0  # noqa: B018
    assert not [*tmp_path.iterdir()]


def test_undoing_takes_our_keys_out_of_what_others_wrote_since(deployed):
    with Transaction.begin(deployed, "deploy") as transaction:
        ask(transaction)
        transaction.commit()
        deployed.settings.write_text('{"ours": 1, "later": 2}')
    assert json.loads(deployed.settings.read_bytes()) == {"later": 2}
    assert deployed.config.read_text() == "old"


def test_undoing_leaves_and_reports_what_it_cannot_mend(deployed, capsys):
    with Transaction.begin(deployed, "deploy") as transaction:
        transaction.put("litellm_config.yaml", b"new", 0o644)
        transaction.put("start-gateway.sh", b"new", 0o755)
        transaction.edit(joined)
        transaction.commit()
        deployed.config.write_text("the user's")
        deployed.settings.write_text('{"ours": 1, "later": 2}')
    assert deployed.config.read_text() == "the user's"
    assert not deployed.start_script.exists()
    assert json.loads(deployed.settings.read_bytes()) == {"ours": 1, "later": 2}
    assert "litellm_config.yaml, settings.json" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code", "text"), [
    (errno.ENOSPC, 1, "no space is left"), (errno.EIO, 1, "Input/output"), (errno.EROFS, 5, "read-only"),
    (errno.EACCES, 5, "no permission"), (errno.EBUSY, 5, "mount point"),
])  # fmt: skip
def test_an_error_is_a_sentence_and_undone(deployed, monkeypatch, number, code, text):
    before = snapshot(deployed)

    def fail(_: Path) -> None:
        monkeypatch.undo()
        raise OSError(number, os.strerror(number), "somewhere")

    with Transaction.begin(deployed, "deploy") as transaction:
        ask(transaction)
        monkeypatch.setattr(store, "sync_directory", fail)
        with pytest.raises(GatewayError, match=text) as raised:
            transaction.commit()
    assert raised.value.exit_code == code
    assert snapshot(deployed) == before


def test_when_even_undoing_fails_the_next_command_finishes(deployed, monkeypatch):
    def fail(*_: object) -> int:
        return errno.EROFS

    with (
        pytest.raises(Undetermined, match="run any command again") as raised,
        Transaction.begin(deployed, "deploy") as t,
    ):
        ask(t)
        t.commit()
        monkeypatch.setattr(atomic, "_call", fail)
    assert raised.value.exit_code == 75
    assert pending(deployed)
    monkeypatch.undo()
    found = recover(deployed)
    assert (found.action, found.command, found.left) == ("finished", "deploy", ())
    assert deployed.config.read_text() == "new"
    assert not pending(deployed)


@pytest.mark.parametrize(("number", "kind"), [
    (signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit), (signal.SIGHUP, SystemExit),
])  # fmt: skip
@pytest.mark.parametrize("stage", ["staged", "committed", "compared", "exchanged", "applied", "after"])
def test_a_signal_before_the_end_undoes(deployed, monkeypatch, number, kind, stage):
    before = snapshot(deployed)
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    monkeypatch.setattr(moves, "between", lambda now: signal.raise_signal(number) if now == stage else None)
    with pytest.raises(kind) as raised, Transaction.begin(deployed, "deploy") as transaction:
        ask(transaction)
        transaction.commit()
        signal.raise_signal(number)
    if kind is SystemExit:
        assert raised.value.code == 128 + number
    assert snapshot(deployed) == before
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == handlers


def test_a_signal_after_the_end_is_too_late(deployed, monkeypatch):
    monkeypatch.setattr(moves, "between", lambda now: signal.raise_signal(signal.SIGINT) if now == "unlinked" else None)
    deploy(deployed)
    assert deployed.config.read_text() == "new"


def test_after_the_end_ctrl_c_works_again(deployed):
    with pytest.raises(KeyboardInterrupt), Transaction.begin(deployed, "deploy") as transaction:
        ask(transaction)
        transaction.commit()
        transaction.finish()
        signal.raise_signal(signal.SIGINT)
    assert deployed.config.read_text() == "new"


def test_a_second_ctrl_c_does_not_cut_the_undoing_short(deployed, monkeypatch):
    before = snapshot(deployed)
    with pytest.raises(KeyboardInterrupt), Transaction.begin(deployed, "deploy") as transaction:
        ask(transaction)
        transaction.commit()
        monkeypatch.setattr(moves, "between", lambda _: signal.raise_signal(signal.SIGINT))
        signal.raise_signal(signal.SIGINT)
    assert snapshot(deployed) == before


# After a death


def die(layout: Layout, stage: str, monkeypatch) -> None:
    """A child begins to deploy and dies at *stage*."""
    child = os.fork()
    if child == 0:
        moves.between = lambda now: os._exit(1) if now == stage else None
        deploy(layout)
        os._exit(0)
    assert os.waitpid(child, 0)[1]


@pytest.mark.parametrize(("stage", "action", "content"), [
    ("staged", "cleaned", "old"), ("committed", "finished", "new"), ("exchanged", "finished", "new"),
    ("applied", "finished", "new"), ("unlinked", "cleaned", "new"),
])  # fmt: skip
def test_the_next_command_ends_it(deployed, monkeypatch, stage, action, content):
    die(deployed, stage, monkeypatch)
    assert recover(deployed).action == action
    assert deployed.config.read_text() == content
    assert ("ours" in parsed(deployed.settings.read_bytes())) == (content == "new")
    assert not recover(deployed)
    assert not [*deployed.claude.rglob(".gw-*")]


def test_the_next_transaction_says_what_it_found(deployed, monkeypatch):
    die(deployed, "committed", monkeypatch)
    with Transaction.begin(deployed, "rollback") as transaction:
        assert str(transaction.recovered) == "an interrupted deploy was finished"


def test_nobody_recovers_a_running_one(deployed):
    with Transaction.begin(deployed, "deploy") as transaction:
        ask(transaction)
        transaction.commit()
        assert not recover(deployed)
        assert pending(deployed)


def test_what_the_user_changed_since_is_left(deployed, monkeypatch):
    die(deployed, "committed", monkeypatch)
    deployed.config.write_text("the user's")
    found = recover(deployed)
    assert (found.action, found.left) == ("finished", ("litellm_config.yaml",))
    assert deployed.config.read_text() == "the user's"
    assert deployed.start_script.exists()


def test_settings_changed_before_their_turn_turn_it_back(deployed, monkeypatch):
    die(deployed, "committed", monkeypatch)
    deployed.settings.write_text('{"later": 1}')
    found = recover(deployed)
    assert found.action == "undone"
    assert (deployed.config.read_text(), deployed.settings.read_text()) == ("old", '{"later": 1}')


def test_settings_changed_after_their_turn_are_left(deployed, monkeypatch):
    die(deployed, "applied", monkeypatch)
    deployed.settings.write_text('{"ours": 1, "later": 1}')
    found = recover(deployed)
    assert (found.action, found.left) == ("finished", ("settings.json",))
    assert (deployed.config.read_text(), deployed.settings.read_text()) == ("new", '{"ours": 1, "later": 1}')


def test_a_link_that_was_retargeted_since_is_not_written(deployed, monkeypatch, tmp_path):
    deployed.settings.rename(tmp_path / "one.json")
    deployed.settings.symlink_to(tmp_path / "one.json")
    die(deployed, "committed", monkeypatch)
    (tmp_path / "two.json").write_text("{}")
    deployed.settings.unlink()
    deployed.settings.symlink_to(tmp_path / "two.json")
    with pytest.raises(Conflict, match="leads elsewhere now"):
        recover(deployed)
    assert (tmp_path / "two.json").read_text() == "{}"


def test_a_home_that_was_moved_recovers(deployed, monkeypatch, tmp_path):
    die(deployed, "committed", monkeypatch)
    (tmp_path / "elsewhere").mkdir()
    deployed.claude.rename(tmp_path / "elsewhere/.claude")
    moved = Layout.of({"HOME": str(tmp_path / "elsewhere")})
    assert recover(moved).action == "finished"
    assert moved.config.read_text() == "new"


HOSTILE = {
    "a path": lambda record: record["files"].update({"../../x": record["files"].popitem()[1]}),
    "a foreign staged name": lambda record: next(iter(record["files"].values())).update(staged="../../.bashrc"),
    "another name": lambda record: next(iter(record["files"].values())).update(staged="litellm.log"),
    "an odd fingerprint": lambda record: next(iter(record["files"].values())).update(new="md5:00"),
    "a missing field": lambda record: record.pop("files"),
    "another schema": lambda record: record.update(schema=0),
    "a list": lambda record: record.update(files=[]),
    "an odd id": lambda record: record.update(id="../../../../x"),
    "a number": lambda record: record.update(settings=5),
    "no path": lambda record: record.update(settings_path=None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_record_that_is_not_ours_is_not_believed(deployed, monkeypatch, name):
    die(deployed, "committed", monkeypatch)
    path = deployed.gateway / RECORD
    record = json.loads(path.read_text())
    HOSTILE[name](record)
    path.write_text(json.dumps(record))
    before = snapshot(deployed)
    with pytest.raises(Conflict, match="not a record that was written here"):
        recover(deployed)
    assert snapshot(deployed) == before


@pytest.mark.parametrize("more", [{"schema": records.SCHEMA + 1}, {"more": 1}])
def test_a_record_of_a_newer_version_is_left_to_that_one(deployed, monkeypatch, more):
    die(deployed, "committed", monkeypatch)
    path = deployed.gateway / RECORD
    path.write_text(json.dumps(json.loads(path.read_text()) | more))
    before = snapshot(deployed)
    with pytest.raises(NewerVersion, match="newer version"):
        recover(deployed)
    assert snapshot(deployed) == before


def test_a_settings_path_that_is_not_ours_is_not_believed(deployed, monkeypatch, tmp_path):
    die(deployed, "committed", monkeypatch)
    path = deployed.gateway / RECORD
    path.write_text(json.dumps({**json.loads(path.read_text()), "settings_path": "../../other"}))
    with pytest.raises(Conflict, match="leads elsewhere"):
        recover(deployed)


def test_a_record_that_others_could_write_is_not_believed(deployed, monkeypatch):
    die(deployed, "committed", monkeypatch)
    (deployed.gateway / RECORD).chmod(0o644)
    with pytest.raises(Conflict, match="not a private file"):
        recover(deployed)


def test_the_record_holds_nothing_secret(deployed):
    with Transaction.begin(deployed, "deploy") as transaction:
        ask(transaction)
        transaction.commit()
        text = (deployed.gateway / RECORD).read_text()
        assert (deployed.gateway / RECORD).stat().st_mode & 0o777 == 0o600
    assert "KEY" not in text
    assert "theirs" not in text
    assert str(deployed.claude.parent) not in text


def test_recovering_nothing_is_fast_and_harmless(deployed, tmp_path):
    before = snapshot(deployed)
    assert str(recover(deployed)) == "nothing was interrupted"
    assert snapshot(deployed) == before
    assert not (deployed.gateway / ".lock").exists()
    assert not recover(Layout.of({"HOME": str(tmp_path / "nobody")}))


def test_left_overs_of_another_gateway_with_the_same_settings_stay(deployed, tmp_path):
    other = Layout.of({"HOME": str(tmp_path)}, target=str(tmp_path / "second"))
    with Transaction.begin(other, "deploy") as transaction:
        ask(transaction)
        transaction.commit()
        assert not recover(deployed)
    assert json.loads(deployed.settings.read_bytes()) == {"theirs": 1}


# Claude Code's lock


def test_its_lock_is_waited_for(deployed, monkeypatch):
    monkeypatch.setattr(settings_file, "LOCK_WAIT", 0.2)
    (deployed.claude / "settings.json.lock").mkdir()
    refused(deployed, "is held by another program")
    (deployed.claude / "settings.json.lock").rmdir()


@pytest.mark.parametrize("seconds", [-100_000, 100_000], ids=["long ago", "before the clock was set back"])
def test_a_stale_lock_is_removed(deployed, seconds):
    lock = deployed.claude / "settings.json.lock"
    lock.mkdir()
    os.utime(lock, (time.time() + seconds,) * 2)
    deploy(deployed)
    assert not lock.exists()


def test_a_lock_of_our_own_dead_is_soon_removed(deployed, monkeypatch):
    die(deployed, "compared", monkeypatch)
    assert (deployed.claude / "settings.json.lock").is_dir()
    assert recover(deployed).action == "finished"
    assert not (deployed.claude / "settings.json.lock").exists()


def test_the_lock_is_held_for_the_exchange_only(deployed, monkeypatch):
    seen = {}
    lock = deployed.claude / "settings.json.lock"
    monkeypatch.setattr(moves, "between", lambda now: seen.setdefault(now, lock.exists()))
    deploy(deployed)
    assert seen == {
        "staged": False,
        "committed": False,
        "compared": True,
        "exchanged": True,
        "applied": False,
        "unlinked": False,
    }
    assert not lock.exists()


def test_the_lock_of_a_link_is_beside_the_link(deployed, monkeypatch, tmp_path):
    deployed.settings.rename(tmp_path / "real.json")
    deployed.settings.symlink_to(tmp_path / "real.json")
    lock, seen = deployed.claude / "settings.json.lock", {}
    monkeypatch.setattr(moves, "between", lambda now: seen.setdefault(now, lock.exists()))
    deploy(deployed)
    assert seen["compared"]
    assert {path.name for path in tmp_path.iterdir()} == {".claude", "real.json"}


def test_names_are_as_documented():
    assert transaction.Undetermined is recovery.Undetermined
    assert {"Transaction", "Undetermined", "Recovered", "Holder", "recover", "pending", "holder"} <= set(
        transaction.__all__
    )


# What has to be proven first


def place(layout: Layout) -> Transaction:
    """The files are in place for a proof; one of them goes by what settings.json becomes."""
    transaction = Transaction.begin(layout, "deploy")
    ask(transaction)
    transaction.put("settings-ledger.json", lambda: b"made of the edit", 0o600)
    transaction.place()
    return transaction


def test_the_files_are_in_place_before_settings_are_touched(deployed):
    with place(deployed) as transaction:
        assert deployed.config.read_text() == "new"
        assert not deployed.env_file.exists()
        assert not deployed.ledger.exists()
        assert deployed.settings.read_text() == '{"theirs": 1}'
        transaction.commit()
        assert json.loads(deployed.settings.read_bytes()) == {"theirs": 1, "ours": 1}
        assert deployed.ledger.read_bytes() == b"made of the edit"
        transaction.finish()
    assert not [*deployed.claude.rglob(".gw-*")]


def test_what_was_not_proven_is_taken_back(deployed):
    before = snapshot(deployed)
    place(deployed).close()
    assert snapshot(deployed) == before


def test_a_death_in_the_proof_takes_it_back_and_ends_what_was_on_trial(deployed):
    before = snapshot(deployed)
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True) as trial:
        if (pid := os.fork()) == 0:
            place(deployed).note(trial.pid, signal.SIGKILL)
            os._exit(0)
        os.waitpid(pid, 0)
        assert deployed.config.read_text() == "new"
        found = recover(deployed)
        assert found.action == "unproven"
        assert snapshot(deployed) == before
        assert trial.wait(10) == -signal.SIGKILL
    assert not recover(deployed)


def test_what_another_program_writes_during_the_proof_stays(deployed):
    with place(deployed) as transaction:
        deployed.settings.write_text('{"theirs": 2}')
        transaction.commit()
        transaction.finish()
    assert json.loads(deployed.settings.read_bytes()) == {"theirs": 2, "ours": 1}


def test_what_the_user_edits_during_the_proof_stops_the_deployment(deployed):
    with pytest.raises(Conflict, match="changed by another program"), place(deployed) as transaction:
        deployed.config.write_text("the user's")
        transaction.commit()
    assert deployed.config.read_text() == "the user's"
    assert deployed.env_file.read_text() == "KEY=old"
    assert deployed.settings.read_text() == '{"theirs": 1}'


# What the new state does not need


@pytest.fixture
def former():
    """A process that only the old state needs."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def dismiss(layout: Layout, process: subprocess.Popen[bytes]) -> Transaction:
    """It is committed that *process* ends."""
    transaction = Transaction.begin(layout, "uninstall")
    ask(transaction)
    transaction.dismiss(process.pid)
    transaction.commit()
    return transaction


def test_what_is_not_needed_any_more_is_asked_to_end_once_that_is_certain(deployed, former):
    with dismiss(deployed, former) as transaction:
        assert former.poll() is None
        transaction.finish()
        assert former.wait(10) == -signal.SIGTERM
    assert not pending(deployed)


def test_what_is_needed_again_goes_on(deployed, former):
    before = snapshot(deployed)
    dismiss(deployed, former).close()
    assert snapshot(deployed) == before
    assert former.poll() is None


@pytest.mark.parametrize(("last", "theirs"), [("commit", ""), ("finish", ""), ("finish", '{"theirs": 2}')])
def test_after_a_death_the_next_command_ends_it(deployed, former, monkeypatch, last, theirs):
    """Also when another program has written settings.json since: what was finished is never undone."""
    if (pid := os.fork()) == 0:
        transaction = dismiss(deployed, former)
        if last == "finish":
            monkeypatch.setattr(Process, "notify", lambda _: os._exit(0))
            transaction.finish()
        os._exit(0)
    os.waitpid(pid, 0)
    if theirs:
        deployed.settings.write_text(theirs)
    assert recover(deployed).action == "finished"
    assert former.wait(10) == -signal.SIGTERM
    assert deployed.config.read_text() == "new"
    assert deployed.settings.read_text() == theirs or json.loads(deployed.settings.read_bytes())["ours"]
    assert not [*deployed.claude.rglob(".gw-*")]
    assert not recover(deployed)


def test_a_disk_without_room_for_that_note_does_not_keep_it_alive(deployed, former, monkeypatch):
    def write(targets, record):
        if not record.files:
            raise OSError(errno.ENOSPC, "full")
        real(targets, record)

    real = records.write
    monkeypatch.setattr(records, "write", write)
    with dismiss(deployed, former) as transaction:
        transaction.finish()
    assert former.wait(10) == -signal.SIGTERM
    assert not pending(deployed)
