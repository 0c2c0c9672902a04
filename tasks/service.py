"""start, stop, restart: the gateway's process; and, in a deployment, the proof that it serves.

install, settings ─► _prove ─► _commit ─► _verify ─► _finish ─► _start (with --start)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.console import console
from tasks.core.deploying import proof, situation
from tasks.core.history import history
from tasks.core.service import scripts, strays, supervisor

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session
    from tasks.core.model.layout import Layout


def start_task(resolved: Resolved) -> Task:
    """Always looks; starts what does not run. A question has the terminal for itself."""
    may_ask = situation.lacks_litellm(resolved)
    return {"actions": [(start, [resolved])], "meta": {"quiet": may_ask}}


def stop_task(layout: Layout) -> Task:
    """Always looks; stops what runs."""
    return {"actions": [(stop, [layout])]}


def restart_task(resolved: Resolved) -> Task:
    """Stops what runs, and starts."""
    return {"actions": [(restart, [resolved])]}


def prove_task(resolved: Resolved, session: Session) -> Task:
    """Within a deployment, before Claude Code is connected: the gateway serves it, or it is undone."""
    return {
        "actions": [(prove, [resolved, session])],
        "task_dep": ["install", "settings", "_held"],
        "setup": ["_transaction"],
        "uptodate": [lambda: not proof.is_needed(resolved, session)],
    }


def deployed_task(resolved: Resolved, session: Session) -> Task:
    """At the end of a deployment that starts the gateway: what it says."""
    return {"actions": [(greet, [resolved, session])], "task_dep": ["_finish"]}


@action
def start(resolved: Resolved) -> None:
    """Start the gateway unless it runs; ask a model that costs nothing, if one is deployed."""
    strays.clear(resolved.layout)
    proof.offer_litellm(resolved)
    with scripts.name_port_owner(resolved.layout):
        scripts.start(resolved.layout)
    proof.hear(resolved)


@action
def stop(layout: Layout) -> None:
    """Stop the gateway, and what was left behind of earlier ones."""
    scripts.stop(layout)
    strays.clear(layout)


@action
def restart(resolved: Resolved) -> None:
    """Stop the gateway and start it, once what is to be served is known to be good."""
    strays.clear(resolved.layout)
    with scripts.name_port_owner(resolved.layout):
        supervisor.renew(resolved.layout, history.current(resolved.layout))
    proof.hear(resolved)


@action
def prove(resolved: Resolved, session: Session) -> None:
    """Have the gateway serve what is about to be deployed."""
    proof.prove(resolved, session)


@action
def greet(resolved: Resolved, session: Session) -> None:
    """Show what the gateway said when it was proven; one that ran already is asked now."""
    if session.summary.heard is None:
        scripts.start(resolved.layout)
        proof.hear(resolved)
        return
    for line in session.summary.heard:
        console.tell(line)
