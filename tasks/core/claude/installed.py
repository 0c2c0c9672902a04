"""The Claude Code that is installed, and which settings it reads.

Its version is in the path of its program, or in the package that the program is of. The program is
not started: that takes longer than a deployment that has nothing to do.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.disk import files, programs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.core.model.catalogue import Setting

VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")

PACKAGE = "package.json"

DEPTH = 3
"""How far above its program the file of a package can be: @anthropic-ai/claude-code/bin/claude."""

Version = tuple[int, ...]


def find_version() -> Version | None:
    """The version of the Claude Code on PATH; None where there is none, or it is not known."""
    program = programs.find("claude")
    if program is None:
        return None
    path = Path(program).resolve()
    match = VERSION.fullmatch(path.name)
    if match is None:
        match = _find_packaged(path)
    return parse(match[0]) if match else None


def parse(text: str) -> Version:
    """A version as numbers that can be compared."""
    return tuple(int(part) for part in text.split("."))


def select(settings: Iterable[Setting]) -> list[Setting]:
    """Those of *settings* that this Claude Code needs; of an unknown one, those of the newest."""
    wanted = list(settings)
    if not any(setting.since or setting.until for setting in wanted):
        return wanted
    version = find_version()
    return [
        setting
        for setting in wanted
        if _is_for(
            setting,
            version,
        )
    ]


def _is_for(
    setting: Setting,
    version: Version | None,
) -> bool:
    if version is None:
        return setting.until is None
    if setting.since and version < parse(setting.since):
        return False
    return setting.until is None or version < parse(setting.until)


def _find_packaged(program: Path) -> re.Match[str] | None:
    """The version in the package that *program* is of, else in the name of a folder above it."""
    for folder in program.parents[:DEPTH]:
        match = VERSION.fullmatch(folder.name) or VERSION.match(_read_version(folder))
        if match:
            return match
    return None


def _read_version(folder: Path) -> str:
    try:
        package = json.loads(files.read(folder / PACKAGE) or b"{}")
        return str(
            package.get(
                "version",
                "",
            )
        )
    except (OSError, ValueError, AttributeError):
        return ""
