"""A new file is private and on the disk; what is left over is swept away; errors name the user's file."""

import errno
import os
import shutil
import subprocess

import pytest

from tasks.core.disk import files, store
from tasks.core.model.errors import Conflict


def test_a_failed_fsync_is_final(tmp_path, monkeypatch):
    calls = []

    def full(*_):
        calls.append("full")
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(store.fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(store.fcntl, "fcntl", full)
    monkeypatch.setattr(os, "fsync", lambda _: calls.append("fsync"))
    with pytest.raises(OSError, match="broken"):
        store.sync(0)
    assert calls == ["full"]


def test_a_drive_without_full_fsync_gets_a_plain_one(monkeypatch):
    calls = []

    def full(*_):
        raise OSError(errno.ENOTSUP, "unknown")

    monkeypatch.setattr(store.fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(store.fcntl, "fcntl", full)
    monkeypatch.setattr(os, "fsync", calls.append)
    store.sync(7)
    assert calls == [7]


def test_temporary_names_have_the_one_form():
    for mark in ("", "abc123"):
        name = store.name_temporary(mark)
        assert store.DEBRIS.match(name)[1].startswith(mark)
    assert store.name_temporary() != store.name_temporary()


def test_what_reads_back_differently_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: os.pwrite(descriptor, b"\0", 0))
    with pytest.raises(OSError, match="read back"):
        store.create(tmp_path / "f", b"data", 0o600)


def test_old_temporary_files_are_swept_and_nothing_else(tmp_path):
    old, young, staged = (tmp_path / name for name in (store.name_temporary(), store.name_temporary(), ".gw-staged"))
    for path in (old, young, staged, tmp_path / "mine"):
        path.write_text("")
        os.utime(path, (0, 0))
    os.utime(young)
    files.write(tmp_path / "f", b"x", 0o600)
    assert {path.name for path in tmp_path.iterdir()} == {young.name, staged.name, "mine", "f"}


@pytest.mark.parametrize("write", [files.write, lambda *words: files.keep([words[0]], *words[1:])])
def test_an_error_names_the_users_file(tmp_path, monkeypatch, write):
    def refuse(*_):
        raise OSError(errno.EIO, "broken", "a temporary name")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="broken") as failed:
        write(tmp_path / "settings.json", b"x", 0o600)
    assert failed.value.filename == str(tmp_path / "settings.json")


@pytest.fixture
def fixed(tmp_path):
    """fixed(path, attribute): set it as chattr does, until the test ends."""
    done = []

    def fix(path, attribute):
        tried = subprocess.run(["chattr", f"+{attribute}", path], capture_output=True, check=False)
        if tried.returncode:
            pytest.skip("no attributes here, or no right to set them")
        done.append((path, attribute))

    yield fix
    for path, attribute in done:
        subprocess.run(["chattr", f"-{attribute}", path], check=True)


@pytest.mark.skipif(not shutil.which("chattr"), reason="there is no chattr")
@pytest.mark.parametrize("attribute", ["i", "a"])
@pytest.mark.parametrize("of", ["file", "folder"])
def test_an_attribute_that_forbids_the_change_is_named(tmp_path, fixed, attribute, of):
    path = tmp_path / "it's mine" / "settings.json"
    path.parent.mkdir()
    path.write_text("old")
    target = {"file": path, "folder": path.parent}[of]
    fixed(target, attribute)
    with pytest.raises(Conflict) as refused:
        files.write(path, b"new", 0o600)
    assert refused.value.where == str(target)
    assert f"chattr -{attribute}" in refused.value.remedy
    assert path.read_text() == "old"
