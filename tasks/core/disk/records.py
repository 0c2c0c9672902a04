"""The commit record: one directory entry that decides, after a death, whether the new state or the old one holds.

It holds names and keyed fingerprints, nothing secret, and is believed only when every part is as we write it.
"""

from __future__ import annotations

import json
import os
import re
import signal
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.disk import atomic, files, store
from tasks.core.disk.process_identity import Process
from tasks.core.disk.targets import IDENTIFIER, Targets
from tasks.core.model.catalogue import NOTHING
from tasks.core.model.errors import Conflict, NewerVersion

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ONWARD, UNPROVEN, ENDING = 1, 2, 3
"""Schemas: a record has the oldest one that can say it, so that older versions read what they can.

Onward: of files alone. Unproven: see Record. Ending: processes end once the files are in place.
"""
SCHEMA = ENDING

NAME = re.compile(r"(?!\.\.?$|\.gw-)[A-Za-z0-9._][A-Za-z0-9._-]{0,100}")
"""What a file of the gateway's folder may be called."""

SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGKILL)
"""What a process of the record may get."""

_DIGEST = re.compile(r"hmac-sha256:[0-9a-f]{64}")


class Step(NamedTuple):
    """One file: the name it is staged under, and its fingerprints before and after (None: no file)."""

    staged: str
    old: str | None
    new: str | None

    def inverted(self) -> Step:
        """The step that undoes this one."""
        return Step(self.staged, self.new, self.old)


class Record(NamedTuple):
    """What one transaction does to the gateway's files and to settings.json.

    *is_unproven*: the files are in place for a proof only, so the steps lead back to what was there
    before. *processes* get their signals once the steps were taken: of an unproven one those that
    work with the files meanwhile, else those that the new state does not need.
    """

    id: str
    command: str
    files: Mapping[str, Step] = NOTHING
    settings: Step | None = None
    settings_path: str | None = None
    is_unproven: bool = False
    processes: tuple[Process, ...] = ()


def write(targets: Targets, record: Record) -> None:
    """Make *record* the one that decides, on the disk."""
    data = json.dumps(_plain(record), indent=1).encode()
    with store.blame(targets.gateway):
        files.put(targets.record, data, 0o600)


def read(targets: Targets) -> Record | None:
    """The record of a transaction that did not end; None without one.

    NewerVersion, or Conflict when it is not to be believed.
    """
    found = atomic.look(targets.record)
    if found is None:
        return None
    where = str(targets.record)
    if found.mode & 0o077 or found.info.st_uid != os.geteuid():
        raise Conflict(
            "is not a private file of this user", "Run this as the user who deployed; else move it away.", where=where
        )
    try:
        plain = json.loads(found.data)
        if _is_newer(plain):
            raise NewerVersion(plain["schema"], where=where)
        return _record(plain)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Conflict(
            "is not a record that was written here",
            "Look at the files of this folder, then move the record away.",
            where=where,
        ) from None


def _plain(record: Record) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "schema": _find_schema(record.is_unproven, record.processes),
        "id": record.id,
        "command": record.command,
        "files": {name: step._asdict() for name, step in record.files.items()},
        "settings": record.settings._asdict() if record.settings else None,
        "settings_path": record.settings_path,
    }
    if plain["schema"] != ONWARD:
        plain["is_unproven"] = record.is_unproven
        plain["processes"] = [list(process) for process in record.processes]
    return plain


def _find_schema(is_unproven: bool, processes: Sequence[object]) -> int:
    if is_unproven:
        return UNPROVEN
    if processes:
        return ENDING
    return ONWARD


def _is_newer(plain: dict[str, Any]) -> bool:
    """Whether a newer version wrote *plain*.

    It says so, or it has what this one does not know.
    """
    if plain["schema"] > SCHEMA:
        return True
    known = {"schema", *Record._fields}
    return not known.issuperset(plain)


def _record(plain: dict[str, Any]) -> Record:
    """The record in *plain*; ValueError, KeyError or TypeError when it is anything else."""
    schema, identifier, command = plain.pop("schema"), plain.pop("id"), plain.pop("command")
    files, settings, path = plain.pop("files"), plain.pop("settings"), plain.pop("settings_path")
    is_unproven, processes = plain.pop("is_unproven", False), plain.pop("processes", [])
    _require(is_unproven in (True, False))
    _require(schema == _find_schema(is_unproven, processes))
    _require(not plain and isinstance(command, str))
    _require(IDENTIFIER.fullmatch(identifier) is not None)
    _require(all(NAME.fullmatch(name) for name in files))
    _require((path is None) == (settings is None) and (path is None or isinstance(path, str)))
    return Record(
        identifier,
        command,
        {name: _step(step, identifier, name) for name, step in files.items()},
        _step(settings, identifier, "settings") if settings is not None else None,
        path,
        is_unproven,
        tuple(
            _process(*process)  # of a list of three
            for process in processes
        ),
    )


def _process(pid: int, started: str, number: int) -> Process:
    """A process of the record; number: the signal that it gets."""
    _require(isinstance(pid, int) and pid > 1 and isinstance(started, str))
    _require(number in SIGNALS)
    return Process(pid, started, number)


def _step(plain: dict[str, Any], identifier: str, name: str) -> Step:
    step = Step(plain.pop("staged"), plain.pop("old"), plain.pop("new"))
    _require(not plain)
    _require(re.fullmatch(rf"\.gw-{identifier}-[0-9]{{1,4}}-{re.escape(name)}", step.staged) is not None)
    for digest in (step.old, step.new):
        _require(digest is None or _DIGEST.fullmatch(digest) is not None)
    return step


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError
