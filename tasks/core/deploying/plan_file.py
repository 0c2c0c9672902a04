"""A saved plan: sealed with a key of this checkout, and with a digest of everything that it was worked out from.

A template, file, setting or value that moved shows, and nobody can try values against the file: the key stays here.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit import get_initial_workdir

from tasks.core.disk import files
from tasks.core.model.errors import Conflict, InvalidInput
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.core.model.layout import Layout

VERSION = 1
DIGITS = 16
"""Of a digest in hex: enough that nothing moves unseen."""

CHOICES = "the remembered choices"
"""The input that a deployment itself writes first."""

AGAIN = "Make it anew: doit plan --out FILE"


def place(text: str) -> Path:
    """A path as it was typed, from where it was typed."""
    return Path(get_initial_workdir() or ".", Path(text).expanduser())


def key_of(layout: Layout) -> bytes:
    """The key of this checkout; while none is stored, one for this process. Writes nothing."""
    return files.read(layout.plan_key) or os.urandom(32)


def store_key(layout: Layout) -> bytes:
    """As key_of(), and from here on it is stored."""
    key = key_of(layout)
    files.write(layout.plan_key, key, 0o600)
    return key


def digest(key: bytes, data: bytes | None) -> str:
    """Tells *data* from other data; None, no data at all, is "-"."""
    import hmac

    return "-" if data is None else hmac.new(key, data, "sha256").hexdigest()[:DIGITS]


def save(path: Path, plan: Mapping[str, Any], key: bytes) -> None:
    """Write *plan* with its seal (0600); Conflict when something that is no saved plan has that name."""
    standing = files.read(path)
    if standing is not None and "seal" not in _parsed(standing, path):
        raise Conflict("exists, and is no saved plan", "Choose another name.", where=str(path))
    files.write(path, documents.dump_json({**plan, "seal": _seal(plan, key)}), 0o600)


def load(path: Path, key: bytes) -> dict[str, Any]:
    """A saved plan; InvalidInput when it is none, Conflict when it was made elsewhere or changed since."""
    data = files.read(path)
    plan = _parsed(data or b"", path)
    if plan.get("version") != VERSION or "seal" not in plan:
        problem = "is not there" if data is None else "is no saved plan of this version"
        raise InvalidInput(problem, AGAIN, where=str(path))
    if plan.pop("seal") != _seal(plan, key):
        raise Conflict("was not made by this checkout, or was changed since", AGAIN, where=str(path))
    return plan


def moved(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What is not as it was when the plan *before* was made; *now* is the same plan made anew."""
    old, new = before["inputs"], now["inputs"]
    names = [name for name in dict.fromkeys([*old, *new]) if old.get(name) != new.get(name)]
    yield from names
    if not names and _result(before) != _result(now):
        yield "what this checkout makes of all that"


def stated(path: Path) -> bytes | None:
    """The content of a file with its mode; None when there is none."""
    data = files.read(path)
    return None if data is None else b"%o\n" % (files.mode_of(path) or 0) + data


def without(data: bytes | None, made: Iterable[str]) -> bytes | None:
    """*data* with each secret of *made*, which is made anew every time, as one and the same mark."""
    for secret in made if data is not None else ():
        data = data and data.replace(secret.encode(), b"[made for this gateway]")
    return data


def _result(plan: Mapping[str, Any]) -> object:
    """What would stand, as digests."""
    stands = [(each["file"], each["action"], each["mode"], each["digest"]) for each in plan["files"]]
    return stands, plan["settings"]["action"], plan["settings"]["digest"]


def _seal(plan: Mapping[str, Any], key: bytes) -> str:
    return digest(key, json.dumps(plan, sort_keys=True).encode())


def _parsed(data: bytes, path: Path) -> dict[str, Any]:
    try:
        found = documents.parse_json(data, str(path))
    except InvalidInput:
        return {}
    return found if isinstance(found, dict) else {}
