"""litellm: install the pinned LiteLLM into the gateway's own environment; --upgrade: in place of an older one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.console import console
from tasks.core.deploying import prerequisites, situation
from tasks.core.frame.uptodate import holds
from tasks.core.litellm import litellm
from tasks.core.service import upgrade as service_upgrade

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session


UPGRADE = {
    "name": "upgrade",
    "long": "upgrade",
    "type": bool,
    "default": False,
    "help": "put the pinned one in place of an older one: tried first, and back again if it does not serve",
}


def task(resolved: Resolved) -> Task:
    """Up to date while the environment holds, whole, what requirements/litellm.txt says."""
    return {
        "actions": [(install, [resolved])],
        "params": [UPGRADE],
        "uptodate": [holds(lambda: litellm.is_installed(resolved.layout))],
    }


def deployed_task(resolved: Resolved, session: Session) -> Task:
    """The same within a deployment that starts the gateway: before anything else is changed."""
    return {
        "actions": [(install_first, [resolved, session])],
        "task_dep": ["validate"],
        "setup": ["_transaction"],
        "uptodate": [lambda: not situation.has_to_install_litellm(resolved)],
    }


@action
def install_first(resolved: Resolved, session: Session) -> None:
    """Install it; what a deployment installed goes with it when that fails."""
    layout = resolved.layout
    prerequisites.check_port(resolved)  # before 0.7 GB come
    before = litellm.environments(layout)
    session.when_undone(lambda: litellm.forget_since(layout, before))
    litellm.install_known_good(layout)


@action
def install(resolved: Resolved, upgrade: bool) -> None:
    """Install it, showing how long that takes; a gateway elsewhere needs none."""
    if not resolved.deployment.gateway.process:
        console.say(f"  {resolved.deployment.gateway.name} runs elsewhere: no LiteLLM is needed on this machine.")
    elif upgrade:
        service_upgrade.upgrade(resolved.layout)
    else:
        litellm.install_known_good(resolved.layout)
        if not litellm.is_installed(resolved.layout):
            console.say(
                "  An older LiteLLM stands and is kept. Put the pinned one in its place: doit litellm --upgrade"
            )
