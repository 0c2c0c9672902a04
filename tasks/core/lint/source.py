"""The file that `doit lint` looks at, read with care, and what stands around it: .env, included files, who asks it."""

from __future__ import annotations

import json
import stat
import time
from typing import TYPE_CHECKING, Any

from tasks.core.lint.config import Around
from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import DEFAULT_PORT
from tasks.core.text import documents
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasks.core.model.layout import Layout

TIERS = {
    "main": "ANTHROPIC_MODEL",
    "opus": "ANTHROPIC_DEFAULT_OPUS_MODEL",
    "sonnet": "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "haiku": "ANTHROPIC_DEFAULT_HAIKU_MODEL",
}
"""Per tier: the variable in Claude Code's settings that names its model."""

_WORDS = frozenset({"default", "best", "opus", "sonnet", "haiku", "fable", "opusplan"})
"""What Claude Code takes for a tier instead of a name."""

MOST_INCLUDED = 50


def read(path: Path, shown: str) -> str:
    """The text of a file; InvalidInput in one sentence when it is none, or too large."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable("is not a regular file", shown)
        if status.st_size > documents.MAX_BYTES:
            raise _unreadable(f"is larger than {documents.MAX_BYTES // 1024**2} MiB", shown)
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "has a name that no file can have"
        raise _unreadable(f"cannot be read: {problem}", shown) from None
    if b"\0" in data:
        raise _unreadable("is a binary file", shown)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable("is not UTF-8 text", shown) from None


def _unreadable(problem: str, shown: str) -> InvalidInput:
    return InvalidInput(problem, "Give a UTF-8 text file that you may read.", where=shown)


def today() -> str:
    """The day, as models' ends are written."""
    return time.strftime("%Y-%m-%d")


def around(path: Path, data: Any, layout: Layout, environ: Mapping[str, str]) -> Around:  # noqa: ANN401 - as it was read
    """What is known beside the file at *path*, which holds *data*."""
    deployed = _same(path, layout.config)
    values = {**_variables(path.parent / ".env"), **environ}
    included, missing = _included(path, data)
    tiers = _tiers(layout) if deployed else {}
    joined = deployed or _same(path.parent, layout.release)
    return Around(today(), values, tiers, included, missing, _port(layout, deployed=joined), joined)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve()
    except (OSError, RuntimeError):
        return False


def _variables(path: Path) -> dict[str, str]:
    """The variables of a .env; none when it is none that can be read."""
    try:
        return env_file.parse(read(path, path.name))
    except InvalidInput:
        return {}


def _included(path: Path, data: Any) -> tuple[frozenset[str] | None, tuple[str, ...]]:  # noqa: ANN401
    """The names that included files serve (None: not all can be known), and the files that are missing."""
    listed = data.get("include") if isinstance(data, dict) else None
    names, missing, whole = set(), [], True
    for name in (listed if isinstance(listed, list) else [])[:MOST_INCLUDED]:
        other = path.parent / str(name)
        if not other.is_file():
            missing.append(str(name))
            continue
        try:
            inner = documents.parse_document(read(other, str(name)), str(name)).data
        except InvalidInput:
            inner = None
        entries = inner.get("model_list") if isinstance(inner, dict) else None
        whole = whole and isinstance(inner, dict) and "include" not in inner
        names |= {str(each.get("model_name")) for each in entries or () if isinstance(each, dict)}
    return (frozenset(names) if whole else None), tuple(missing)


def _tiers(layout: Layout) -> dict[str, str]:
    """The names that Claude Code asks for, as its settings have them."""
    environment_of_claude = _settings(layout).get("env")
    found = environment_of_claude if isinstance(environment_of_claude, dict) else {}
    names = {tier: str(found.get(variable) or "").removesuffix("[1m]") for tier, variable in TIERS.items()}
    return {tier: name for tier, name in names.items() if name and name not in _WORDS}


def _settings(layout: Layout) -> dict[str, Any]:
    try:
        found = json.loads(read(layout.settings, layout.settings.name))
    except (InvalidInput, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _port(layout: Layout, *, deployed: bool) -> int:
    """Where this gateway listens, as far as can be told."""
    found = _settings(layout).get("env") if deployed else None
    address = str(found.get("ANTHROPIC_BASE_URL", "")) if isinstance(found, dict) else ""
    port = address.rstrip("/").rpartition(":")[2]
    return int(port) if port.isascii() and port.isdecimal() and len(port) <= len("65535") else DEFAULT_PORT
