"""Backups of the gateway's directory: made, verified, listed, read back, rotated.

A backup gets its name only when what is on the disk has been read back and found right; the caller holds the lock.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.console.console import printable
from tasks.core.disk import files
from tasks.core.history import archive_file, history, tar_format
from tasks.core.model.catalogue import NOTHING
from tasks.core.model.errors import GatewayError, InvalidInput
from tasks.core.model.release import PROGRAMS
from tasks.core.secrets import encryption

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tasks.core.history.tar_format import Member
    from tasks.core.model.secret import Secret


OURS = re.compile(r"gateway-backup-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)(?:-(\d{1,6}))?\.tar\.gz(?:\.age)?", re.ASCII)
STAMP = re.compile(r"\d{8}-\d{6}", re.ASCII)
TIME = re.compile(r"[0-9T:.+Z -]{1,40}", re.ASCII)
SEALED = ".age"


class Archive(NamedTuple):
    """One backup as it stands: *size* in bytes, *problems* empty when it can be restored, *fresh* when just made."""

    path: Path
    created_at: str
    size: int = 0
    problems: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    secrets: bool = False
    facts: Mapping[str, Any] = NOTHING
    sha256: str = ""
    fresh: bool = False
    edited: tuple[str, ...] = ()
    """Its programs that are not what was deployed; a rollback refuses those."""

    @property
    def valid(self) -> bool:
        """Whether it was verified: every file is in it as it was written."""
        return not self.problems

    @property
    def encrypted(self) -> bool:
        """Whether it needs a pass phrase."""
        return self.path.name.endswith(SEALED)


def create(
    directory: Path,
    sources: Mapping[str, Path],
    *,
    stamp: str,
    facts: Mapping[str, object],
    passphrase: Secret | None = None,
    plain_secrets: bool = False,
) -> Archive:
    """A verified backup of *sources* (name in the backup → file) in *directory*, 0600, named after *stamp*.

    The newest backup is returned instead (not fresh) when it is good and holds the same: being interrupted again and
    again must not rotate older ones away. facts["secrets"] says that secrets are among the sources; they are encrypted
    with *passphrase*, or refused unless *plain_secrets*. GatewayError leaves nothing behind.
    """
    if not STAMP.fullmatch(stamp):
        raise ValueError(f"no stamp: {stamp}")
    if facts.get("secrets") and not passphrase and not plain_secrets:
        raise GatewayError(
            "a backup with secrets is encrypted, and there is no pass phrase",
            "Give a pass phrase, or make the backup without secrets.",
        )
    members = {name: archive_file.member(path) for name, path in sources.items()}
    standing = listing(directory)
    newest = _unchanged(standing, members, passphrase)
    if newest:
        _remember(directory, [newest, *standing[1:]])
        return newest
    made = _made(directory / f"gateway-backup-{stamp}", members, facts, passphrase)
    _remember(directory, [made, *standing])
    return made


def listing(directory: Path) -> list[Archive]:
    """The backups in *directory*, each one verified, newest first; files that do not look like ours are left out."""
    known = read_index(directory)
    return [_look(path, known.get(path.name), None)[0] for path in _ours(directory)]


def verify(path: Path, passphrase: Secret | None = None) -> list[str]:
    """What is wrong with a backup, as sentences; an empty list when every file can be restored from it."""
    return list(_look(path, read_index(path.parent).get(path.name), passphrase)[0].problems)


def read(path: Path, passphrase: Secret | None = None) -> dict[str, Member]:
    """The files of a backup, by name; InvalidInput names the backup and what is wrong with it."""
    return _opened(path, archive_file.load(path), passphrase)[0]


def rotate(directory: Path, keep: int = 5, protect: Collection[str] = ()) -> list[Path]:
    """Remove backups beyond the newest *keep* good ones; what was removed.

    Damaged ones neither count nor go (something may still be saved from them); nor do names in *protect*: put the one
    just made there, a clock that was set back makes it look old. At least one good backup always stays.
    """
    standing = listing(directory)
    good = [archive.path for archive in standing if archive.valid]
    surplus = [path for path in good[max(keep, 1) :] if path.name not in protect]
    try:
        for path in surplus:
            path.unlink(missing_ok=True)
        if surplus:
            _remember(directory, [archive for archive in standing if archive.path not in surplus])
    except OSError as error:
        raise GatewayError(f"an old backup could not be removed ({error.strerror})", where=str(directory)) from None
    return surplus


def space_warning(directory: Path, needed_bytes: int) -> str | None:
    """A sentence when the disk of *directory* (which need not exist yet) has less than *needed_bytes* left."""
    place = next((path for path in (directory, *directory.parents) if path.is_dir()), None)
    if place is None:
        return None
    numbers = os.statvfs(place)
    free = numbers.f_bavail * numbers.f_frsize
    if free >= needed_bytes:
        return None
    return (
        f"{archive_file.amount(free)} free on the disk of {directory}, about {archive_file.amount(needed_bytes)} needed"
    )


def _ours(directory: Path) -> list[Path]:
    """Regular files with names of ours, newest first."""
    try:
        entries = [entry for entry in os.scandir(directory) if entry.is_file(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise GatewayError(f"cannot be listed ({error.strerror})", where=str(directory)) from None
    return sorted((Path(entry) for entry in entries if OURS.fullmatch(entry.name)), key=_age_of, reverse=True)


def _age_of(path: Path) -> tuple[str, int, str]:
    """What orders backups by their names: the stamp, then the number behind it."""
    match = OURS.fullmatch(path.name)
    return ("".join(match.groups()[:6]), int(match[7] or 1), path.name) if match else ("", 0, path.name)


def _unchanged(standing: list[Archive], members: Mapping[str, Member], passphrase: Secret | None) -> Archive | None:
    """The newest backup when it is good, of the same kind (encrypted or not), and has exactly these files."""
    if not standing or standing[0].encrypted != bool(passphrase):
        return None
    newest, content = _look(standing[0].path, _entry(standing[0]) if standing[0].valid else None, passphrase)
    return newest if newest.valid and standing[0].sha256 == newest.sha256 and content == members else None


def _made(stem: Path, members: Mapping[str, Member], facts: Mapping[str, object], passphrase: Secret | None) -> Archive:
    """A new backup of *members*; it is on the disk, whole, when this returns."""
    packed = tar_format.pack(members, facts)
    data = encryption.seal(packed, passphrase) if passphrase else packed
    ending = ".tar.gz" + SEALED * bool(passphrase)
    _opened(stem.with_name(stem.name + ending), data, passphrase)  # what cannot be read must not get a name
    path = archive_file.store(stem, ending, data)
    return _described(Archive(path, ""), members, facts)._replace(size=len(data), sha256=_sha256(data), fresh=True)


def _look(
    path: Path, entry: Mapping[str, Any] | None, passphrase: Secret | None
) -> tuple[Archive, Mapping[str, Member]]:
    """The backup at *path*, opened and compared with what metadata.json has about it, and its files."""
    seen = Archive(path, _created({}, path), secrets=path.name.endswith(SEALED))
    try:
        data = archive_file.load(path)
        seen = seen._replace(size=len(data), sha256=_sha256(data))
        _check_digest(seen, entry)
        if seen.encrypted and not passphrase:
            return _unopened(seen, entry), {}
        members, facts = _opened(path, data, passphrase)
        return _described(seen, members, facts), members
    except InvalidInput as error:
        return seen._replace(problems=(error.problem,)), {}


def _check_digest(seen: Archive, entry: Mapping[str, Any] | None) -> None:
    if entry and entry["sha256"] != seen.sha256:
        raise InvalidInput("refused: it is not as it was when it was made")


def _unopened(seen: Archive, entry: Mapping[str, Any] | None) -> Archive:
    """An encrypted backup of which no pass phrase is at hand: its digest must do."""
    if not entry:
        raise InvalidInput("cannot be checked without its pass phrase")
    return seen._replace(created_at=entry["created_at"], members=tuple(entry["members"]))


def _described(seen: Archive, members: Mapping[str, Member], facts: Mapping[str, Any]) -> Archive:
    return seen._replace(
        created_at=_created(facts, seen.path),
        members=tuple(sorted(members)),
        secrets=bool(facts.get("secrets")),
        facts=facts,
        edited=tuple(_find_edited(members)),
    )


def _find_edited(members: Mapping[str, Member]) -> Iterator[str]:
    """See Archive.edited."""
    record = members.get(history.RECORD)
    if record is None:
        return
    try:
        deployed = dict(json.loads(record.data)["manifest"]["files"])
    except (ValueError, LookupError, TypeError):
        return
    for name, member in members.items():
        if name.endswith(PROGRAMS) and files.digest(member.data) != deployed.get(name):
            yield name


def _created(facts: Mapping[str, Any], path: Path) -> str:
    """When the backup was made, from its facts, else from its name."""
    told = facts.get("created_at")
    if isinstance(told, str) and TIME.fullmatch(told):
        return told
    match = OURS.fullmatch(path.name)
    return "{}-{}-{}T{}:{}:{}".format(*match.groups()) if match else ""


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _opened(path: Path, data: bytes, passphrase: Secret | None) -> tuple[dict[str, Member], dict[str, Any]]:
    where = printable(str(path))
    return tar_format.unpack(encryption.unseal(data, passphrase, where) if path.name.endswith(SEALED) else data, where)


def _remember(directory: Path, archives: Collection[Archive]) -> None:
    """Write metadata.json anew; what it has about a backup that is now damaged stays, to tell that it is."""
    known = read_index(directory)
    entries = [_entry(archive) if archive.valid else known.get(archive.path.name) for archive in archives]
    remember(directory, [entry for entry in entries if entry])


def _entry(archive: Archive) -> dict[str, Any]:
    return {
        "filename": archive.path.name,
        "created_at": archive.created_at,
        "size_bytes": archive.size,
        "sha256": archive.sha256,
        "secrets": archive.secrets,
        "members": list(archive.members),
    }


FILE = "metadata.json"
TEXTS = ("filename", "created_at", "sha256")


def read_index(directory: Path) -> dict[str, dict[str, Any]]:
    """What is remembered about the backups in *directory*, by file name; what has an odd shape is as good as lost."""
    try:
        entries = json.loads((directory / FILE).read_bytes())["archives"]
        return {entry["filename"]: entry for entry in entries if _is_sound(entry)}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def remember(directory: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Write *entries* (as `known` gives them); a full disk is no reason to fail, the backups know it themselves."""
    text = json.dumps({"archives": list(entries)}, indent=2) + "\n"
    with contextlib.suppress(OSError):
        files.write(directory / FILE, text.encode(), 0o600)


def _is_sound(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("members"), list):
        return False
    texts = [*(entry.get(name) for name in TEXTS), *entry["members"]]
    return all(isinstance(text, str) and text.isprintable() for text in texts)
