"""Tasks that are made on demand: of what the command line does not ask for, only the name and the line of help are.

doit calls every task creator on every start. Most of a start would then be reading modules of steps that do not run.
"""

from __future__ import annotations

import functools
import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from doit import get_initial_workdir, task_params
from doit.doit_cmd import DoitMain

from tasks.core.cli import command_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Creator = Callable[..., Any]
    Options = Callable[[], list[dict[str, Any]]]

LIST = "list"
"""The command of doit that wants no more than names and lines of help, as long as it has no options."""

known: set[str] = set()
"""The names of all tasks that are made on demand."""


def on_demand(*goals: str, default: bool = False, options: Options | None = None) -> Callable[[Creator], Creator]:
    """Decorates a task creator: its task is made when it is asked for, or one of *goals* is, which lead to it.

    *default*: also when the command line names no task. *options*: what doit is to read for the creator itself.
    """

    def decorate(creator: Creator) -> Creator:
        name = creator.__name__.removeprefix("task_")
        known.add(name)

        @functools.wraps(creator)
        def create(**given: Any) -> Any:  # noqa: ANN401 - a task, or an iterator of them
            wanted = asked_for(name, *goals) or (default and not asked_for(LIST, *known))
            return creator(**given) if wanted else {"actions": [(_not_made, [name])]}

        return task_params(options())(create) if options and asked_for(name) else create

    return decorate


def asked_for(*names: str) -> bool:
    """Whether the command line asks for one of these tasks: by its name, a pattern, or the name of a subtask."""
    words = _words()
    if words is None:
        return True
    return any(word == name or fnmatchcase(name, word.partition(":")[0]) for word in words for name in names)


@functools.cache
def _words() -> Sequence[str] | None:
    """The words that may name tasks; None when every task is wanted, since doit is to do more than run some."""
    if not get_initial_workdir():
        return None  # somebody else reads dodo.py
    words = [word for word in command_line.own_words(sys.argv[1:]) if not word.startswith("--file=")]
    others = {each.get_name() for each in DoitMain.DOIT_CMDS} - {"run"}
    first = next((word for word in words if not word.startswith("-")), "")
    if "/" in first or (others.intersection(words) and words != [LIST]):
        return None  # a target, whose task is not known yet; or doit's own business with tasks
    return words


def _not_made(name: str) -> None:
    raise RuntimeError(f"{name} is to run, and was not made: dodo.py does not say that what was typed leads to it")
