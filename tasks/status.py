"""status: what is deployed, whether it runs, what it serves, and what is no longer as it was left. Only looks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tasks.core.cli.steps import Task, action
from tasks.core.console import console
from tasks.core.deploying import current
from tasks.core.disk import lock
from tasks.core.history import history
from tasks.core.http import gateway
from tasks.core.litellm import litellm
from tasks.core.model.errors import Changed, Unhealthy
from tasks.core.service import processes, supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.context import Asked
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest
    from tasks.core.service.processes import Instance

OPTIONS = [
    {"name": "as_json", "long": "json", "type": bool, "default": False, "help": "one JSON document"},
    {"name": "exit_code", "long": "exit-code", "type": bool, "default": False, "help": "exit 2 when anything changed"},
]


def task(asked: Asked) -> Task:
    """`doit status [--json] [--exit-code]`."""
    return {"actions": [(show, [asked])], "params": OPTIONS, "meta": {"quiet": True}}


@action
def show(asked: Asked, as_json: bool, exit_code: bool) -> None:
    """Print the facts, for a person or a program."""
    known = facts(asked)
    if as_json:
        console.document(known)
    else:
        console.tell("\n".join(lines(known)), hanging=11 if known["deployed"] else 2)
    if exit_code and any(each["state"] != "clean" for each in known["drift"]):
        raise Changed("what stands is not what was left there", "See it: doit status")


def facts(asked: Asked) -> dict[str, Any]:
    """Everything that can be told, as JSON values (templates/schemas/status.schema.json)."""
    layout, manifest = asked.layout, history.installed(asked.layout)
    holder = lock.holder(layout)
    return {
        "gateway": str(layout.gateway),
        "deployed": _deployed(manifest) if manifest else None,
        "process": _process(layout, manifest, processes.running(layout)) if manifest else None,
        "litellm": _litellm(asked) if manifest else None,
        "drift": _drift(asked, manifest) if manifest else [],
        "lock": holder._asdict() if holder else None,
    }


def _deployed(manifest: Manifest) -> dict[str, Any]:
    return {
        "id": manifest.deployment_id,
        "revision": manifest.revision,
        "time": manifest.timestamp,
        "preset": manifest.choices.get("preset", "demo"),
        "gateway_type": manifest.gateway_type,
        "url": manifest.gateway_url,
        "models": list(manifest.models),
    }


def _drift(asked: Asked, manifest: Manifest) -> list[dict[str, Any]]:
    found = current.find_drift(asked.layout, manifest, foreign=bool(asked.neighbours))
    return [{"name": each.name, "state": each.state} for each in found]


def _process(layout: Layout, manifest: Manifest, instance: Instance | None) -> dict[str, Any]:
    if instance is None:
        port = int(manifest.gateway_url.rpartition(":")[2]) if manifest.gateway_type == "local" else None
        state = processes.listener(port, layout) if port else None
        return {"running": False, "port": port, "port_state": str(state) if state else None}
    told = _told(layout, instance)
    return {
        "running": True,
        "pid": instance.pid,
        "port": instance.port,
        "uptime_seconds": round(instance.uptime),
        "memory_bytes": instance.memory,
        "litellm": instance.version,
        **told,
        **(STARTS if told["state"] == "starting" and told["revision"] is None else _served(layout, manifest)),
    }


def _told(layout: Layout, instance: Instance) -> dict[str, Any]:
    """What it says of itself: the revision that it serves beside the one that stands, and its last new worker."""
    status, stands = supervisor.told(layout, instance), supervisor.revision(layout.config)
    if status is None:
        return {"state": None, "revision": None, "revision_on_disk": stands, "current": False, "leaving": 0}
    return {
        "state": status.state,
        "revision": status.revision,
        "revision_on_disk": stands,
        "current": supervisor.stands(layout, instance, status),
        "leaving": len(status.leaving),
        **({"failure": console.printable(status.reason)} if status.state == "failed" else {}),
    }


STARTS: dict[str, Any] = {"serves": [], "unhealthy": "LiteLLM is starting"}
"""Of one that serves nobody yet: asked, it would answer only once it is ready."""


def _served(layout: Layout, manifest: Manifest) -> dict[str, Any]:
    """The models that it has loaded; of a gateway that does not answer why not."""
    try:
        return {"serves": gateway.served_models(manifest.gateway_url, gateway.own_key(layout))}
    except Unhealthy as error:
        return {"serves": [], "unhealthy": error.problem}


def _litellm(asked: Asked) -> dict[str, Any] | None:
    found = litellm.find(asked.layout, os.environ, asked.choices.litellm)
    return {"version": found.version, "program": str(found.executable)} if found else None


def lines(known: dict[str, Any]) -> Iterator[str]:
    """The facts for a person."""
    deployed = known["deployed"]
    if deployed is None:
        yield from (f"Nothing is deployed in {known['gateway']}.", "Deploy first: doit deploy")
    else:
        yield f"deployed   {deployed['preset']}, revision {deployed['revision']} of {deployed['time']}"
        yield f"gateway    {deployed['gateway_type']} at {deployed['url']}, in {known['gateway']}"
        yield f"models     {', '.join(deployed['models']) or 'as Claude Code names them'}"
        yield from _process_lines(known["process"], known["litellm"], deployed)
        yield from _drift_lines(known["drift"])
        yield f"next       {following(known)}"
    if holder := known["lock"]:
        yield f"lock       {holder['command']} (pid {holder['pid']}) since {holder['since']}"


LATER = {
    "starting": "wait a moment, then: doit status",
    "failed": "mend what could not be served, then: doit deploy",
}
"""What to type next where what stands is not served, by what has become of the attempt."""


def following(known: dict[str, Any]) -> str:
    """What to type next."""
    process, missing = known["process"], set(known["deployed"]["models"])
    if process["running"] and not process["current"] and process.get("state") in LATER:
        return LATER[process["state"]]
    if any(each["state"] != "clean" for each in known["drift"]):
        return "doit plan, which shows what deploying would do about that"
    if process["running"] and not process["current"]:
        return "doit deploy"
    if process["running"]:
        return "doit doctor" if not process["serves"] or missing - {*process["serves"]} else "claude"
    return "claude" if process["port"] is None else "doit start"


def _process_lines(process: dict[str, Any], found: dict[str, Any] | None, deployed: dict[str, Any]) -> Iterator[str]:
    if not process["running"] and process["port"] is None:
        yield "process    none: somebody else runs the gateway; ask it with: doit compat"
        return
    if not process["running"]:
        taken = process["port_state"] if process["port_state"] not in (None, "free") else None
        yield "process    does not run; start it: doit start"
        yield f"LiteLLM    {found['version']} at {found['program']}" if found else "LiteLLM    not found; doit litellm"
        yield from [f"port       {process['port']} is {taken}"] if taken else []
        return
    since, memory = _duration(process["uptime_seconds"]), process["memory_bytes"] / 1e6
    yield f"process    runs: pid {process['pid']}, port {process['port']}, {since}, {memory:.0f} MB"
    yield f"LiteLLM    {process['litellm'] or 'of unknown version'}"
    yield f"serves     {', '.join(process['serves']) or 'nothing: ' + process.get('unhealthy', '')}"
    if missing := [name for name in deployed["models"] if name not in process["serves"]]:
        yield f"           not {', '.join(missing)}"
    yield from _revision_lines(process)


def _revision_lines(process: dict[str, Any]) -> Iterator[str]:
    told = f"revision   {process['revision'] or 'unknown'}"
    stands = f"what stands ({process['revision_on_disk']} and .env)"
    if process["current"]:
        yield f"{told}, which is what stands"
    elif process["state"] == "starting" and process["revision"] is None:
        yield f"revision   none yet: LiteLLM is starting with {stands}; wait a moment"
    elif process["state"] == "starting":
        yield f"{told}; a new worker is starting with {stands}; wait a moment"
    elif process["state"] == "failed":
        yield f"{told}, not {stands}, which could not be served; once it is mended: doit deploy"
    else:
        yield f"{told}, not {stands}; take that: doit deploy"
    if process["leaving"]:
        yield f"           {process['leaving']} former workers finish what they are answering"
    if failure := process.get("failure"):
        yield f"           the last attempt to start a new worker failed: {failure}"


def _drift_lines(found: list[dict[str, str]]) -> Iterator[str]:
    odd = [each for each in found if each["state"] != "clean"]
    if not odd:
        yield f"drift      none: {len(found)} files and keys are as they were left"
    for number, each in enumerate(odd):
        yield f"{'' if number else 'drift':10} {each['name']}: {each['state']}"


def _duration(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"
