"""The report: what stands and how it is, gathered from what our own commands say and from files; not redacted yet."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

from tasks.core.console import console, invocation
from tasks.core.disk import files
from tasks.core.model.layout import PACKAGE
from tasks.core.model.project import read_version
from tasks.core.secrets import hide
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tasks.core.model.layout import Layout

LINES = 60
"""So many of the last lines of a log."""

LONGEST = 400
"""Characters of a line of a log that are kept."""

FENCE = "~~~~~~"

Section = tuple[str, str]
"""A heading and a text below it."""


def sections(layout: Layout, place: Path) -> Iterator[Section]:
    """Everything that tells what is wrong; *place* is the folder in which claude is started."""
    yield "Versions", "\n".join(versions(layout))
    yield "doit status", invocation.said("status")
    yield "doit doctor", invocation.said("doctor", "--dir", str(place))
    yield "doit explain", invocation.said("explain", "--dir", str(place))
    config = files.read(layout.config)
    yield layout.config.name, "" if config is None else hide.hide_text(config).decode("utf-8", "replace")
    yield layout.env_file.name, "\n".join(_names(layout.env_file))
    yield f"{layout.log.name}, the end", "\n".join(tail(layout.log))
    yield f"{layout.deployment_log.name}, the end", "\n".join(tail(layout.deployment_log))


def versions(layout: Layout) -> Iterator[str]:
    """What runs here."""
    from importlib.metadata import version

    yield f"{PACKAGE}      {read_version(layout.project)}"
    yield f"doit          {version('doit')}"
    yield f"Python        {platform.python_version()} ({platform.python_implementation()})"
    yield f"system        {platform.system()} {platform.release()} {platform.machine()}"
    yield f"encoding      {sys.getfilesystemencoding()}"


def _names(path: Path) -> Iterator[str]:
    """The variables of a .env, with nothing of their values."""
    text = (files.read(path) or b"").decode("utf-8", "replace")
    yield from (f"{name}={'[set]' if value else ''}" for name, value in env_file.parse(text).items())
    yield from (f"{name}: not read alike by everybody, line {line}" for name, line in env_file.doubtful(text).items())


def tail(path: Path) -> list[str]:
    """The last lines of a log, each cut where it is too long."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 4 * LINES * LONGEST))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return [line[:LONGEST] + ("…" if len(line) > LONGEST else "") for line in text.splitlines()[-LINES:]]


def markdown(parts: Iterable[Section], time: str) -> str:
    """The report as a page; nothing in a part can end its block."""
    blocks = [f"## {title}\n\n{FENCE}\n{_inside(text)}\n{FENCE}" for title, text in parts if text.strip()]
    return "\n\n".join([f"# Gateway report of {time}", *blocks]) + "\n"


def _inside(text: str) -> str:
    return console.printable(text.rstrip("\n")).replace(FENCE, FENCE[:3])
