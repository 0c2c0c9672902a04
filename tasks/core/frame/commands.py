"""doit with our commands: sealed against the folder it is started in, and with our sentences.

No configuration file, no plugin and no entry point is looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from doit import reporter as reporters
from doit.cmd_help import Help as DoitHelp
from doit.cmd_list import List as DoitList
from doit.cmd_run import Run as DoitRun
from doit.cmdparse import CmdParseError
from doit.dependency import DbmDB, JsonDB
from doit.doit_cmd import DoitMain, reset_vars
from doit.exceptions import (
    InvalidCommand,
    InvalidDodoFile,
    InvalidTask,
)
from doit.plugin import PluginDict

from tasks.core.cli import command_line
from tasks.core.console import console
from tasks.core.frame.loader import Loader
from tasks.core.frame.memory import Memory, NeededMemory, Unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILED = 1
WRONG_USAGE = 3

CHANGES_MEMORY = ("forget", "ignore", "reset-dep")
"""The commands that do nothing else."""

REPORTERS = {
    "console": reporters.ConsoleReporter,
    "executed-only": reporters.ExecutedOnlyReporter,
    "json": reporters.JsonReporter,
    "zero": reporters.ZeroReporter,
    "error-only": reporters.ErrorOnlyReporter,
}


class Sealed:
    """A mixin for commands of doit: our parser and memory, no plugins, errors in one sentence."""

    wants: ClassVar[str] = "all"
    """Which tasks are to be made: all; or those that are named, with what they lead to."""

    memory: ClassVar[type] = Memory
    """What remembers which steps are up to date."""

    task_list: Sequence[Any] = ()
    _cmdparser: Any

    @property
    def cmdparser(self) -> command_line.CommandOptions:
        """The options of the command."""
        if not self._cmdparser:
            options = self.get_options()  # type: ignore[attr-defined]
            self._cmdparser = command_line.CommandOptions(options)
        return self._cmdparser  # type: ignore[no-any-return]

    def get_backends(self) -> dict[str, type]:
        """The kinds of memory: ours, and what doit brings."""
        found = {
            "dbm": DbmDB,
            "json": JsonDB,
            "sqlite3": self.memory,
        }
        if "backend" in self.cmdparser:
            self.cmdparser["backend"].choices = dict.fromkeys(found, "")
        return found

    def get_reporters(self) -> dict[str, type]:
        """The reporters that doit brings."""
        if "reporter" in self.cmdparser:
            choices = {name: kind.desc for name, kind in REPORTERS.items()}
            self.cmdparser["reporter"].choices = choices
        return REPORTERS

    def parse_execute(self, in_args: Sequence[str]) -> int | None:
        """Run the command; what was typed wrongly is one sentence and exit 3."""
        try:
            return super().parse_execute(in_args)  # type: ignore[misc, no-any-return]
        except Unusable as error:
            console.say(str(error), "fail")
            return FAILED
        except (
            CmdParseError,
            InvalidDodoFile,
            InvalidCommand,
            InvalidTask,
        ) as error:
            return refuse(error, [task.name for task in self.task_list])


def refuse(error: Exception, names: Sequence[str] = ()) -> int:
    """Report wrong usage, where there are steps of these *names*; return the exit code."""
    word = getattr(error, "not_found", None)
    console.say(
        command_line.no_step(word, names) if word else str(error),
        "fail",
    )
    return WRONG_USAGE


class Run(Sealed, DoitRun):  # type: ignore[misc]
    """Runs what is named, of which no more is made than it leads to."""

    name = "run"
    wants = "named"


class List(Sealed, DoitList):  # type: ignore[misc]
    """Lists the steps; the bare list needs only names and lines of help."""

    name = "list"

    def execute(self, params: Any, args: list[str]) -> int:  # noqa: ANN401 - doit's
        """List them; the bare list needs neither a task nor the memory."""
        if args or params["subtasks"] or params["status"] or params["list_deps"]:
            return int(super().execute(params, args) or 0)
        self.loader.setup(params)
        params.update_defaults(self.loader.settings)
        self.task_list = self.loader.list_names()
        shown = {name: params[name] for name in ("quiet", "private", "template", "sort")}
        return int(self._execute(**shown))


class Help(Sealed, DoitHelp):  # type: ignore[misc]
    """Shows help: for all, a command or a step."""

    name = "help"
    wants = "named"


def seal(command: Any) -> Any:  # noqa: ANN401 - a class of doit
    """*command* of doit as ours: by its own class here, or with the mixin alone."""
    name = command.get_name()
    if name in OURS:
        return OURS[name]
    memory = NeededMemory if name in CHANGES_MEMORY else Memory
    return type(command.__name__, (Sealed, command), {"name": name, "memory": memory})


OURS = {"help": Help, "run": Run, "list": List}


class Front(DoitMain):  # type: ignore[misc]
    """doit, as this project starts it."""

    BIN_NAME = "doit"
    # Without dumpdb, which reads another kind of database.
    DOIT_CMDS: ClassVar[tuple[Any, ...]] = tuple(
        seal(command) for command in DoitMain.DOIT_CMDS if command.get_name() != "dumpdb"
    )

    def __init__(self) -> None:
        super().__init__(Loader(), config_filenames=())

    @property
    def exit_code(self) -> int:
        """That of the step that failed first, where it says more than doit's own; else 0."""
        return int(self.task_loader.exit_code)

    def conclude(self, code: int) -> None:
        """Where the command ended with an error *code*, say what it has left."""
        if code and self.task_loader.reporter is not None:
            self.task_loader.reporter.conclude()

    def load(self) -> list[Any]:
        """All tasks, for who only wants to look at them."""
        command_line.take(())
        loader: Loader = self.task_loader
        loader.setup({})
        loader.make(loader.creators)
        return loader.list_tasks()

    def get_cmds(self) -> PluginDict:
        """The commands, and no others."""
        found = PluginDict()
        for command in self.DOIT_CMDS:
            found[command.get_name()] = command
        return found

    def process_args(self, cmd_args: Sequence[str]) -> list[str]:
        """The words as they are: doit would take those with `=` in them away."""
        reset_vars()
        return list(cmd_args)

    def run(self, all_args: Sequence[str]) -> int:
        """Run the command: its exit code."""
        try:
            line = command_line.take(all_args)
        except InvalidCommand as error:
            return refuse(error)
        words = list(line.words)
        if words[:1] == ["-h"]:
            words[0] = "--help"
        if name := command_line.named_for_help(line.words):
            words = ["help", name]
            command_line.take(words)
            self.task_loader.is_strict = True
        return int(super().run(words) or 0)
