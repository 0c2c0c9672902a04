"""What each call of a command changed below some folders, and what was synced: enough to build what a crash leaves.

What a call changed is looked at when it has been made, not concluded from its arguments: folders list inodes, inodes
have content. An inode that was ever seen is held open, so that no other file gets its number.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from tests.crash.injector.system_calls import SYNCS, shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.crash.injector.tracer import Call

OFFSET_OF_PWRITE = 3
"""The argument that says where it writes."""

Inode = tuple[int, int]
"""Device and number."""


class Node(NamedTuple):
    """A file, a folder or a link; anything else is left out."""

    mode: int
    data: bytes
    """The content, or where a link leads."""

    names: dict[str, Inode]
    """What is in a folder."""


class Half(NamedTuple):
    """Where in its file it begins, and its length in bytes."""

    offset: int
    length: int


class Event(NamedTuple):
    """A call that was made, and how the inodes that it is about are afterwards; none where it changed nothing."""

    call: str
    nodes: dict[Inode, Node]
    synced: Inode | None
    half: Half | None
    """Of what is written: the part that is there when it is torn."""


class Recording(NamedTuple):
    """All of a run; *roots* are the inodes of the folders that were watched, by path."""

    roots: dict[str, Inode]
    before: dict[Inode, Node]
    events: list[Event]


class Recorder:
    """See Handler; watches the folders *places*."""

    def __init__(self, places: Sequence[str]) -> None:
        self._places = [os.path.realpath(place) for place in places]
        self._held: set[Inode] = set()
        before: dict[Inode, Node] = {}
        roots = {place: self._walk(place, before) for place in self._places}
        self.recording = Recording(roots, before, [])

    def called(self, call: Call) -> bool:
        """See Handler."""
        del call
        return True

    def returned(self, call: Call, result: int) -> None:
        """See Handler."""
        nodes: dict[Inode, Node] = {}
        if result >= 0 and self._is_watched(call):
            for path in self._to_look_at(call):
                self._look(path, nodes)
        synced = next(iter(nodes), None) if call.name in SYNCS else None
        self.recording.events.append(Event(str(call), nodes, synced, _half(call, result)))

    def _is_watched(self, call: Call) -> bool:
        return any(f"{path}/".startswith(f"{place}/") for path in call.paths for place in self._places)

    def _to_look_at(self, call: Call) -> list[str]:
        file = shape_of(call.name).file
        if file is not None:
            # By its number: what is written may have lost its name.
            return [f"/proc/{call.thread}/fd/{call.registers.argument(file)}"]
        found = [path for name in call.paths for path in (os.path.dirname(name), name)]
        return found + [os.path.realpath(name) for name in call.paths if os.path.islink(name)]

    def _walk(self, path: str, nodes: dict[Inode, Node]) -> Inode:
        inode = self._look(path, nodes)
        assert inode is not None
        for name in nodes[inode].names:
            self._walk(os.path.join(path, name), nodes)
        return inode

    def _look(self, path: str, nodes: dict[Inode, Node]) -> Inode | None:
        """Add what is at *path* now."""
        is_open = path.startswith("/proc/")
        with suppress(FileNotFoundError):
            found = os.stat(path) if is_open else os.lstat(path)
            inode = (found.st_dev, found.st_ino)
            self._hold(path, inode, follow=is_open)
            nodes[inode] = Node(found.st_mode, _data(path, found.st_mode), _names(path, found.st_mode))
            return inode
        return None

    def _hold(self, path: str, inode: Inode, *, follow: bool) -> None:
        if inode in self._held:
            return
        os.open(path, os.O_PATH | (0 if follow else os.O_NOFOLLOW))
        self._held.add(inode)


def _half(call: Call, result: int) -> Half | None:
    """The half of what *call* wrote; None when it cannot be cut in two."""
    shape = shape_of(call.name)
    if shape.length is None or shape.file is None or result < 0:
        return None
    wanted = call.registers.argument(shape.length)
    if wanted <= 1:
        return None
    if call.name == "pwrite64":
        offset = call.registers.argument(OFFSET_OF_PWRITE)
    else:
        with open(f"/proc/{call.thread}/fdinfo/{call.registers.argument(shape.file)}") as facts:
            offset = int(facts.readline().split()[1]) - result
    return Half(offset, min(wanted // 2, result))


def _data(path: str, mode: int) -> bytes:
    if stat.S_ISLNK(mode):
        return os.fsencode(os.readlink(path))
    if not stat.S_ISREG(mode):
        return b""
    with open(path, "rb") as file:
        return file.read()


def _names(path: str, mode: int) -> dict[str, Inode]:
    if not stat.S_ISDIR(mode):
        return {}
    with os.scandir(path) as entries:
        found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
    return {name: (status.st_dev, status.st_ino) for name, status in found}
