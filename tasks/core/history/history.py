"""Revisions: what was rendered, what then stood, and why; the manifest that stands says which one is current."""

from __future__ import annotations

import contextlib
import getpass
import shutil
import time
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.disk import files, store
from tasks.core.model.errors import GatewayError, InvalidInput
from tasks.core.model.release import Manifest, OtherVersion, Revision
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasks.core.model.layout import Layout

KEPT = 50
"""So many revisions are kept; they are a few kilobytes each and hold no secret."""

RECORD = "revision.json"

DAMAGED = ".damaged"
"""The ending under which a manifest that cannot be read is kept."""

PREPARED = ".prepared"
"""The ending of the folder of a revision that is not true yet: its transaction is not committed."""


def folder(layout: Layout, number: int) -> Path:
    """Where revision *number* is kept."""
    kept = layout.history / f"{number:04}"
    return kept if kept.exists() else kept.with_suffix(PREPARED)


def installed(layout: Layout) -> Manifest | None:
    """The manifest that stands; None when nothing of ours does. For a damaged one the history answers, with a warning.

    InvalidInput when that does not know either, or when it is of another version of this project.
    """
    try:
        return _standing(layout)
    except OtherVersion:
        raise
    except InvalidInput as error:
        return _recalled(layout, error)


def damaged(layout: Layout) -> bool:
    """Whether a manifest stands there that cannot be read, and that of the last revision can take its place."""
    try:
        _standing(layout)
    except OtherVersion:
        return False
    except InvalidInput:
        return last(layout) is not None
    return False


def mend(layout: Layout) -> None:
    """Put that of the last revision in the place of a damaged manifest, which is kept beside it; hold the lock."""
    data, kept = files.read(layout.manifest), last(layout) if damaged(layout) else None
    if data is not None and kept is not None:
        copy = files.keep_copy(layout.manifest, data, 0o600, DAMAGED)
        files.write(layout.manifest, documents.dump_json(kept.to_json()), 0o600)
        console.warn(f"{layout.manifest} was made anew as revision {kept.revision} left it; the damaged one is {copy}")


def last(layout: Layout) -> Manifest | None:
    """The manifest of the newest revision; None when there is none, it is damaged too, or nothing stood after it."""
    try:
        newest = revision(layout, numbers(layout)[-1])
    except (InvalidInput, IndexError):
        return None
    return newest.manifest if newest.manifest.files else None


def _standing(layout: Layout) -> Manifest | None:
    data, where = files.read(layout.manifest), str(layout.manifest)
    return None if data is None else Manifest.from_json(documents.parse_json(data, where), where)


def _recalled(layout: Layout, error: InvalidInput) -> Manifest:
    """What stands as the last revision tells it; the first time in a process with a warning."""
    kept = last(layout)
    if kept is None:
        remedy = "Move it away and deploy again: doit deploy --preset NAME; the files beside it are yours then."
        raise InvalidInput(f"{error.problem}, and no revision tells what stood", remedy, where=error.where) from None
    if layout.manifest not in _warned:
        _warned.add(layout.manifest)
        console.warn(f"{error.where}: {error.problem}; revision {kept.revision} of the history counts instead")
    return kept


_warned: set[Path] = set()


def current(layout: Layout) -> Manifest:
    """The manifest that stands; GatewayError when nothing of ours does."""
    manifest = installed(layout)
    if manifest is None:
        raise nothing(layout)
    return manifest


def nothing(layout: Layout) -> GatewayError:
    """The error for a folder without a deployment."""
    return GatewayError("nothing is deployed here", "Deploy first: doit deploy", where=str(layout.gateway))


def released(layout: Layout, number: int, file: str) -> bytes | None:
    """What revision *number* rendered for *file*, before anybody's edits were merged in."""
    return files.read(folder(layout, number) / "released" / file)


def stood(layout: Layout, number: int) -> dict[str, bytes]:
    """The files of revision *number* as they then stood; those with secrets are not kept."""
    kept = [path for path in sorted(folder(layout, number).iterdir()) if path.is_file() and path.name != RECORD]
    return {path.name: path.read_bytes() for path in kept}


def prepare(layout: Layout, revision: Revision, rendered: Mapping[str, bytes], stand: Mapping[str, bytes]) -> None:
    """Write down *revision*, on the disk before a manifest names it.

    settle() keeps it once it is true.
    """
    place = layout.history / f"{revision.number:04}{PREPARED}"
    released = place / "released"
    record = {RECORD: documents.dump_json(revision.to_json())}
    with store.blame(layout.history):
        files.make_private_dir(layout.history)
        for made in (place, released):
            made.mkdir(mode=0o700)
        # The folder has no name of its own yet, so its files need no temporary ones.
        for name, data in rendered.items():
            store.create(released / name, data, 0o600)
        for name, data in {**stand, **record}.items():
            store.create(place / name, data, 0o600)
        for made in (released, place, layout.history):
            store.sync_directory(made)


def settle(layout: Layout, true: int | None) -> None:
    """Keep the prepared revision that became *true*, drop any other, and those beyond the newest KEPT."""
    for place in layout.history.glob(f"*{PREPARED}"):
        if place.stem == f"{true or 0:04}":
            place.rename(place.with_suffix(""))
            store.sync_directory(layout.history)
        else:
            shutil.rmtree(place)
    for old in numbers(layout)[:-KEPT]:
        shutil.rmtree(folder(layout, old))
    with contextlib.suppress(OSError):
        layout.history.rmdir()


def numbers(layout: Layout) -> list[int]:
    """The revisions that were true, oldest first."""
    if not layout.history.is_dir():
        return []
    names = [path.parent.name for path in layout.history.glob(f"*/{RECORD}")]
    return sorted(int(name) for name in names if name.isascii() and name.isdecimal())


def stamp(layout: Layout, manifest: Manifest, backup: Path | None) -> Manifest:
    """*manifest* as the next revision: by whom, when; *backup*: the archive that was made for it."""
    now = time.gmtime()
    backup_path = None
    if backup is not None:
        backup_path = str(backup)
    return manifest._replace(
        deployment_id=time.strftime("dep-%Y%m%d-%H%M%S", now),
        timestamp=time.strftime("%Y-%m-%dT%H:%M:%SZ", now),
        deployed_by=getpass.getuser(),
        backup_path=backup_path,
        revision=next_number(layout),
    )


def next_number(layout: Layout) -> int:
    """The number of the next revision: they count up for as long as the history is kept."""
    manifest = installed(layout)
    return max([manifest.revision if manifest else 0, *numbers(layout)]) + 1


def revision(layout: Layout, number: int) -> Revision:
    """Revision *number*; InvalidInput when its record is damaged or gone."""
    path = folder(layout, number) / RECORD
    return Revision.from_json(documents.parse_json(files.read(path) or b"null", str(path)), str(path))
