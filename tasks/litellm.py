"""litellm: install the pinned LiteLLM into the gateway's own environment; --upgrade: in place of an older one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.console import console
from tasks.core.litellm import litellm
from tasks.core.service import upgrade as service_upgrade

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved


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
        "uptodate": [lambda: litellm.is_installed(resolved.layout)],
    }


def deployed_task(resolved: Resolved) -> Task:
    """The same within a deployment, once that stands."""
    return {**task(resolved), "task_dep": ["_finish"]}


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
