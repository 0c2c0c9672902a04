"""The folder that a command is about: the one named with --dir, else the one in which it was typed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from doit import get_initial_workdir

from tasks.model.errors import UsageError

if TYPE_CHECKING:
    from tasks.model.layout import Layout

OPTION = {
    "name": "folder",
    "long": "dir",
    "type": str,
    "default": "",
    "help": "the folder in which claude is started (default: this one)",
}


def named(text: str, layout: Layout) -> Path:
    """The folder that *text* names, as an absolute path; UsageError when that is none.

    With nothing named it is where the command was typed; where one project alone is joined, that project.
    """
    if not text and layout.joined:
        return layout.joined.parents[1].resolve()
    path = Path(get_initial_workdir(), Path(text).expanduser()).resolve()
    if not path.is_dir():
        raise UsageError("--dir names no folder", "Give the folder in which you start claude.", where=str(path))
    return path
