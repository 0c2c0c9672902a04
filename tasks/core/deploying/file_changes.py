"""What is found in the gateway's folder, beside what we last left there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.disk import files, fingerprints
from tasks.core.history import history
from tasks.core.merge import conflicts
from tasks.core.merge import merge as merge_merge
from tasks.core.merge.conflicts import MergeConflict
from tasks.core.model.release import PROGRAMS, Change, Standing, Wanted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tasks.core.console.summary import Summary
    from tasks.core.merge.result import Side
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest


def find_files(layout: Layout, names: Iterable[str], manifest: Manifest | None) -> dict[str, Standing]:
    """What stands of the files *names*, and of those of the manifest that are not among them."""
    if manifest is None:
        return {name: _one(layout, name) for name in names}
    recorded = history.recorded(layout, manifest)
    left = manifest.files
    removed: Mapping[str, tuple[str, ...]] = {}
    if recorded is not None:
        left, removed = recorded.manifest.files, recorded.removed
    found = {}
    released = history.folder(layout, manifest.revision) / history.RELEASED
    for name in dict.fromkeys([*names, *left]):
        found[name] = _one(layout, name)._replace(
            released=files.read(released / name),
            left=left.get(name),
            removed=removed.get(name, ()),
        )
    return found


def find_removed(layout: Layout, manifest: Manifest | None) -> dict[str, tuple[str, ...]]:
    """Per file what the user took out of it, in this deployment or before."""
    recorded = history.recorded(layout, manifest) if manifest else None
    if recorded is None:
        return {}
    found = {}
    for name in {*recorded.how, *recorded.removed}:
        if recorded.how.get(name, "merge") != "merge":
            continue
        before = recorded.removed.get(name, ())
        released = history.released(layout, recorded.number, name)
        there = files.read(layout.gateway / name)
        if there == released and not before:
            continue
        from tasks.core.merge import removed as merge_removed

        labels = merge_removed.carry(before, released, there)
        if labels:
            found[name] = labels
    return found


def digest(layout: Layout, name: str, data: bytes) -> str:
    """The fingerprint that the manifest records: keyed for .env, which holds secrets."""
    keyed = name == layout.env_file.name
    return fingerprints.keyed(fingerprints.digest_key(layout), data) if keyed else files.digest(data)


def _one(layout: Layout, name: str) -> Standing:
    path = layout.gateway / name
    return Standing(files.read(path), files.mode_of(path))


def is_changed(layout: Layout, name: str, there: Standing) -> bool:
    """Whether somebody changed a file since we left it, or it was there before us."""
    if there.found is None or there.found == there.released:
        return False
    return digest(layout, name, there.found) != there.left


def is_edited(layout: Layout, name: str, there: Standing) -> bool:
    """Whether there is anything of the user's in a file: changed since we left it, or merged into what we left."""
    has_secrets = name == layout.env_file.name  # what we rendered is not all that we wrote
    if there.released is None or has_secrets:
        return is_changed(layout, name, there)
    return there.found not in (None, there.released)


YOURS = ".yours"
"""The ending of a file that somebody edited and that had to make room."""


def changes(
    layout: Layout, wanted: Iterable[Wanted], manifest: Manifest | None, side: Side | None = None
) -> list[Change]:
    """What makes the gateway's folder hold *wanted* and nothing else of ours; reads, writes nothing.

    MergeConflict where a user's edit and ours meet, unless *side* decides or somebody finished that file by hand.
    """
    shall = {each.file: each for each in wanted}
    there = find_files(layout, shall, manifest)
    result = [_change(layout, each, there[name], side) for name, each in shall.items()]
    gone = [(name, each) for name, each in there.items() if name not in shall and each.found is not None]
    return result + [leaving(layout, name, each) for name, each in gone]


def free_name(layout: Layout, name: str, content: bytes) -> str:
    """Under which name *content* is kept beside *name*: one that is free, or holds the same already."""
    names = (f"{name}{YOURS}{f'-{number}' if number > 1 else ''}" for number in range(1, 1000))
    return next(each for each in names if files.read(layout.gateway / each) in (None, content))


def leaving(layout: Layout, name: str, there: Standing) -> Change:
    """A file of the last deployment that does not belong to this one: it goes, unless something of the user's is in it.

    What was merged into it counts, although we wrote it.
    """
    if is_edited(layout, name, there):
        return Change(name, "keep", there.found, there.mode or 0, there.found, "not needed any more, but yours")
    return Change(name, "remove", None, there.mode or 0, there.found)


def digests(layout: Layout, planned: Iterable[Change], before: Manifest | None) -> dict[str, str]:
    """What the manifest records of each file that will stand: what we leave there, not what somebody made of it."""
    recorded = history.recorded(layout, before) if before else None
    left: Mapping[str, str] = before.files if before else {}
    if recorded is not None:
        left = recorded.manifest.files
    return {
        each.file: left.get(each.file, "") if each.kind == "keep" else digest(layout, each.file, each.data)
        for each in planned
        if each.data is not None
    }


def tell(planned: Iterable[Change], told: Summary) -> None:
    """Fill the receipt."""
    for change in planned:
        note = f" ({change.note})" if change.note else ""
        lists = {"remove": told.removed, "keep": told.kept, "unchanged": told.unchanged}
        lists.get(change.kind, told.written).append(change.file + note)


def _change(layout: Layout, wanted: Wanted, there: Standing, side: Side | None) -> Change:
    name, mode = wanted.file, wanted.mode
    if there.found is None:
        return Change(name, "create", wanted.data, mode, None)
    # A program is not run while it is another one than was deployed (service.integrity).
    may_differ = wanted.how != "fill" and not name.endswith(PROGRAMS)
    if there.found == wanted.data or (wanted.data == there.released and may_differ):
        return _as_found(wanted, there)
    is_ours = there.found == there.released and not (there.removed and wanted.how == "merge")
    if wanted.how == "fill" or is_ours:
        return Change(name, "update", wanted.data, mode, there.found)
    if wanted.how == "replace" or there.released is None:
        beside = free_name(layout, name, there.found)
        return Change(name, "replace", wanted.data, mode, there.found, f"yours is kept as {beside}", beside)
    from tasks.core.merge import removed as merge_removed

    removed = merge_removed.carry(there.removed, there.released, there.found)
    return _merged(layout, wanted, there, {*removed}.difference(wanted.again), side)


def _as_found(wanted: Wanted, there: Standing) -> Change:
    """The content may stay: ours as it is, or yours since nothing of ours is new."""
    if there.mode != wanted.mode:
        note = f"mode {there.mode:04o} becomes {wanted.mode:04o}"
        return Change(wanted.file, "mode", there.found, wanted.mode, there.found, note)
    kind = "unchanged" if there.found == wanted.data else "keep"
    return Change(wanted.file, kind, there.found, wanted.mode, there.found, "your edits" if kind == "keep" else "")


def _merged(
    layout: Layout,
    wanted: Wanted,
    there: Standing,
    removed: Collection[str],
    side: Side | None,
) -> Change:
    """Both sides changed it: one file with the changes of both."""
    found = there.found or b""
    base, yours, ours = (_text(data) for data in (there.released, found, wanted.data))
    merge = merge_merge.litellm_config(base, yours, ours, wanted.file, removed)
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
    lost = merge_merge.find_lost_comments(base, yours, _text(data))
    return Change(wanted.file, "merge", data, wanted.mode, found, note, lost=tuple(lost))


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "surrogateescape")


def describe_losses(planned: Iterable[Change]) -> Iterator[str]:
    """A sentence for each comment of the user's that goes with what it is about."""
    for change in planned:
        for comment in change.lost:
            from tasks.core.merge import result as merge_result

            shown = merge_result.shown(comment)
            yield f"{change.file}: your comment {shown} is inside of what this removes, and goes with it"
