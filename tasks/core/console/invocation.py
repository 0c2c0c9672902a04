"""Commands of this project, run as a person would type them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from doit import get_initial_workdir

from tasks.core.model.errors import UsageError
from tasks.core.model.layout import PROJECT

if TYPE_CHECKING:
    from tasks.core.model.layout import Layout

LAUNCH = PROJECT / "tasks" / "core" / "frame" / "launch.py"


def command(*words: str) -> list[str]:
    """`doit WORDS` with this Python on this project, as our own entry starts it in any folder."""
    return [sys.executable, "-I", str(LAUNCH), *words]


def run(*words: str) -> int:
    """Run `doit WORDS` on our own terminal: its exit code."""
    sys.stdout.flush()
    return subprocess.run(command(*words), check=False).returncode


def said(*words: str) -> str:
    """What `doit WORDS` prints, plain and 100 columns wide, whatever it comes to."""
    environ = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100"}
    done = subprocess.run(
        command(*words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environ,
        check=False,
    )
    return done.stdout.decode("utf-8", "replace")


OPTION = {
    "name": "folder",
    "long": "dir",
    "type": str,
    "metavar": "FOLDER",
    "default": "",
    "help": "the folder in which claude is started (default: this one)",
}


def named(text: str, layout: Layout) -> Path:
    """The folder that *text* names, as an absolute path; UsageError when that is none.

    With nothing named it is where the command was typed; where one project alone is joined, that project.
    """
    if not text and layout.joined:
        return layout.joined.parents[1].resolve()
    typed = get_initial_workdir() or Path.cwd()
    path = Path(typed, Path(text).expanduser()).resolve()
    if not path.is_dir():
        raise UsageError("--dir names no folder", "Give the folder in which you start claude.", where=str(path))
    return path
