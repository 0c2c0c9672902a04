"""use: switch to a profile, which is a deployment like any other, of what that profile chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.cli import command_line
from tasks.core.deploying.options import resolve_options
from tasks.core.model.choices import Flags
from tasks.core.model.errors import UsageError, list_known
from tasks.core.profiles import named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasks.core.cli.steps import Task
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.deploying.this_run import Run
    from tasks.core.history.session import Session
    from tasks.core.model.layout import Layout

Options = list[dict[str, Any]]


def task(
    run: Run,
    session: Session,
    deploy: Callable[[Resolved, Session], Task],
    options: Options,
) -> Task:
    """`doit use NAME`: the steps of *deploy*, whose *options* that are of one run may be given."""
    flags = [each for each in options if each["name"] in Flags._fields]
    known: dict[str, Any] = {"params": flags, "pos_arg": "names"}
    words = command_line.behind("use")
    if words is None:  # another command: these steps are not needed
        return {"actions": [], **known}
    given, names = command_line.parsed(words, flags)
    run.begin(resolve_options({**given, "profile": chosen(run.layout, names)}))
    return {**run.one(deploy, session), **known}


def chosen(layout: Layout, names: Sequence[str]) -> str:
    """The one profile that was named; doit ends with a sentence when it is none of those that there are."""
    if len(names) != 1:
        there = list_known(named.names(layout), "There are none yet: doit deploy --profile NAME")
        raise command_line.refused(f"name the one profile to switch to: doit use NAME\n  {there}")
    try:
        named.read(layout, names[0])
    except UsageError as error:
        raise command_line.refused(error) from None
    return names[0]
