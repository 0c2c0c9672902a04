"""metadata.json beside the backups: name, time, size, digest and content of each.

It may be lost or damaged; then it is made anew from what the backups say themselves. Only an encrypted backup needs it,
to be checked without its pass phrase.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from tasks.tools import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE = "metadata.json"
TEXTS = ("filename", "created_at", "sha256")


def known(directory: Path) -> dict[str, dict[str, Any]]:
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
