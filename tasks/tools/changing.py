"""What has to happen to each deployed file: decided by what is wanted, what we last rendered, and what is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.model.release import Change, Manifest, Standing, Wanted
from tasks.tools import conflicts, files, merging, standing
from tasks.tools.conflicts import MergeConflict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.model.layout import Layout
    from tasks.model.merge import Side
    from tasks.tools.run import Run

YOURS = ".yours"
"""The ending of a file that somebody edited and that had to make room."""


def changes(
    layout: Layout, wanted: Iterable[Wanted], manifest: Manifest | None, side: Side | None = None
) -> list[Change]:
    """What makes the gateway's folder hold *wanted* and nothing else of ours; reads, writes nothing.

    MergeConflict where a user's edit and ours meet, unless *side* decides or somebody finished that file by hand.
    """
    shall = {each.file: each for each in wanted}
    there = standing.of(layout, shall, manifest)
    result = [_change(layout, each, there[name], side) for name, each in shall.items()]
    gone = [(name, each) for name, each in there.items() if name not in shall and each.found is not None]
    return result + [leaving(name, each) for name, each in gone]


def free_name(layout: Layout, name: str, content: bytes) -> str:
    """Under which name *content* is kept beside *name*: one that is free, or holds the same already."""
    names = (f"{name}{YOURS}{f'-{number}' if number > 1 else ''}" for number in range(1, 1000))
    return next(each for each in names if files.read(layout.gateway / each) in (None, content))


def leaving(name: str, there: Standing) -> Change:
    """A file of the last deployment that does not belong to this one: it goes, unless somebody changed it."""
    if there.edited:
        return Change(name, "keep", there.found, there.mode or 0, there.found, "not needed any more, but yours")
    return Change(name, "remove", None, there.mode or 0, there.found)


def digests(layout: Layout, planned: Iterable[Change], before: Manifest | None) -> dict[str, str]:
    """What the manifest records of each file that will stand: what we leave there, not what somebody made of it."""
    left = before.files if before else {}
    return {
        each.file: left.get(each.file, "") if each.kind == "keep" else standing.digest(layout, each.file, each.data)
        for each in planned
        if each.data is not None
    }


def tell(planned: Iterable[Change], told: Run) -> None:
    """Fill the receipt."""
    for change in planned:
        note = f" ({change.note})" if change.note else ""
        lists = {"remove": told.removed, "keep": told.kept, "unchanged": told.unchanged}
        lists.get(change.kind, told.written).append(change.file + note)


def _change(layout: Layout, wanted: Wanted, there: Standing, side: Side | None) -> Change:
    name, mode = wanted.file, wanted.mode
    if there.found is None:
        return Change(name, "create", wanted.data, mode, None)
    if there.found == wanted.data or (wanted.data == there.released and wanted.how != "fill"):
        return _as_found(wanted, there)
    if wanted.how == "fill" or there.found == there.released:
        return Change(name, "update", wanted.data, mode, there.found)
    if wanted.how == "replace" or there.released is None:
        beside = free_name(layout, name, there.found)
        return Change(name, "replace", wanted.data, mode, there.found, f"yours is kept as {beside}", beside)
    return _merged(layout, wanted, there.found, there.released, side)


def _as_found(wanted: Wanted, there: Standing) -> Change:
    """The content may stay: ours as it is, or yours since nothing of ours is new."""
    if there.mode != wanted.mode:
        note = f"mode {there.mode:04o} becomes {wanted.mode:04o}"
        return Change(wanted.file, "mode", there.found, wanted.mode, there.found, note)
    kind = "unchanged" if there.found == wanted.data else "keep"
    return Change(wanted.file, kind, there.found, wanted.mode, there.found, "your edits" if kind == "keep" else "")


def _merged(layout: Layout, wanted: Wanted, found: bytes, released: bytes, side: Side | None) -> Change:
    """Both sides changed it: one file with the changes of both."""
    base, yours, ours = (data.decode("utf-8", "surrogateescape") for data in (released, found, wanted.data))
    merge = merging.litellm_config(base, yours, ours, wanted.file)
    data, note = None, "your edits are kept"
    if not merge.conflicts:
        data = merge.text.encode("utf-8", "surrogateescape")
    elif side is not None:
        data = merge.taking(side).encode("utf-8", "surrogateescape")
        note = "where both changed the same, " + ("the new one was taken" if side == "ours" else "yours was kept")
    else:
        path = conflicts.place(layout, wanted.file, found, wanted.data)
        data, note = conflicts.finished(path), f"as you finished it in {path}"
        if data is None:
            raise MergeConflict(wanted.file, merge, path)
    if data == found:
        return Change(wanted.file, "keep", found, wanted.mode, found, "your edits")
    return Change(wanted.file, "merge", data, wanted.mode, found, note)
