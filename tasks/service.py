"""start, stop, status: the gateway's process, by the scripts that are deployed beside it.

_finish ─► _start (deploy --start)       start     stop     status
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from tasks.model.errors import GatewayError, Unhealthy
from tasks.model.layout import Layout
from tasks.model.release import Manifest
from tasks.tools import console, gateway, history, litellm, processes
from tasks.tools.asked import Asked
from tasks.tools.processes import Instance
from tasks.tools.steps import Task, action

NOT_READY = 6
"""How the start script ends when LiteLLM was started and does not answer."""
TO_BEGIN_WITH = "Deploy first: doit deploy"


def start_task(asked: Asked) -> Task:
    """Always looks; starts what does not run."""
    return {"actions": [(start, [asked])]}


def deployed_task(asked: Asked) -> Task:
    """The same at the end of a deployment: what runs with an older configuration is started anew."""
    return {"actions": [(restart, [asked])], "task_dep": ["_finish"]}


def stop_task(asked: Asked) -> Task:
    """Always looks; stops what runs."""
    return {"actions": [(stop, [asked])]}


def status_task(asked: Asked) -> Task:
    """Only looks."""
    return {"actions": [(status, [asked])]}


@action
def start(asked: Asked) -> None:
    """Run the deployed start script; ask a model that costs nothing, if one is deployed."""
    started(asked)


@action
def restart(asked: Asked) -> None:
    """Start the gateway; stop it before, when it serves what stood before."""
    instance = processes.running(asked.layout)
    if instance and outdated(asked.layout, instance):
        console.say("The gateway runs with what was deployed before: it is started anew.")
        _scripted(asked.layout, asked.layout.stop_script.name)
    started(asked)


@action
def stop(asked: Asked) -> None:
    """Run the deployed stop script."""
    _scripted(asked.layout, asked.layout.stop_script.name)


@action
def status(asked: Asked) -> None:
    """What is deployed, whether it runs, what it serves."""
    manifest = history.installed(asked.layout)
    if manifest is None:
        console.tell(f"Nothing is deployed in {asked.layout.gateway}. {TO_BEGIN_WITH}")
        return
    for line in report(asked, manifest, processes.running(asked.layout)):
        console.tell(line)


def started(asked: Asked) -> None:
    """See that the gateway runs, and hear it."""
    _scripted(asked.layout, asked.layout.start_script.name)
    manifest = history.installed(asked.layout)
    model = asked.deployment.answered_here
    if manifest and model in manifest.models:
        said = gateway.ask(manifest.gateway_url, gateway.own_key(asked.layout), model)
        console.tell(f"{model} says: {console.printable(said)}")


def outdated(layout: Layout, instance: Instance) -> bool:
    """Whether what the gateway reads at its start was written after that."""
    read = [path for path in (layout.config, layout.env_file) if path.exists()]
    return any(path.stat().st_mtime > instance.started for path in read)


def report(asked: Asked, manifest: Manifest, instance: Instance | None) -> Iterator[str]:
    """The lines of `doit status`."""
    yield f"gateway    {manifest.gateway_type} at {manifest.gateway_url}, in {asked.layout.gateway}"
    yield f"deployed   {', '.join(manifest.models)} ({manifest.deployment_id})"
    if not asked.layout.start_script.exists():
        return
    if instance is None:
        yield from _at_rest(asked)
        return
    yield f"process    runs: pid {instance.pid}, {duration(instance.uptime)}, {instance.memory / 1e6:.0f} MB"
    yield f"LiteLLM    {instance.version or 'of unknown version'}"
    yield f"serves     {_serving(asked.layout, manifest)}"
    if outdated(asked.layout, instance):
        yield "           It was started before the last deployment. Restart it: doit stop, then doit start"


def _at_rest(asked: Asked) -> Iterator[str]:
    """Why it does not run, and whether it could."""
    state = processes.listener(asked.deployment.port, asked.layout)
    yield "process    does not run; start it with: doit start"
    if state.kind == "foreign":
        yield f"port       {asked.deployment.port} is {state}"
    found = litellm.find(asked.layout, os.environ, asked.choices.litellm)
    where = (
        f"{found.version or 'of unknown version'} at {found.executable}"
        if found
        else "not found; install it with: doit litellm"
    )
    yield f"LiteLLM    {where}"


def _serving(layout: Layout, manifest: Manifest) -> str:
    """The models that it has loaded, and what is missing of those that were deployed."""
    try:
        served = gateway.served_models(manifest.gateway_url, gateway.own_key(layout))
    except Unhealthy as error:
        return f"does not answer: {error.problem}"
    missing = [model for model in manifest.models if model not in served]
    return ", ".join(served) + (f"; not {', '.join(missing)}, which is deployed" if missing else "")


def duration(seconds: float) -> str:
    """Seconds as somebody would say them."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _scripted(layout: Layout, name: str) -> None:
    """Run a deployed script: its progress is shown as it comes, its last words when it has succeeded or why not."""
    path = layout.gateway / name
    if not path.exists():
        raise GatewayError("nothing to start or stop is deployed here", TO_BEGIN_WITH, where=str(layout.gateway))
    code, words = _run(str(path))
    if code == 0:
        for line in words:
            console.say(f"  {line}")
    elif code == NOT_READY:
        for line in words[1:]:
            console.say(f"  | {line}")
        raise Unhealthy(words[0], f"All of its log: {layout.log}")
    else:
        raise GatewayError("\n".join(words) or f"ended with exit code {code}", where=name)


def _run(script: str) -> tuple[int, list[str]]:
    """Run *script*, show its progress (the lines that come first, indented); its exit code and its other lines."""
    import subprocess

    environ = {**os.environ, **({"GATEWAY_PROGRESS": "1"} if sys.stderr.isatty() else {})}
    words: list[str] = []
    with subprocess.Popen(
        ["sh", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environ
    ) as process:
        try:
            for raw in process.stdout or ():
                line = console.printable(raw.decode(errors="replace").rstrip("\n"))
                if line.startswith("  ") and not words:
                    console.say(line)
                else:
                    words.append(line)
        except KeyboardInterrupt:  # the script has heard it too, and stops what it started
            process.wait(30)
            raise
    return process.returncode, words
