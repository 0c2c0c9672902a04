"""apply: do exactly what a saved plan says, as the deployment that it is; or nothing, because something moved since.

_promised ─► choose ─► … ─► install ─► settings ─► _held ─► _commit ─► …
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.cli import command_line
from tasks.core.cli.steps import Task, action, fail
from tasks.core.deploying import plan, plan_file
from tasks.core.deploying.context import Context
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import resolve
from tasks.core.model.errors import Conflict, GatewayError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.deploying.this_run import Run
    from tasks.core.history.session import Session

OPTIONS: list[dict[str, Any]] = [
    {"name": "yes", "long": "yes", "short": "y", "type": bool, "default": False, "help": "install LiteLLM if needed"},
]


def task(
    run: Run,
    session: Session,
    deploy: Callable[[Resolved, Session], Task],
) -> Task:
    """`doit apply FILE`: the steps of *deploy* with the choices of the plan, once nothing has moved."""
    known: dict[str, Any] = {"params": OPTIONS, "pos_arg": "names"}
    words = command_line.behind("apply")
    if words is None:  # another command: these steps are not needed
        return {"actions": [], **known}
    given, names = command_line.parsed(words, OPTIONS)
    if len(names) != 1:
        raise command_line.refused("name the one saved plan to apply: doit apply FILE; made by: doit plan --out FILE")
    try:
        saved = plan_file.load(plan_file.place(names[0]), plan_file.key_of(run.layout))
        request = Request.of_saved_plan(saved, yes=given["yes"])
        run.begin(resolve(request, Context.of(request.choices)))
        steps = deploy(run.resolved, session)
    except GatewayError as error:
        return {"actions": [(fail, [error])], **known}
    return {**steps, "task_dep": ["_promised", *steps["task_dep"]], **known}


def promised_task(resolved: Resolved) -> Task:
    """Before anything else, when there is a plan to hold to."""
    return {"actions": [(refuse_moved_plan, [resolved])]}


def held_task(resolved: Resolved) -> Task:
    """The same under the lock, before anything is made true."""
    return {"actions": [(refuse_moved_plan, [resolved])], "task_dep": ["install", "settings"]}


@action
def refuse_moved_plan(resolved: Resolved) -> None:
    """Make the plan once more; Conflict naming whatever is not as it was."""
    if resolved.request.saved_plan is None:
        return
    now, _ = plan.make_plan(resolved, plan_file.key_of(resolved.layout))
    if names := [*plan_file.moved(resolved.request.saved_plan, now)]:
        raise Conflict(
            "\n  ".join(["not as it was when the plan was made, so nothing was done:", *names]), plan_file.AGAIN
        )
