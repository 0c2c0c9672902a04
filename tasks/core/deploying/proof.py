"""The gateway serves what is about to be deployed, or all of it is undone.

    files in place ─► a gateway starts, or the running one takes them ─► it answers ─► commit

Claude Code is connected by the commit. Until then a death of this command takes the files back.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.deploying import interview, situation
from tasks.core.history import history
from tasks.core.litellm import litellm
from tasks.core.service import processes, replies, state, strays, supervisor

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session
    from tasks.core.model.layout import Layout


def is_needed(resolved: Resolved, session: Session) -> bool:
    """Whether a gateway of this machine has to serve something new, or to start."""
    layout = resolved.layout
    if not resolved.deployment.gateway.process:
        return False
    if processes.running(layout) is None:
        return resolved.request.flags.start
    return session.is_open or state.is_behind(layout)


def prove(resolved: Resolved, session: Session) -> None:
    """Put the files in place, have the gateway serve them, and ask it; settings.json is as before.

    A GatewayError when it does not.
    """
    layout = resolved.layout
    starts = resolved.request.flags.start
    strays.clear(layout)
    session.place()
    manifest = history.current(layout)
    supervisor.take_over(
        layout,
        manifest,
        session,
        start=starts,
    )
    if starts:
        session.summary.heard = listen(resolved)


def prove_running(layout: Layout, session: Session) -> None:
    """Have a gateway that runs serve what is about to be deployed; nothing where none runs."""
    if processes.running(layout):
        strays.clear(layout)
        session.place()
        supervisor.take_over(layout, history.current(layout), session)


def listen(resolved: Resolved) -> list[str]:
    """What a model says that costs nothing, if one is deployed.

    Unhealthy when it does not answer.
    """
    manifest = history.current(resolved.layout)
    running = state.State(resolved.layout, manifest)
    models = resolved.context.catalogue.models
    return list(replies.hear(running, models))


def hear(resolved: Resolved) -> None:
    """Show what a model says that costs nothing, if one is deployed."""
    for line in listen(resolved):
        console.tell(line)


def offer_litellm(resolved: Resolved) -> None:
    """Where nothing is there to run the gateway with, have it installed if a person wants that."""
    layout = resolved.layout
    is_deployed = layout.start_script.exists()
    can_ask = is_deployed and sys.stdin.isatty()
    if can_ask and situation.lacks_litellm(resolved):
        interview.offer_litellm(layout)
        litellm.install_known_good(layout)
