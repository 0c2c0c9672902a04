"""build/, doit's workshop: it may be emptied or damaged at any time, and is simply made anew."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from doit import get_initial_workdir
from doit.cmd_base import NamespaceTaskLoader
from doit.cmdparse import CmdParse, TaskParse

from tasks.core.cli import command_line
from tasks.core.console import console
from tasks.core.model.layout import PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

BUILD = PROJECT / "build"
DATABASE = BUILD / "doit.db"
SQLITE = b"SQLite format 3\0"
LOAD = NamespaceTaskLoader.load_tasks
"""doit's own way to load the tasks."""


def prepare() -> None:
    """See that the folder is there, private, and that doit's memory can be read: without it every step runs once."""
    BUILD.mkdir(mode=0o700, exist_ok=True)
    if DATABASE.is_file() and DATABASE.stat().st_size and not _readable():
        DATABASE.unlink()
        console.warn(f"{DATABASE} was damaged; doit starts with an empty memory, so every step is looked at once")
    TaskParse.parse_only = _read
    NamespaceTaskLoader.load_tasks = _load
    if get_initial_workdir():  # this is doit's process: `doit list | head -1` ends quietly, until Reporter takes over
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _read(self: Any, words: Sequence[str], params: Any = None) -> tuple[Any, list[str]]:  # noqa: ANN401 - doit's
    """The options of a step, in our way; where there is no word that module is spared."""
    return command_line.parse_only(self, words, params) if words else CmdParse.parse_only(self, words, params)


def _load(self: Any, cmd: Any, pos_args: list[str]) -> Any:  # noqa: ANN401 - doit's
    """The tasks, for the words of the command line as they were typed; doit reads the options from this same list."""
    if not cmd.execute_tasks:
        return LOAD(self, cmd, pos_args)
    pos_args[:] = command_line.whole(pos_args)
    if name := command_line.wanted(pos_args):
        command_line.show(cmd, name, lambda words: LOAD(self, cmd, words))
    tasks = LOAD(self, cmd, pos_args)
    command_line.check(pos_args, tasks)
    return tasks


def _readable() -> bool:
    with DATABASE.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE
