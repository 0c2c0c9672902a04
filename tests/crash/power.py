"""What a disk holds after the power failed, for each call that changes a file: two models, in one process.

ordered   names are as they were last, content only where it was fsynced (ext4, XFS)
posix     names, too, only where their folder was fsynced; mixed: some folders are further than that
"""

from __future__ import annotations

import os
import random
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tasks.core.disk import atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

State = dict[str, tuple[int, bytes | None]]
"""Path below the root -> mode, and content; None: a folder."""

Entries = dict[str, "Node"]


@dataclass(eq=False)
class Node:
    """A file, or a folder (*entries*): as programs see it, and as it is on the disk."""

    mode: int
    entries: Entries | None = None
    content: bytes = b""
    disk_content: bytes = b""
    disk_entries: Entries = field(default_factory=dict)

    @property
    def children(self) -> Entries:
        return {} if self.entries is None else self.entries

    def sync(self) -> None:
        self.disk_content, self.disk_entries = self.content, dict(self.children)


def read_tree(path: Path) -> Node:
    """What is at *path*, and on the disk."""
    mode = stat.S_IMODE(path.lstat().st_mode)
    if path.is_dir():
        node = Node(mode, {child.name: read_tree(child) for child in path.iterdir()})
    else:
        node = Node(mode, content=path.read_bytes())
    node.sync()
    return node


def write_tree(root: Path, state: State) -> None:
    """Make *state* below *root*, an empty folder."""
    for name, (mode, content) in state.items():
        path = root / name
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content)
        path.chmod(mode)


class Recorder:
    """Follows the calls of this process below *root*; *states*: what a power failure after each would leave."""

    def __init__(self, root: Path) -> None:
        self.states: dict[str, State] = {}
        self._root, self._tree = os.path.realpath(root), read_tree(root)
        self._opened: dict[int, Node] = {}
        self._random = random.Random(1)
        self._calls = 0

    @property
    def running(self) -> State:
        """What programs see now: to be what is really there."""
        return dict(_walk(self._tree, "", lambda node: node.children, lambda node: node.content))

    @contextmanager
    def follow(self) -> Iterator[None]:
        """Record within this block."""
        notes = {
            "open": self._note_open, "write": self._note_write, "pwrite": self._note_write, "fsync": self._note_fsync,
            "mkdir": self._note_mkdir, "rename": self._note_rename, "replace": self._note_rename,
            "link": self._note_link, "unlink": self._note_removal, "rmdir": self._note_removal,
            "chmod": self._note_chmod, "fchmod": self._note_fchmod,
        }  # fmt: skip
        before = {name: getattr(os, name) for name in notes}
        exchange = atomic._call
        for name, note in notes.items():
            setattr(os, name, self._wrap(name, before[name], note))
        atomic._call = self._wrap("exchange", exchange, self._note_exchange)
        try:
            yield
        finally:
            for name, real in before.items():
                setattr(os, name, real)
            atomic._call = exchange

    def _wrap(self, name: str, real: Callable[..., Any], note: Callable[..., bool]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            result = real(*arguments, **options)
            if note(result, *arguments, **options):
                self._calls += 1
                self._keep(f"{name} #{self._calls} {arguments[:2]!r:.120}")
            return result

        return call

    def _keep(self, call: str) -> None:
        mixed: dict[int, Entries] = {}

        def choose(node: Node) -> Entries:
            entries = self._random.choice((node.children, node.disk_entries))
            return mixed.setdefault(id(node), entries)

        self.states[f"ordered, {call}"] = dict(_walk(self._tree, "", lambda node: node.children))
        self.states[f"posix, {call}"] = dict(_walk(self._tree, "", lambda node: node.disk_entries))
        self.states[f"posix mixed, {call}"] = dict(_walk(self._tree, "", choose))

    # Each of these enters one call into the tree; whether it concerned the tree.

    def _note_open(self, result: int, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> bool:
        self._opened.pop(result, None)
        found = self._find(path, dir_fd)
        if found is None:
            return False
        entries, name = found
        is_new = name not in entries
        if is_new:
            entries[name] = Node(mode)
        self._opened[result] = entries[name]
        return is_new

    def _note_write(self, result: int, descriptor: int, data: bytes, offset: int | None = None) -> bool:
        node = self._opened.get(descriptor)
        if node is None:
            return False
        start = len(node.content) if offset is None else offset
        node.content = node.content[:start] + bytes(data[:result]) + node.content[start + result :]
        return True

    def _note_fsync(self, _: None, descriptor: int) -> bool:
        node = self._opened.get(descriptor)
        if node is not None:
            node.sync()
        return node is not None

    def _note_mkdir(self, _: None, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> bool:
        return self._put(self._find(path, dir_fd), Node(mode, {}))

    def _note_rename(self, _: None, source: Any, target: Any, **__: Any) -> bool:
        return self._put(self._find(target), self._take(self._find(source)))

    def _note_link(self, _: None, source: Any, target: Any, **__: Any) -> bool:
        entries, name = self._find(source) or ({}, "")
        return self._put(self._find(target), entries.get(name))

    def _note_removal(self, _: None, path: Any, *, dir_fd: int | None = None) -> bool:
        return self._take(self._find(path, dir_fd)) is not None

    def _note_chmod(self, _: None, path: Any, mode: int, **__: Any) -> bool:
        entries, name = self._find(path) or ({}, "")
        if name in entries:
            entries[name].mode = mode
        return name in entries

    def _note_fchmod(self, _: None, descriptor: int, mode: int) -> bool:
        if descriptor in self._opened:
            self._opened[descriptor].mode = mode
        return descriptor in self._opened

    def _note_exchange(self, result: int, source: bytes, target: bytes, flags: int) -> bool:
        if result:
            return False
        one, other = self._find(source), self._find(target)
        first, second = self._take(one), self._take(other)
        self._put(other, first)
        if flags == atomic._TRADE:
            self._put(one, second)
        return first is not None

    def _find(self, path: Any, dir_fd: int | None = None) -> tuple[Entries, str] | None:
        """The entries of the folder of *path*, and its name there; None when it is not below the root."""
        text = os.fsdecode(path)
        if dir_fd is not None:
            return (self._opened[dir_fd].children, text) if dir_fd in self._opened else None
        folder, name = os.path.split(text)
        inside = os.path.relpath(os.path.realpath(folder), self._root)
        if inside.startswith(".."):
            return None
        entries = self._tree.children
        for part in () if inside == "." else inside.split("/"):
            entries = entries[part].children
        return entries, name

    @staticmethod
    def _take(found: tuple[Entries, str] | None) -> Node | None:
        return found[0].pop(found[1], None) if found else None

    @staticmethod
    def _put(found: tuple[Entries, str] | None, node: Node | None) -> bool:
        if found is None or node is None:
            return False
        found[0][found[1]] = node
        return True


def list_tree(path: Path) -> State:
    """What is at *path*."""
    return dict(_walk(read_tree(path), "", lambda node: node.children))


def _walk(
    node: Node,
    path: str,
    entries_of: Callable[[Node], Entries],
    content_of: Callable[[Node], bytes] = lambda node: node.disk_content,
) -> Iterator[tuple[str, Any]]:
    for name, child in entries_of(node).items():
        place = f"{path}/{name}" if path else name
        is_folder = child.entries is not None
        yield place, (child.mode, None if is_folder else content_of(child))
        if is_folder:
            yield from _walk(child, place, entries_of, content_of)
