"""What sandboxes are made of, at little cost: a copy of the project, and a build/ in which a command has worked.

The first command in an empty build/ takes twice as long as the next.
"""
# ruff: noqa: PTH102, PTH112, PTH123, PTH208 - objects for paths take most of the time of copying small files

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tasks.core.model.layout import Layout

HERE = "<project>"
"""What doit's memory names in place of the folder of a project, until it belongs to one."""


def prepare(place: Path, sources: Iterable[Path], warm: Callable[[Path], Layout]) -> Path:
    """The folder below *place* for *sources* as they are; *warm* makes a project in which its commands have run."""
    warmed = place / _key(sources)
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not warmed.is_dir():
            with tempfile.TemporaryDirectory() as root:
                _keep(warm(Path(root) / "box"), warmed)
    return warmed


def copy_into(layout: Layout, warmed: Path) -> None:
    """Fill the build/ of another copy of the same project, whose files have the same times."""
    layout.workshop.mkdir(mode=0o700)
    for path in (layout.catalogue, layout.database):
        shutil.copy(warmed / path.name, path)
    _rename(layout.database, HERE, str(layout.project))


def copy(source: str, target: str, *, as_links: bool = False) -> None:
    """Copy a file or a folder with its times, in a third of the time that shutil takes.

    Bytecode is linked, since Python never writes into such a file but puts a new one in its place.
    """
    if os.path.isdir(source):
        os.mkdir(target)
        for name in os.listdir(source):
            copy(f"{source}/{name}", f"{target}/{name}", as_links=as_links or name == "__pycache__")
        return
    if as_links:
        with contextlib.suppress(OSError):  # another file system
            os.link(source, target)
            return
    _copy_file(source, target)


def _copy_file(source: str, target: str) -> None:
    with open(source, "rb") as file:
        data, status = file.read(), os.fstat(file.fileno())
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(descriptor, data)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
    os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.close(descriptor)


def _key(sources: Iterable[Path]) -> str:
    """What is different when a file was touched."""
    files = [path for source in sources for path in (source, *sorted(source.rglob("*"))) if path.is_file()]
    stamps = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files if path.suffix != ".pyc"]
    return hashlib.sha256(repr(stamps).encode()).hexdigest()[:16]


def _keep(layout: Layout, warmed: Path) -> None:
    """Move what is worth keeping of a project's build/ to *warmed*, and drop what was kept of former sources."""
    for former in warmed.parent.glob("*/"):
        shutil.rmtree(former)
    _rename(layout.database, str(layout.project), HERE)
    new = warmed.with_suffix(".new")
    new.mkdir()
    for path in (layout.catalogue, layout.database):
        shutil.copy(path, new)
    new.rename(warmed)


def _rename(database: Path, old: str, new: str) -> None:
    """Have doit's memory name the files below another folder."""
    old, new = (json.dumps(name)[1:-1] for name in (old, new))
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as memory:
        memory.execute("pragma synchronous = off")
        memory.execute("update doit set task_data = replace(task_data, ?, ?)", (old, new))
        memory.execute("vacuum")
