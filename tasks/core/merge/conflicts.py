"""Where a user and a deployment changed the same thing: a file with both sides, to be finished by hand."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasks.core.disk import files
from tasks.core.merge import merge as merge_merge
from tasks.core.model.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.core.merge.result import Merge
    from tasks.core.model.layout import Layout

MARKER = b"<<<<<<<"


class MergeConflict(Conflict):
    """Both sides changed the same thing; *offer* is the file that can be finished by hand, not written yet."""

    def __init__(self, name: str, merge: Merge, path: Path) -> None:
        places = "\n    ".join(str(each) for each in merge.conflicts)
        super().__init__(
            f"you and this deployment changed the same thing\n    {places}",
            f"Run it again with --ours for the new one or --theirs for yours, or finish {path} by hand and run it "
            "again; nothing was written to the gateway.",
            where=name,
        )
        self.path = path
        self.offer = merge_merge.conflict_text(merge, "yours", "new").encode("utf-8", "surrogateescape")


def place(layout: Layout, name: str, found: bytes, wanted: bytes) -> Path:
    """The file for exactly these two sides; others get another one, so that nothing stale is taken for finished."""
    return layout.conflicts / f"{hashlib.sha256(found + wanted).hexdigest()[:8]}-{name}"


def finished(path: Path) -> bytes | None:
    """What somebody made of the file, once no marker is left in it."""
    data = files.read(path)
    return data if data is not None and MARKER not in data else None


@contextmanager
def offered() -> Iterator[None]:
    """Write the file to finish by hand when what is done within meets a conflict."""
    try:
        yield
    except MergeConflict as conflict:
        write(conflict)
        raise


def write(conflict: MergeConflict) -> None:
    """Write the file, unless somebody is at work in it already."""
    if not conflict.path.exists():
        files.write(conflict.path, conflict.offer, 0o600)
