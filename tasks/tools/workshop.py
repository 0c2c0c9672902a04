"""build/, doit's workshop: it may be emptied or damaged at any time, and is simply made anew."""

from __future__ import annotations

from tasks.model.layout import PROJECT
from tasks.tools import console

BUILD = PROJECT / "build"
DATABASE = BUILD / "doit.db"
SQLITE = b"SQLite format 3\0"


def prepare() -> None:
    """See that the folder is there, private, and that doit's memory can be read: without it every step runs once."""
    BUILD.mkdir(mode=0o700, exist_ok=True)
    if DATABASE.is_file() and DATABASE.stat().st_size and not _readable():
        DATABASE.unlink()
        console.warn(f"{DATABASE} was damaged; doit starts with an empty memory, so every step is looked at once")


def _readable() -> bool:
    with DATABASE.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE
