"""start, stop, restart: the gateway's process; and having it take what is deployed while it runs.

_verify ─► _swap ─► _finish ─► _start (deploy --start)       start     stop     restart
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli import command_line
from tasks.core.cli.steps import Task, action
from tasks.core.console import console
from tasks.core.deploying import situation
from tasks.core.history import history
from tasks.core.model.errors import GatewayError
from tasks.core.service import health, scripts, state, supervisor

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session
    from tasks.core.model.layout import Layout


def start_task(resolved: Resolved) -> Task:
    """Always looks; starts what does not run."""
    return {"actions": [(start, [resolved])]}


def stop_task(layout: Layout) -> Task:
    """Always looks; stops what runs."""
    return {"actions": [(stop, [layout])]}


def restart_task(resolved: Resolved) -> Task:
    """Stops what runs, and starts."""
    return {"actions": [(restart, [resolved])]}


def swap_task(resolved: Resolved, session: Session) -> Task:
    """Within a deployment, before it is final: what runs takes what was deployed, or all of it is undone."""
    return {
        "actions": [(swap, [resolved, session])],
        "task_dep": ["_verify"],
        "uptodate": [lambda: not session.is_open and not state.is_behind(resolved.layout)],
    }


def deployed_task(resolved: Resolved) -> Task:
    """At the end of a deployment: what does not run is started."""
    before = ["_finish"]
    if situation.has_to_install_litellm(resolved):
        before.append("_litellm")
    return {"actions": [(start, [resolved])], "task_dep": before}


@action
def start(resolved: Resolved) -> None:
    """Start the gateway unless it runs; ask a model that costs nothing, if one is deployed."""
    with scripts.name_port_owner(resolved.layout):
        scripts.start(resolved.layout)
    hear(resolved)


@action
def stop(layout: Layout) -> None:
    """Stop the gateway."""
    scripts.stop(layout)


@action
def restart(resolved: Resolved) -> None:
    """Stop the gateway and start it, once what is to be served is known to be good."""
    with scripts.name_port_owner(resolved.layout):
        supervisor.renew(resolved.layout, history.current(resolved.layout))
    hear(resolved)


@action
def swap(resolved: Resolved, session: Session) -> None:
    """Let the running gateway take what stands; nothing when none runs."""
    layout = resolved.layout
    try:
        supervisor.take_over(layout, history.current(layout), session)
    except GatewayError as error:
        error.remedy = f"{error.remedy} {kept(resolved)}".strip()
        raise


def kept(resolved: Resolved) -> str:
    """That what was chosen outlives a deployment that is undone; "" where nothing was."""
    if shown := ", ".join(command_line.format_options(resolved.request.typed)):
        return f"What you chose ({shown}) is remembered for the next deployment; say it anew to choose otherwise."
    return ""


def hear(resolved: Resolved) -> None:
    """Show what a model says that costs nothing, if one is deployed."""
    running = state.State(resolved.layout, history.current(resolved.layout))
    for line in health.hear(running, resolved.context.catalogue.models):
        console.tell(line)
