"""What is found in the gateway's folder, beside what we last left there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.core.claude import ledger_file
from tasks.core.claude.ledger import Ledger, fingerprint, same
from tasks.core.disk import files, fingerprints
from tasks.core.disk.fingerprints import digest_key
from tasks.core.history import history
from tasks.core.merge import conflicts
from tasks.core.merge import merge as merge_merge
from tasks.core.merge.conflicts import MergeConflict
from tasks.core.model.errors import GatewayError
from tasks.core.model.release import PROGRAMS, Change, Manifest, Standing, Wanted
from tasks.core.text import json_edit
from tasks.core.text.json_edit import REMOVE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.core.console.summary import Summary
    from tasks.core.merge.result import Side
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest
    from tasks.core.text.json_edit import Document


def find_files(layout: Layout, names: Iterable[str], manifest: Manifest | None) -> dict[str, Standing]:
    """What stands of the files *names*, and of those of the manifest that are not among them."""
    recorded = manifest.files if manifest else {}
    return {name: _one(layout, name, manifest) for name in dict.fromkeys([*names, *recorded])}


def digest(layout: Layout, name: str, data: bytes) -> str:
    """The fingerprint that the manifest records: keyed for .env, which holds secrets."""
    keyed = name == layout.env_file.name
    return fingerprints.keyed(fingerprints.digest_key(layout), data) if keyed else files.digest(data)


def _one(layout: Layout, name: str, manifest: Manifest | None) -> Standing:
    path = layout.gateway / name
    found = files.read(path)
    return Standing(
        found=found,
        mode=files.mode_of(path),
        released=history.released(layout, manifest.revision, name) if manifest else None,
        left=manifest.files.get(name) if manifest else None,
        digest=None if found is None or manifest is None else digest(layout, name, found),
    )


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
    merge = merge_merge.litellm_config(base, yours, ours, wanted.file)
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


@dataclass(frozen=True)
class Drift:
    """One file or key: *state* is clean, changed, foreign (by another tool), missing, mode, unreadable."""

    name: str
    state: str


def find_drift(layout: Layout, manifest: Manifest, *, foreign: bool = False) -> list[Drift]:
    """Every deployed file, then every key that we own; *foreign*: another tool is known to write the settings."""
    there = find_files(layout, (), manifest).items()
    return [
        *(Drift(name, _file(each, manifest.modes.get(name))) for name, each in there),
        *keys(layout, foreign=foreign),
    ]


def keys(layout: Layout, *, foreign: bool) -> Iterator[Drift]:
    """Every key of settings.json that is ours."""
    where = layout.settings.name
    try:
        ledger = ledger_file.read(layout)
        found = json_edit.parse(files.read(files.real_target(layout.settings)) or json_edit.NEW_FILE, where)
    except GatewayError:
        yield Drift(where, "unreadable")
        return
    key = digest_key(layout)
    for path in ledger.owned if ledger else ():
        state = _key(ledger, found, path, key)
        yield Drift(f"{where} {'.'.join(path)}", "foreign" if foreign and state == "changed" else state)


def _file(there: Standing, mode: str | None) -> str:
    if there.found is None:
        return "missing"
    if there.edited:
        return "changed"
    return "clean" if mode is None or f"{there.mode:04o}" == mode else "mode"


def _key(ledger: Ledger | None, found: Document, path: tuple[str, ...], key: bytes) -> str:
    assert ledger is not None
    value = REMOVE if found.raw(path) is None else found.value(path)
    if same(ledger.owned[path].fingerprint, fingerprint(key, path, value)):
        return "clean"
    return "missing" if value is REMOVE else "changed"
