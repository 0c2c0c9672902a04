"""start, stop, restart: the gateway's process; and having it take what is deployed while it runs.

_verify ─► _swap ─► _finish ─► _start (deploy --start)       start     stop     restart
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.console import console
from tasks.core.history import history, session
from tasks.core.http import gateway
from tasks.core.model.errors import GatewayError, Unhealthy
from tasks.core.service import processes, scripts, state, supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.context import Asked
    from tasks.core.model.layout import Layout


def start_task(asked: Asked) -> Task:
    """Always looks; starts what does not run."""
    return {"actions": [(start, [asked])]}


def stop_task(asked: Asked) -> Task:
    """Always looks; stops what runs."""
    return {"actions": [(stop, [asked.layout])]}


def restart_task(asked: Asked) -> Task:
    """Stops what runs, and starts."""
    return {"actions": [(restart, [asked])]}


def swap_task(asked: Asked) -> Task:
    """Within a deployment, before it is final: what runs takes what was deployed, or all of it is undone."""
    return {
        "actions": [(swap, [asked])],
        "task_dep": ["_verify"],
        "uptodate": [lambda: session.this.transaction is None and not state.is_behind(asked.layout)],
    }


def deployed_task(asked: Asked) -> Task:
    """At the end of a deployment: what does not run is started."""
    return {"actions": [(start, [asked])], "task_dep": ["_finish", *["_litellm"] * asked.installs_litellm]}


@action
def start(asked: Asked) -> None:
    """Start the gateway unless it runs; ask a model that costs nothing, if one is deployed."""
    with naming_who_has_the_port(asked.layout):
        scripts.start(asked.layout)
    hear(asked)


@action
def stop(layout: Layout) -> None:
    """Stop the gateway."""
    scripts.stop(layout)


@action
def restart(asked: Asked) -> None:
    """Stop the gateway and start it, once what is to be served is known to be good."""
    with naming_who_has_the_port(asked.layout):
        supervisor.renew(asked.layout, history.current(asked.layout))
    hear(asked)


@action
def swap(asked: Asked) -> None:
    """Let the running gateway take what stands; nothing when none runs."""
    try:
        supervisor.take_over(asked.layout, history.current(asked.layout))
    except GatewayError as error:
        error.remedy = f"{error.remedy} {kept(asked)}".strip()
        raise


def kept(asked: Asked) -> str:
    """That what was chosen outlives a deployment that is undone; "" where nothing was."""
    import shlex

    options = [f"--{name.replace('_', '-')}".replace("--headers", "--header") for name in asked.typed]
    shown = [f"{option} {shlex.quote(value)}" for option, value in zip(options, asked.typed.values(), strict=True)]
    if not shown:
        return ""
    return (
        f"What you chose ({', '.join(shown)}) is remembered for the next deployment; say it anew to choose otherwise."
    )


@contextmanager
def naming_who_has_the_port(layout: Layout) -> Iterator[None]:
    """A start that failed because the port is somebody else's says whose, where this user may know."""
    try:
        yield
    except Unhealthy:
        raise
    except GatewayError as error:
        manifest = history.installed(layout)
        port = int(manifest.gateway_url.rpartition(":")[2]) if manifest and layout.start_script.exists() else 0
        if port and (listener := processes.listener(port, layout)).kind == "foreign":
            remedy = "Stop that one, or choose another port: doit deploy --port N"
            raise GatewayError(f"port {port} is {listener}", remedy) from error
        raise


def hear(asked: Asked) -> None:
    """What a model says that costs nothing, because LiteLLM answers itself for it, if one is deployed."""
    manifest, known = history.current(asked.layout), asked.catalogue.models
    model = next((name for name in manifest.models if name in known and known[name].provider == "mock"), None)
    if model is not None:
        said = gateway.ask(manifest.gateway_url, gateway.own_key(asked.layout), model)
        console.tell(f"{model} says: {console.printable(said)}")
