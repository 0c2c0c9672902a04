"""start, stop: the gateway's process, by the scripts that are deployed beside it.

_finish ─► _start (deploy --start)       start     stop
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.tools import console, gateway, history, processes, scripts
from tasks.tools.steps import Task, action

if TYPE_CHECKING:
    from tasks.tools.asked import Asked


def start_task(asked: Asked) -> Task:
    """Always looks; starts what does not run."""
    return {"actions": [(start, [asked])]}


def deployed_task(asked: Asked) -> Task:
    """The same at the end of a deployment: what runs with an older configuration is started anew."""
    return {"actions": [(restart, [asked])], "task_dep": ["_finish", *["_litellm"] * asked.installs_litellm]}


def stop_task(asked: Asked) -> Task:
    """Always looks; stops what runs."""
    return {"actions": [(stop, [asked])]}


@action
def start(asked: Asked) -> None:
    """Run the deployed start script; ask a model that costs nothing, if one is deployed."""
    started(asked)


@action
def restart(asked: Asked) -> None:
    """Start the gateway; stop it before, when it serves what stood before."""
    if processes.running(asked.layout) and processes.outdated(asked.layout):
        console.say("The gateway runs with what was deployed before: it is started anew.")
        scripts.run(asked.layout, asked.layout.stop_script.name)
    started(asked)


@action
def stop(asked: Asked) -> None:
    """Run the deployed stop script."""
    scripts.run(asked.layout, asked.layout.stop_script.name)


def started(asked: Asked) -> None:
    """See that the gateway runs, and hear it."""
    scripts.run(asked.layout, asked.layout.start_script.name)
    manifest = history.installed(asked.layout)
    model = asked.deployment.answered_here
    if manifest and model in manifest.models:
        said = gateway.ask(manifest.gateway_url, gateway.own_key(asked.layout), model)
        console.tell(f"{model} says: {console.printable(said)}")
