"""Trading two names, by the system call and by steps; what a death half-way leaves."""

from __future__ import annotations

import errno
import os

import pytest

from tasks.core.disk import atomic, store
from tasks.core.disk.atomic import place, settle, withdraw


@pytest.fixture(params=["system call", "steps"])
def way(request, monkeypatch):
    if request.param == "steps":
        monkeypatch.setenv(atomic.SWITCH, "1")
    return request.param


@pytest.fixture
def pair(tmp_path):
    staged, target = tmp_path / ".gw-staged", tmp_path / "target"
    staged.write_text("new")
    target.write_text("old")
    return staged, target


def test_two_names_trade_their_files(way, pair):
    staged, target = pair
    inodes = staged.stat().st_ino, target.stat().st_ino
    atomic.exchange(staged, target)
    assert (target.read_text(), staged.read_text()) == ("new", "old")
    assert (target.stat().st_ino, staged.stat().st_ino) == inodes
    assert sorted(path.name for path in target.parent.iterdir()) == [".gw-staged", "target"]


def test_nothing_is_replaced_by_placing(way, pair):
    staged, target = pair
    with pytest.raises(FileExistsError):
        place(staged, target)
    assert (target.read_text(), staged.read_text()) == ("old", "new")


def test_a_free_name_is_taken_and_given_back(way, pair):
    staged, target = pair
    target.unlink()
    place(staged, target)
    assert (target.read_text(), staged.exists(), target.stat().st_nlink) == ("new", False, 1)
    withdraw(target, staged)
    assert (staged.read_text(), target.exists()) == ("new", False)


def test_a_missing_target_is_an_error(way, pair):
    staged, target = pair
    target.unlink()
    with pytest.raises(FileNotFoundError):
        atomic.exchange(staged, target)
    assert staged.read_text() == "new"


def test_a_folder_is_placed_too(way, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/file").touch()
    place(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b/file").exists()


@pytest.mark.parametrize("number", sorted(store.UNSUPPORTED))
def test_a_file_system_that_does_not_know_the_call_is_served_by_steps(pair, monkeypatch, number):
    staged, target = pair
    monkeypatch.setattr(atomic, "_call", lambda *_: number)
    atomic.exchange(staged, target)
    assert (target.read_text(), staged.read_text()) == ("new", "old")


def test_any_other_refusal_is_an_error(pair, monkeypatch):
    staged, target = pair
    monkeypatch.setattr(atomic, "_call", lambda *_: errno.EROFS)
    with pytest.raises(OSError, match="Read-only"):
        atomic.exchange(staged, target)


def test_without_hard_links_the_old_file_is_copied_aside(pair, monkeypatch):
    staged, target = pair
    target.chmod(0o640)
    monkeypatch.setenv(atomic.SWITCH, "1")

    def refuse(*_, **__):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    atomic.exchange(staged, target)
    assert (target.read_text(), staged.read_text(), staged.stat().st_mode & 0o777) == ("new", "old", 0o640)
    staged.rename(staged.with_name("other"))
    with pytest.raises(FileExistsError):
        place(staged.with_name("other"), target)


def test_settling_before_the_target_was_replaced(pair):
    staged, target = pair
    os.link(target, atomic._aside(staged))
    settle(staged, target)
    assert (target.read_text(), staged.read_text(), target.stat().st_nlink) == ("old", "new", 1)


def test_settling_after_the_target_was_replaced(pair):
    staged, target = pair
    target.rename(atomic._aside(staged))
    staged.rename(target)
    settle(staged, target)
    assert (target.read_text(), staged.read_text()) == ("new", "old")
    assert not atomic._aside(staged).exists()


def test_settling_a_file_with_both_names(pair):
    staged, target = pair
    staged.unlink()
    os.link(target, staged)
    settle(staged, target)
    assert (target.read_text(), staged.exists()) == ("old", False)


def test_settling_what_is_settled_changes_nothing(pair):
    staged, target = pair
    settle(staged, target)
    assert (target.read_text(), staged.read_text()) == ("old", "new")
