"""Drift: per deployed file and per key of settings.json, whether it is still what we left there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.model.edits import REMOVE
from tasks.model.errors import GatewayError
from tasks.model.ledger import Ledger, fingerprint, same
from tasks.tools import files, joining, jsonedit, standing
from tasks.tools.fingerprint import digest_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.model.layout import Layout
    from tasks.model.release import Manifest, Standing
    from tasks.tools.jsonedit import Document


@dataclass(frozen=True)
class Drift:
    """One file or key: *state* is clean, changed, foreign (by another tool), missing, mode, unreadable."""

    name: str
    state: str


def of(layout: Layout, manifest: Manifest, *, foreign: bool = False) -> list[Drift]:
    """Every deployed file, then every key that we own; *foreign*: another tool is known to write the settings."""
    there = standing.of(layout, (), manifest).items()
    return [
        *(Drift(name, _file(each, manifest.modes.get(name))) for name, each in there),
        *keys(layout, foreign=foreign),
    ]


def keys(layout: Layout, *, foreign: bool) -> Iterator[Drift]:
    """Every key of settings.json that is ours."""
    where = layout.settings.name
    try:
        ledger = joining.ledger_of(layout)
        found = jsonedit.parse(files.read(files.real_target(layout.settings)) or jsonedit.NEW_FILE, where)
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
