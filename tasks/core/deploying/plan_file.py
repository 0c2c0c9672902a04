"""A saved plan.

It is sealed with a key of this checkout, and has a digest of all that it was worked out from:
a template, file, setting or value that changed since shows. The key stays here, so that the values
cannot be guessed from the file.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit import get_initial_workdir

from tasks.core.disk import files
from tasks.core.model.errors import Conflict, InvalidInput, UsageError
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.core.model.layout import Layout

VERSION = 1
DIGITS = 16
"""Of a digest in hex: enough that every change shows."""

AGAIN = "Make it again: doit plan --out FILE"

MARK = b"[made for this gateway]"
"""What is in place of a secret that is another one each time."""


def place(text: str) -> Path:
    """A path as it was typed, from where it was typed."""
    return Path(get_initial_workdir() or ".", Path(text).expanduser())


KEY_SIZE = 32
"""Bytes; what is shorter could be guessed, and was not made here."""


def key_of(layout: Layout) -> bytes:
    """The key of this checkout; while none is stored, one for this process. Writes nothing."""
    found = files.read(layout.plan_key)
    if found is None or len(found) != KEY_SIZE:
        return os.urandom(KEY_SIZE)
    return found


def store_key(layout: Layout) -> bytes:
    """As key_of(), and from here on it is stored."""
    key = key_of(layout)
    files.write(layout.plan_key, key, 0o600)
    return key


def digest(key: bytes, data: bytes | None) -> str:
    """Tells *data* from other data; None, no data at all, is "-"."""
    import hmac

    if data is None:
        return "-"
    return hmac.new(key, data, "sha256").hexdigest()[:DIGITS]


def save(
    path: Path,
    plan: Mapping[str, Any],
    key: bytes,
) -> None:
    """Write *plan* with its seal (0600); Conflict when another kind of file has that name."""
    existing = files.read(path)
    if existing is not None and "seal" not in _parse(existing, path):
        problem = "exists, and is no saved plan"
        raise Conflict(problem, "Choose another name.", where=str(path))
    sealed = {**plan, "seal": _seal(plan, key)}
    files.write(path, documents.dump_json(sealed), 0o600)


def load(path: Path, key: bytes) -> dict[str, Any]:
    """A saved plan; UsageError when there is none, InvalidInput or Conflict for another file."""
    data = files.read(path)
    if data is None:
        raise UsageError("is not there", AGAIN, where=str(path))
    plan = _parse(data, path)
    if plan.get("version") != VERSION or "seal" not in plan:
        problem = "is no saved plan of this version"
        raise InvalidInput(problem, AGAIN, where=str(path))
    seal = plan.pop("seal")
    if seal != _seal(plan, key):
        problem = "was not made by this installation, or was changed since"
        raise Conflict(problem, AGAIN, where=str(path))
    return plan


def moved(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What has changed since the plan *before* was made; *now* is the same plan, made again."""
    old, new = before["inputs"], now["inputs"]
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    yield from names
    if not names and _result(before) != _result(now):
        yield "what this installation makes of all that"


def stated(path: Path) -> bytes | None:
    """The content of a file with its mode; None when there is none."""
    data = files.read(path)
    if data is None:
        return None
    mode = files.mode_of(path) or 0
    return b"%o\n" % mode + data


def without(data: bytes | None, made: Iterable[str]) -> bytes | None:
    """*data* with MARK in place of each secret of *made*."""
    if data is None:
        return None
    for secret in made:
        data = data.replace(secret.encode(), MARK)
    return data


def _result(plan: Mapping[str, Any]) -> object:
    """What is deployed after it, as digests."""
    files_after = [
        (
            entry["file"],
            entry["action"],
            entry["mode"],
            entry["digest"],
        )
        for entry in plan["files"]
    ]
    settings = plan["settings"]
    return files_after, settings["action"], settings["digest"]


def _seal(plan: Mapping[str, Any], key: bytes) -> str:
    text = json.dumps(plan, sort_keys=True)
    return digest(key, text.encode())


def _parse(data: bytes, path: Path) -> dict[str, Any]:
    """The document in *data*; an empty one when it has none."""
    try:
        document = documents.parse_json(data, str(path))
    except InvalidInput:
        return {}
    if not isinstance(document, dict):
        return {}
    return document
