"""Revisions: what was rendered, what then stood, and why; the manifest that stands says which one is current."""

from __future__ import annotations

import contextlib
import functools
import getpass
import shutil
import time
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.console import console
from tasks.core.disk import files, recovery_copy, store
from tasks.core.disk.targets import is_gone
from tasks.core.model.errors import FIX, GatewayError, InvalidInput, NewerVersion
from tasks.core.model.release import Manifest, Revision
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tasks.core.model.layout import Layout

KEPT = 50
"""So many revisions are kept; they are a few kilobytes each and hold no secret."""

RECORD = "revision.json"

RELEASED = "released"
"""In the folder of a revision: the files as they were rendered."""

DAMAGED = ".damaged"
"""The ending under which a manifest that cannot be read is kept."""

PREPARED = ".prepared"
"""The ending of the folder of a revision that is not true yet: its transaction is not committed."""


def folder(layout: Layout, number: int) -> Path:
    """Where revision *number* is kept."""
    kept = layout.history / f"{number:04}"
    return kept if kept.exists() else kept.with_suffix(PREPARED)


class Known(NamedTuple):
    """What is deployed, and how that is known.

    *problem*: what is wrong with the manifest. *source*: what says the same in its place.
    """

    manifest: Manifest | None
    problem: str = ""
    source: str = ""


def installed(layout: Layout) -> Manifest | None:
    """What is deployed; None when nothing is. Where the manifest is lost, what says the same.

    InvalidInput when nothing does, or when a newer version wrote it.
    """
    known = look(layout)
    if known.problem:
        _report(layout, known)
    return known.manifest


def look(layout: Layout) -> Known:
    """As installed(), without a word; NewerVersion when a newer version wrote the manifest."""
    problem = "is missing"
    try:
        standing = _standing(layout)
        if standing is not None:
            return Known(standing)
    except NewerVersion:
        raise
    except InvalidInput as error:
        problem = error.problem
    manifest, source = _recall(layout)
    if manifest is None and not layout.manifest.exists():
        return Known(None)
    return Known(manifest, problem, source)


def mend(layout: Layout) -> None:
    """Write the manifest again, if it is lost; a damaged one is kept beside it. Hold the lock.

    Not where its folder is gone: what deploys there writes it.
    """
    known = look(layout)
    if known.manifest is None or not known.source:
        return
    data = files.read(layout.manifest)
    if data is None and not numbers(layout):
        return
    beside = ""
    if data is not None:
        copy = files.keep_copy(layout.manifest, data, 0o600, DAMAGED)
        beside = f"; the damaged one is {copy}"
    files.write(layout.manifest, documents.dump_json(known.manifest.to_json()), 0o600)
    console.warn(f"{layout.manifest} was written again, as {known.source} has it{beside}")


def _newest(layout: Layout) -> Revision | None:
    """The newest revision; None when there is none, or its record is damaged."""
    known = numbers(layout)
    if not known:
        return None
    try:
        return revision(layout, known[-1])
    except NewerVersion:
        raise
    except InvalidInput:
        return None


def _standing(layout: Layout) -> Manifest | None:
    data, where = files.read(layout.manifest), str(layout.manifest)
    return None if data is None else _parse_manifest(where, data)


@functools.lru_cache(maxsize=4)
def _parse_manifest(path: str, data: bytes) -> Manifest:
    """The manifest in a file, which a command asks for several times."""
    return Manifest.from_json(documents.parse_json(data, path), path)


def _recall(layout: Layout) -> tuple[Manifest | None, str]:
    """What says what is deployed where the manifest does not, and where it says so: the newer of two."""
    newest, copied = _newest(layout), _copied(layout)
    # The copy goes with the commit of a removal: while it is there, none was committed.
    if copied is None and find_removal(layout):
        return None, ""
    if copied and (newest is None or copied.revision > newest.number):
        return copied, f"its copy, {layout.recovery_copy}"
    if newest is None or not _is_there(layout, newest.manifest):
        return None, ""
    return newest.manifest, f"revision {newest.number} of the history"


def _copied(layout: Layout) -> Manifest | None:
    """The second copy of the manifest, where something of that deployment is left."""
    copy = recovery_copy.read(layout)
    if copy is None or copy.manifest is None:
        return None
    try:
        manifest = Manifest.from_json(copy.manifest, str(layout.recovery_copy))
    except NewerVersion:
        raise
    except InvalidInput:
        return None
    return manifest if _is_there(layout, manifest) else None


def _is_there(layout: Layout, manifest: Manifest) -> bool:
    """Whether something is left of what *manifest* describes: a file, or its address in settings.json."""
    if any((layout.gateway / name).exists() for name in manifest.files):
        return True
    if not manifest.files:
        return False
    joined = layout.of_scope(manifest.choices.get("scope"))
    try:
        settings = files.read(files.real_target(joined.settings)) or b""
    except (GatewayError, OSError):
        return False  # what edits it says what is wrong with it
    return manifest.gateway_url.encode() in settings


def _report(layout: Layout, known: Known) -> None:
    """Say what counts instead of the manifest, once in a process; InvalidInput where nothing does."""
    if known.manifest is None:
        raise InvalidInput(
            f"{known.problem}, and nothing else says what is deployed",
            FIX,
            where=str(layout.manifest),
        )
    if layout.manifest in _warned:
        return
    _warned.add(layout.manifest)
    if is_gone(layout.gateway):
        console.warn(f"{layout.gateway} is gone; {known.source}, says what was deployed there")
    else:
        console.warn(f"{layout.manifest}: {known.problem}; {known.source}, counts instead")


_warned: set[Path] = set()


def current(layout: Layout) -> Manifest:
    """The manifest that stands; GatewayError when nothing of ours does."""
    manifest = installed(layout)
    if manifest is None:
        raise nothing(layout)
    return manifest


def recorded(layout: Layout, manifest: Manifest) -> Revision | None:
    """The revision that *manifest* is of; None when it cannot be read.

    What it says of itself was written with it, and counts where both disagree.
    """
    try:
        return revision(layout, manifest.revision)
    except (InvalidInput, OSError):
        return None


def nothing(layout: Layout) -> GatewayError:
    """The error for a folder without a deployment."""
    from tasks.core.history import our_form

    address = our_form.find_address(layout)
    if address:
        return GatewayError(
            f"points Claude Code at {address}, but the gateway in {layout.gateway} is gone",
            f"{FIX}, then deploy again; or take these settings out: doit uninstall",
            where=str(layout.settings),
        )
    return GatewayError("nothing is deployed here", "Deploy first: doit deploy", where=str(layout.gateway))


def released(layout: Layout, number: int, file: str) -> bytes | None:
    """What revision *number* rendered for *file*, before anybody's edits were merged in."""
    return files.read(folder(layout, number) / RELEASED / file)


def read_released(layout: Layout, number: int) -> dict[str, bytes]:
    """Everything that revision *number* rendered, as far as it is kept."""
    place = folder(layout, number) / "released"
    if not place.is_dir():
        return {}
    return {path.name: path.read_bytes() for path in place.iterdir()}


def stood(layout: Layout, number: int) -> dict[str, bytes]:
    """The files of revision *number* as they then stood; those with secrets are not kept."""
    kept = [path for path in sorted(folder(layout, number).iterdir()) if path.is_file() and path.name != RECORD]
    return {path.name: path.read_bytes() for path in kept}


def readable(layout: Layout, chosen: Iterable[int]) -> list[Revision]:
    """Those of the revisions *chosen* that can be read; the others are named in a warning."""
    found = []
    for number in chosen:
        try:
            found.append(revision(layout, number))
        except InvalidInput as error:
            console.warn(f"{error.where}: {error.problem}; revision {number} is left out")
    return found


def prepare(layout: Layout, revision: Revision, rendered: Mapping[str, bytes], stand: Mapping[str, bytes]) -> None:
    """Write down *revision*, on the disk before a manifest names it.

    settle() keeps it once it is true.
    """
    place = layout.history / f"{revision.number:04}{PREPARED}"
    released = place / RELEASED
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


def find_true(layout: Layout) -> int | None:
    """The number of the revision that is true: what is deployed, or what has just removed that."""
    manifest = installed(layout)
    if manifest is None:
        return find_removal(layout)
    return manifest.revision


def find_removal(layout: Layout) -> int | None:
    """The number of a revision that removed everything and is only prepared.

    It is true once the manifest is gone: its command died before it could settle that.
    """
    for place in layout.history.glob(f"*{PREPARED}"):
        with contextlib.suppress(InvalidInput, ValueError):
            number = int(place.stem)
            if not revision(layout, number).manifest.files:
                return number
    return None


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
    return _parse_record(str(path), files.read(path) or b"null")


@functools.lru_cache(maxsize=4)
def _parse_record(path: str, data: bytes) -> Revision:
    """The revision in a record, which a command asks for several times."""
    return Revision.from_json(documents.parse_json(data, path), path)
