"""What a loss of power leaves of what was recorded, in the two models between which file systems are.

ordered   names are as they were at that moment, since a journal keeps their order (ext4, XFS); of the data of a file
          there is only what was synced
posix     a name is there if its folder was synced since, data if its file was; nothing else
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.crash.injector.recording import Event, Inode, Node, Recording

MODELS = ("ordered", "posix")


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

    def lay(self, folders: dict[str, str]) -> None:
        """Write the files as they are after the loss; *folders* says where each of the watched ones is to go."""
        for place, target in folders.items():
            self._write(self._recording.roots[place], target)

    def _survivor(self, inode: Inode, node: Node) -> Node:
        """*node*, which is not synced."""
        safe = self._safe.get(inode)
        if stat.S_ISLNK(node.mode):
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
