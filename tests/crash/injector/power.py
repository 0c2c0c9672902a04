"""What a death leaves of what was recorded: of the process, or of the machine in one of two models of a file system.

killed    all that was done
torn      the same, and half of a write

ordered   names are as they were at that moment, since a journal keeps their order (ext4, XFS); of the data of a file
          there is only what was synced
posix     a name is there if its folder was synced since, data if its file was; nothing else
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.crash.injector.recording import Event, Inode, Node, Recording

MODELS = ("ordered", "posix")
"""Between which file systems are."""

KILLED = "killed"
TORN = "torn"


class Disk:
    """What is safe on the disk, event by event."""

    def __init__(self, recording: Recording, model: str) -> None:
        self._recording, self._model = recording, model
        self._now = dict(recording.before)
        self._safe = dict(recording.before)

    def take(self, event: Event) -> None:
        """One more call was made."""
        self._now |= event.nodes
        for inode, node in event.nodes.items():
            self._safe[inode] = self._survivor(inode, node)
        if event.synced is not None:
            self._safe[event.synced] = self._now[event.synced]

    def tear(self, event: Event) -> None:
        """Of one more call, which wrote, half was made."""
        assert event.half
        start, length = event.half
        for inode, node in event.nodes.items():
            before = self._now[inode].data.ljust(start, b"\0")
            data = before[:start] + node.data[start : start + length] + before[start + length :]
            self._safe[inode] = node._replace(data=data)

    def lay(self, folders: dict[str, str]) -> None:
        """Write the files as they are after the loss; *folders* says where each of the watched ones is to go."""
        for place, target in folders.items():
            self._write(self._recording.roots[place], target)

    def tree(self, folders: dict[str, str]) -> dict[str, tuple[int, bytes]]:
        """What lay() would write, by path: the mode with the kind, and content or where a link leads."""
        return {
            name: found
            for place, target in folders.items()
            for name, found in self._walk(self._recording.roots[place], target)
        }

    def _walk(self, inode: Inode, name: str) -> Iterator[tuple[str, tuple[int, bytes]]]:
        node = self._safe[inode]
        yield name, (node.mode, node.data)
        for child, entry in node.names.items():
            yield from self._walk(entry, f"{name}/{child}")

    def _survivor(self, inode: Inode, node: Node) -> Node:
        """*node*, which is not synced."""
        safe = self._safe.get(inode)
        if stat.S_ISLNK(node.mode) or self._model in (KILLED, TORN):
            return node
        if self._model == "ordered":
            return node._replace(data=safe.data if safe else b"")
        return safe or node._replace(data=b"", names={})

    def _write(self, inode: Inode, target: str) -> None:
        node = self._safe[inode]
        if stat.S_ISLNK(node.mode):
            os.symlink(node.data, target)
        elif stat.S_ISDIR(node.mode):
            os.mkdir(target)
            for name, entry in node.names.items():
                self._write(entry, os.path.join(target, name))
            os.chmod(target, stat.S_IMODE(node.mode))
        elif stat.S_ISREG(node.mode):
            with open(target, "wb") as file:
                file.write(node.data)
            os.chmod(target, stat.S_IMODE(node.mode))
