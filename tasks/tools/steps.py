"""Actions of steps: our own errors are failures that a person can mend, anything else is a bug with a traceback."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

from doit.exceptions import TaskFailed

from tasks.model.errors import GatewayError
from tasks.tools import targets

P = ParamSpec("P")
Task = Mapping[str, Any]
"""A task as doit takes it: a dictionary of actions, dependencies and targets."""


class Failure(TaskFailed):  # type: ignore[misc]
    """A failed step, with the exit code that says which kind of failure it was."""

    def __init__(self, error: GatewayError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code


def action(function: Callable[P, object]) -> Callable[P, Failure | None]:
    """Let *function* be a doit action: a GatewayError fails the step, and whatever it returns is never stored."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> Failure | None:
        try:
            function(*args, **kwargs)
        except GatewayError as error:
            return Failure(error)
        except OSError as error:  # a full disk, a missing right: the system's word, no bug of ours
            return Failure(targets.sentence(error))
        return None

    return run


@action
def fail(error: GatewayError) -> None:
    """The action of a step that cannot even be planned."""
    raise error
