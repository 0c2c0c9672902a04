"""What every command of doit gets from us: our parser, our memory, and errors in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from doit import reporter as reporters
from doit.cmdparse import CmdParseError
from doit.dependency import DatabaseException, DbmDB, JsonDB
from doit.exceptions import (
    InvalidCommand,
    InvalidDodoFile,
    InvalidTask,
)

from tasks.core.cli import command_line
from tasks.core.console import console
from tasks.core.frame import ending, exits
from tasks.core.frame.memory import Content, Memory, Unusable

if TYPE_CHECKING:
    from collections.abc import Sequence

BY_CONTENT = "md5"
"""The name in doit of the check that looks at content; it is the default."""

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

    is_strict: ClassVar[bool] = False
    """Whether a name that is no step is refused, though nothing is to be run."""

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
            # Behind a step that is to run, options are those of the step.
            self._cmdparser.is_whole = not self.execute_tasks  # type: ignore[attr-defined]
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

    def get_checker_cls(self, check_file_uptodate: Any) -> Any:  # noqa: ANN401 - doit's
        """What tells whether a file has changed: by content, in the way that is always right."""
        if check_file_uptodate != BY_CONTENT:
            return super().get_checker_cls(check_file_uptodate)  # type: ignore[misc]
        return Content

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
        except (Unusable, DatabaseException) as error:
            console.say(str(error), "fail")
            return exits.FAILED
        except (
            CmdParseError,
            InvalidDodoFile,
            InvalidCommand,
            InvalidTask,
        ) as error:
            return refuse(error, [task.name for task in self.task_list])
        except Exception as error:  # noqa: BLE001 - doit would show a traceback, and end with 3
            return ending.report(error)


def refuse(error: Exception, names: Sequence[str] = ()) -> int:
    """Report wrong usage, where there are steps of these *names*; return the exit code."""
    word = getattr(error, "not_found", None)
    console.say(
        command_line.no_step(word, names) if word else str(error),
        "fail",
    )
    return exits.WRONG_USAGE
