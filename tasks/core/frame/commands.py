"""doit with our commands: sealed against the folder it is started in, and with our sentences.

No configuration file, no plugin and no entry point is looked for.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any, ClassVar

from doit.cmd_base import DoitCmdBase
from doit.cmd_clean import Clean as DoitClean
from doit.cmd_run import Run as DoitRun
from doit.doit_cmd import DoitMain, reset_vars
from doit.exceptions import InvalidCommand
from doit.plugin import PluginDict

from tasks.core.cli import command_line
from tasks.core.frame import ending, exits
from tasks.core.frame.help_command import Help, find_help, show_version
from tasks.core.frame.listing import List
from tasks.core.frame.loader import Loader
from tasks.core.frame.memory import Memory, NeededMemory
from tasks.core.frame.reporter import Reporter
from tasks.core.frame.sealed import Sealed, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

CHANGES_MEMORY = ("forget", "ignore", "reset-dep")
"""The commands that do nothing else."""

ONE_NAME = ("info",)
"""Those that look at one step, and would fail without a word when there is none of that name."""

OPENS_TRANSACTION = "_transaction"

LAZY = "tasks"
"""The module with the finder that makes imports lazy."""

VERSION = (("--version",), ("-V",), ("version",))
"""What is typed to hear which version this is."""


class Run(Sealed, DoitRun):  # type: ignore[misc]
    """Runs what is named, of which no more is made than it leads to."""

    name = "run"
    wants = "named"

    @functools.wraps(DoitRun._execute)  # noqa: SLF001 - doit reads the names of its arguments
    def _execute(self, **given: Any) -> int:  # noqa: ANN401
        """Run it; -n is heard where the steps share nothing but files.

        A transaction belongs to one process, and its signals to the main thread.
        """
        if given["num_process"] and self.shares_transaction():
            given["num_process"] = 0
        if given["num_process"] and given["par_type"] == "thread":
            load_modules()
        return int(super()._execute(**given))

    def shares_transaction(self) -> bool:
        """Whether what was named leads to the steps of a transaction."""
        tasks = {task.name: task for task in self.task_list}
        todo = list(self.sel_tasks or tasks)
        seen: set[str] = set()
        while todo:
            name = todo.pop()
            task = tasks.get(name)
            # What is no name is a target or a pattern, of which no step of ours opens one.
            if task is None or name in seen:
                continue
            seen.add(name)
            todo += task.task_dep
            todo += task.setup_tasks
        return OPENS_TRANSACTION in seen


def load_modules() -> None:
    """Execute our modules that are imported, and import the others as usual.

    With the lazy loader of Python 3.11 a second thread may see a module that the first one is
    still executing.
    """
    for finder in list(sys.meta_path):
        if getattr(finder, "__module__", "") == LAZY:
            sys.meta_path.remove(finder)
    for name, module in list(sys.modules.items()):
        if name.startswith("tasks."):
            getattr(module, "__doc__")  # noqa: B009 - any attribute has it executed


class Clean(Sealed, DoitClean):  # type: ignore[misc]
    """Removes what steps made below build/."""

    name = "clean"
    doc_description = "If no task is named, clean all."

    @functools.wraps(DoitClean._execute)  # noqa: SLF001
    def _execute(self, **given: Any) -> None:  # noqa: ANN401
        """Clean what is named. Nothing else would be cleaned for `status`, our default."""
        if not given["pos_args"]:
            given["cleanall"] = True
        super()._execute(**given)


class DumpDB(Sealed, DoitCmdBase):  # type: ignore[misc]
    """Shows what is remembered of each step; doit's own reads another kind of database."""

    name = "dumpdb"
    doc_purpose = "show what is remembered of each task"
    doc_usage = ""
    doc_description = None

    def _execute(self) -> None:
        import pprint

        memory = self.dep_manager.backend
        if not isinstance(memory, Memory):
            message = "dumpdb reads sqlite3, the kind that is used here"
            raise InvalidCommand(message)
        for name, record in memory.list_records():
            shown = pprint.pformat(record, indent=4)
            line = f"{name} -> {shown}\n"
            self.outstream.write(line)


def seal(command: Any) -> Any:  # noqa: ANN401 - a class of doit
    """*command* of doit as ours: by its own class here, or with the mixin alone."""
    name = command.get_name()
    if name in OURS:
        return OURS[name]
    memory = NeededMemory if name in CHANGES_MEMORY else Memory
    own = {
        "name": name,
        "memory": memory,
        "is_strict": name in ONE_NAME,
    }
    return type(command.__name__, (Sealed, command), own)


OURS = {kind.name: kind for kind in (Help, Run, List, Clean, DumpDB)}


class Front(DoitMain):  # type: ignore[misc]
    """doit, as this project starts it."""

    BIN_NAME = "doit"
    DOIT_CMDS: ClassVar[tuple[Any, ...]] = tuple(map(seal, DoitMain.DOIT_CMDS))

    def __init__(self) -> None:
        super().__init__(Loader(), config_filenames=())

    def settle(self, code: int) -> int:
        """The exit code of the command, which ended with *code*.

        Whatever was begun is undone by then, or it is said that it is not.
        """
        reporter = self.task_loader.reporter
        if not isinstance(reporter, Reporter):
            return code
        try:
            reporter.session.close()
        except Exception as error:  # noqa: BLE001 - the last chance to undo
            code = ending.report(error)
        if reporter.session.is_unsettled:
            code = exits.UNDETERMINED
        elif code not in exits.SIGNALLED:
            # doit's own codes are coarser: 1 for what failed, 2 for what could not run.
            code = reporter.exit_code or code
        if code:
            reporter.conclude()
        return code

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
        if line.words in VERSION:
            show_version()
            return 0
        words = find_help(line.words)
        if words:
            command_line.take(words)
            self.task_loader.is_strict = True
        return int(super().run(words or line.words) or 0)
