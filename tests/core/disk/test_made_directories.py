"""Directories that we make: there with their lock in one step, removed again, and never with a stranger's file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.core.disk.lock import Lock
from tasks.core.disk.transaction import recover
from tasks.core.model.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS = ("rename", "unlink", "rmdir")
"""What release() does to the disk."""


class Death(BaseException):
    """The process ends here."""


@pytest.fixture(params=["~/.claude is made", "~/.claude is there"])
def layout(request, tmp_path) -> Layout:
    layout = Layout.of({"HOME": str(tmp_path)})
    if request.param == "~/.claude is there":
        layout.claude.mkdir()
        layout.settings.write_text("{}")
    return layout


@pytest.fixture
def before_each_call(monkeypatch) -> Callable[[Callable[[int], None]], None]:
    """before_each_call(action): action(n) is called before the n-th call that changes the disk."""

    def arrange(action: Callable[[int], None]) -> None:
        count = 0

        def wrapped(real: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **options: object) -> object:
                nonlocal count
                count += 1
                action(count)
                return real(*arguments, **options)

            return call

        for name in CALLS:
            monkeypatch.setattr(Path, name, wrapped(getattr(Path, name)))

    return arrange


def names(place: Path) -> set[str]:
    return {str(path.relative_to(place)) for path in place.rglob("*")}


def test_nothing_is_left(layout, tmp_path):
    before = names(tmp_path)
    lock = Lock.acquire(layout, "deploy")
    (layout.gateway / ".digest-key").write_bytes(b"k" * 32)
    lock.release()
    assert names(tmp_path) == before


@pytest.mark.parametrize("moment", range(1, 6))
def test_a_file_that_is_written_meanwhile_stays_where_it_was_written(layout, tmp_path, before_each_call, moment):
    lock = Lock.acquire(layout, "deploy")
    (layout.gateway / ".digest-key").write_bytes(b"k" * 32)
    written: list[Path] = []

    def write(count: int) -> None:
        if count == moment:
            layout.gateway.mkdir(parents=True, exist_ok=True)
            written.append(layout.gateway / "notes.txt")
            written[0].write_text("mine")

    before_each_call(write)
    lock.release()
    assert [*tmp_path.rglob("notes.txt")] == written
    assert written or moment == 5  # one call fewer where ~/.claude stays
    assert not [name for name in names(tmp_path) if ".gw-" in name]


@pytest.mark.parametrize("moment", range(1, 7))
def test_the_next_command_goes_on_where_one_died(layout, tmp_path, before_each_call, moment):
    before = names(tmp_path)
    lock = Lock.acquire(layout, "deploy")
    (layout.gateway / ".digest-key").write_bytes(b"k" * 32)

    def die(count: int) -> None:
        if count == moment:
            raise Death

    before_each_call(die)
    try:
        lock.release()
    except Death:
        recover(layout)
    assert names(tmp_path) == before


def test_a_folder_made_while_it_is_removed_is_the_next_ones(layout, tmp_path, before_each_call):
    before = names(tmp_path)
    lock = Lock.acquire(layout, "deploy")
    others: list[Lock] = []

    def begin(count: int) -> None:
        if count == 3 and not others:  # the lock is parked, the folder is there
            others.append(Lock.acquire(layout, "rollback", wait=0))

    before_each_call(begin)
    lock.release()
    assert (layout.gateway / ".lock").exists()
    others[0].release()
    assert names(tmp_path) == before
