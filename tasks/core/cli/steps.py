"""Actions of steps: our own errors are failures that a person can mend, anything else is a bug with a traceback."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

from doit.exceptions import TaskFailed

from tasks.core.console import console
from tasks.core.model import errors
from tasks.core.model.errors import GatewayError

P = ParamSpec("P")
Task = Mapping[str, Any]
"""A task as doit takes it: a dictionary of actions, dependencies and targets."""


def text_option(
    name: str,
    metavar: str,
    says: str,
    default: str | None = "",
) -> dict[str, Any]:
    """An option with a value, which help calls *metavar*."""
    return {
        "name": name,
        "long": name.replace("_", "-"),
        "type": str,
        "default": default,
        "metavar": metavar,
        "help": says,
    }


def flag_option(
    name: str,
    says: str,
    short: str = "",
) -> dict[str, Any]:
    """An option that is given, or not."""
    return {
        "name": name,
        "long": name.replace("_", "-"),
        "short": short,
        "type": bool,
        "default": False,
        "help": says,
    }


JSON = {"name": "as_json", "long": "json", "type": bool, "default": False, "help": "one JSON document"}
"""The option of every command that shows something."""

EXIT_CODE = {"name": "exit_code", "long": "exit-code", "type": bool, "default": False, "help": "exit 2 on changes"}


def make_flag(name: str, text: str, **more: str) -> dict[str, Any]:
    """The option --NAME, which is on or off; *text* is its help."""
    return {"name": name, "long": name, "type": bool, "default": False, "help": text, **more}


WORDS = {"name": "words", "type": list, "default": [], "help": "what the command is about"}
"""Beside pos_arg: options may stand behind the words too (see core.cli.command_line)."""


class Failure(TaskFailed):  # type: ignore[misc]
    """A failed step, with the exit code that says which kind of failure it was."""

    def __init__(self, error: GatewayError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code
        self.document = as_document(error)


def action(function: Callable[P, object]) -> Callable[P, Failure | None]:
    """Let *function* be a doit action: a GatewayError fails the step, and whatever it returns is never stored.

    Called with as_json it leaves a document in any case: of what it shows, or of the error.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> Failure | None:
        try:
            function(*args, **kwargs)
        except GatewayError as error:
            return _failed(error, as_json=bool(kwargs.get("as_json")))
        except OSError as error:  # a full disk, a missing right: the system's word, no bug of ours
            return _failed(errors.from_system(error), as_json=bool(kwargs.get("as_json")))
        return None

    return run


def _failed(error: GatewayError, *, as_json: bool) -> Failure:
    """The failure of a step; for a program the error is the document, unless there has been one already."""
    if as_json and not error.told:
        console.document({"error": as_document(error)})
    return Failure(error)


def as_document(error: GatewayError) -> dict[str, Any]:
    """An error as JSON values (templates/schemas/error.schema.json)."""
    problem, *details = error.problem.split("\n")
    return {
        "problem": problem,
        "details": [line.strip() for line in details],
        "where": error.where,
        "remedy": error.remedy,
        "exit_code": error.exit_code,
    }


@action
def fail(error: GatewayError) -> None:
    """The action of a step that cannot even be planned."""
    raise error
