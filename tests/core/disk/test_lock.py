"""The lock: one at a time, freed by a death, and it says who has it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.core.disk import recovery_copy
from tasks.core.disk.fingerprints import digest_key, keyed, renew_key, store_key
from tasks.core.disk.lock import Lock, holder
from tasks.core.model.errors import Conflict, InvalidInput
from tasks.core.model.layout import Layout

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def layout(tmp_path) -> Layout:
    return Layout.of({"HOME": str(tmp_path)})


def test_nobody_holds_what_is_not_there(layout, tmp_path):
    assert holder(layout) is None
    assert not [*tmp_path.iterdir()]


def test_the_holder_is_named(layout):
    lock = Lock.acquire(layout, "deploy")
    found = holder(layout)
    assert found is not None
    assert (found.pid, found.command) == (os.getpid(), "deploy")
    assert time.strptime(found.since, "%Y-%m-%dT%H:%M:%SZ")
    lock.release()
    assert holder(layout) is None


def test_a_second_one_is_told_who_runs(layout):
    lock = Lock.acquire(layout, "deploy")
    with pytest.raises(
        Conflict, match=rf"another deployment is running: pid {os.getpid()}, since .*, deploy"
    ) as raised:
        Lock.acquire(layout, "rollback", wait=0)
    assert raised.value.exit_code == 5
    lock.release()
    Lock.acquire(layout, "rollback", wait=0).release()


def test_what_was_made_for_the_lock_goes_with_it(layout, tmp_path):
    lock = Lock.acquire(layout, "deploy")
    assert layout.gateway.stat().st_mode & 0o777 == 0o700
    assert layout.claude.stat().st_mode & 0o777 == 0o700
    assert (layout.gateway / ".lock").stat().st_mode & 0o777 == 0o600
    lock.release()
    assert not [*tmp_path.iterdir()]


def test_a_folder_that_was_there_stays(layout):
    layout.gateway.mkdir(parents=True)
    Lock.acquire(layout, "deploy").release()
    assert not [*layout.gateway.iterdir()]


def test_the_file_stays_where_something_is_deployed(layout):
    layout.gateway.mkdir(parents=True)
    layout.config.touch()
    Lock.acquire(layout, "deploy").release()
    assert (layout.gateway / ".lock").exists()


def test_the_kernel_frees_it_when_the_holder_dies(layout, tmp_path):
    code = (
        "import os, sys; from tasks.core.model.layout import Layout; from tasks.core.disk.lock import Lock; "
        f"lock = Lock.acquire(Layout.of({{'HOME': {str(tmp_path)!r}}}), 'deploy'); "
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout.readline() == "held\n"
        found = holder(layout)
        assert found.pid == other.pid
        with pytest.raises(Conflict, match=f"pid {other.pid}"):
            Lock.acquire(layout, "deploy", wait=0)
        other.kill()
    assert holder(layout) is None
    Lock.acquire(layout, "deploy", wait=0).release()


def test_a_program_that_is_started_does_not_inherit_it(layout):
    lock = Lock.acquire(layout, "deploy")
    with subprocess.Popen(["sleep", "30"], close_fds=False) as program:
        lock.release()
        assert holder(layout) is None
        program.kill()


def test_a_lock_that_was_removed_while_waiting_is_not_taken_for_one(layout):
    lock = Lock.acquire(layout, "deploy")
    (layout.gateway / ".lock").unlink()
    other = Lock.acquire(layout, "rollback", wait=0)
    assert holder(layout).command == "rollback"
    other.release()
    lock.release()


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"pid": "x"}', b"\xff", b"[" * 9000])
def test_a_damaged_note_keeps_nobody_out(layout, text):
    layout.gateway.mkdir(parents=True)
    (layout.gateway / ".lock").write_bytes(text)
    Lock.acquire(layout, "deploy").release()


def test_a_link_in_the_place_of_the_lock_is_refused(layout, tmp_path):
    layout.gateway.mkdir(parents=True)
    (layout.gateway / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict, match="not the lock file"):
        Lock.acquire(layout, "deploy")
    assert not (tmp_path / "elsewhere").exists()


def test_the_key_is_made_once_and_private(layout):
    layout.gateway.mkdir(parents=True)
    key = store_key(layout)
    assert digest_key(layout) == store_key(layout) == key
    assert len(key) == 32
    assert (layout.gateway / ".digest-key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in layout.gateway.iterdir()] == [".digest-key"]


def test_asking_for_the_key_writes_nothing(layout, tmp_path):
    key = digest_key(layout)
    assert not [*tmp_path.iterdir()]
    layout.gateway.mkdir(parents=True)
    assert digest_key(layout) == key
    assert not [*layout.gateway.iterdir()]
    assert store_key(layout) == key
    assert (layout.gateway / ".digest-key").read_bytes() == key


DAMAGED = [b"", b"short", b"x" * 32, b"\0" * 32, bytes(range(33))]


@pytest.mark.parametrize("data", DAMAGED)
def test_a_damaged_key_without_a_copy_is_refused_with_the_way_out(layout, data):
    layout.gateway.mkdir(parents=True)
    layout.digest_key.write_bytes(data)
    layout.digest_key.chmod(0o600)
    with pytest.raises(InvalidInput, match="doctor --fix"):
        digest_key(layout)
    assert renew_key(layout) == layout.digest_key.read_bytes() != data


@pytest.mark.parametrize("data", [None, *DAMAGED])
def test_a_lost_key_is_put_back_from_its_copy(layout, data):
    layout.gateway.mkdir(parents=True)
    key = store_key(layout)
    layout.manifest.write_text("{}")
    recovery_copy.update(layout, key, [layout.manifest.name])
    layout.digest_key.unlink()
    if data is not None:
        layout.digest_key.write_bytes(data)
    assert digest_key(layout) == key
    assert store_key(layout) == key == layout.digest_key.read_bytes()
    assert layout.digest_key.stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_can_read_is_refused(layout):
    layout.gateway.mkdir(parents=True)
    store_key(layout)
    layout.digest_key.chmod(0o644)
    with pytest.raises(Conflict, match="read by others"):
        digest_key(layout)


def test_fingerprints_depend_on_key_data_and_mode():
    seen = {keyed(key, data, mode) for key in (b"1", b"2") for data in (b"a", b"b") for mode in (None, 0o600, 0o644)}
    assert len(seen) == 12
