"""The page of `doit status`: facts about the gateway, as JSON values and as lines for a person.

templates/schemas/status.schema.json describes the facts; tests/golden/output/status shows the
lines. What is looked up is in core.service.state; here it is only put into words.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import own
from tasks.core.claude import asked_page
from tasks.core.console import console
from tasks.core.model import project
from tasks.core.model.errors import Unhealthy
from tasks.core.service import state as service_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasks.core.model.release import Manifest
    from tasks.core.service.state import State

Facts = dict[str, Any]
Drift = list[dict[str, str]]
"""Files and keys, each with its name and state."""

STARTING: Facts = {"serves": [], "unhealthy": "LiteLLM is starting"}
"""Of a first start: asked for its models, it would answer only once it is ready."""

NOTHING = """\
Nothing is deployed in {gateway}.
Deploy first: doit deploy"""

DEPLOYED = """\
deployed   {preset}, revision {revision} of {time}
gateway    {gateway_type} at {url}, in {folder}
models     {models}"""

ASKS = "asks       {}"
"""What Claude Code asks for, by its names for models."""

VERSION = "version    {version} deployed it, this is {running}; what changed: doit upgrade"

OWN = "own        {}"
"""The templates of the user's own that it was rendered from."""

GONE = """\
The gateway in {gateway} is gone, and Claude Code still asks it at {points_at}.
Fix: doit doctor --fix, then: doit deploy; or take these settings out: doit uninstall"""

LOST = """\
lost       {file}: {problem}
           Fix: doit doctor --fix"""

FOLDER_GONE = """\
gone       {gateway}, and Claude Code still asks its gateway
           Fix: doit deploy; or take these settings out: doit uninstall
last       {preset}, revision {revision} of {time}"""

RUNNING = """\
process    runs: pid {pid}, port {port}, {since}, {memory:.0f} MB
LiteLLM    {litellm}
serves     {models}"""

STOPPED = """\
process    does not run, so claude waits
LiteLLM    {litellm}"""

PORT = "port       {port} is {port_state}"
"""Of a stopped gateway whose port another program has."""

LEAVING = "           {leaving} former workers finish what they are answering"
"""Below the configuration, after a swap."""

FAILURE = "           the last attempt to start a new worker failed: {failure}"

MISSING = "           not {}"
"""Below the models that it serves, those that were deployed too."""

VERDICT = "verdict    {mark} {says}"
FIX = ". {fix}"
WARNINGS = "; {warnings} more to know: doit doctor"
"""The last line: is it well; and the command that fixes it, or how much else the doctor knows."""

CHOSEN = "chosen     {chosen}"

LOCK = "lock       {command} (pid {pid}) since {since}"

STRAY = "stray      {what} was left behind (pid {pid}); end it: {command}"

NO_DRIFT = "drift      none: {} files and keys are as they were left"

OTHER = "templates  would render {} differently: doit plan"
UNKNOWN = "templates  cannot render what is deployed: {problem}"
"""Of another version of this project than the one that deployed."""

REMOTE = "process    none: somebody else runs the gateway; ask it with: doit check"

DISK = "what is deployed ({configuration_on_disk} and .env)"

CONFIGURATIONS = {
    "current": "config     {served}, as deployed",
    "first": "config     none yet: LiteLLM is starting with {disk}",
    "starting": "config     {served}; a new worker is starting with {disk}",
    "failed": "config     {served}, not {disk}, which could not be served",
    "behind": "config     {served}, not {disk}",
}
"""What is served beside what is on the disk, by what became of the attempt to serve that."""

MARKS = {"ok": "ok", "warn": "warn", "fail": "fail", "none": "skip"}
"""The mark of each verdict."""

DURATIONS = ((86400, "days"), (3600, "h"), (60, "min"))
"""Seconds and name of each unit, the largest first."""


def describe_deployment(manifest: Manifest) -> Facts:
    """What was last deployed."""
    return {
        "id": manifest.deployment_id,
        "revision": manifest.revision,
        "time": manifest.timestamp,
        "preset": manifest.choices.get("preset", "demo"),
        "gateway_type": manifest.gateway_type,
        "url": manifest.gateway_url,
        "models": list(manifest.models),
        "own_templates": dict(manifest.own_templates),
        "version": manifest.source_version,
        "running": project.read_version(),
    }


def describe_process(state: State) -> Facts:
    """The process: what it serves, or who has its port."""
    instance = state.instance
    if instance is None:
        listener = state.port_state
        kind = str(listener) if listener else None
        return {"running": False, "port": state.port, "port_state": kind}
    facts = {
        "running": True,
        "pid": instance.pid,
        "port": instance.port,
        "uptime_seconds": round(instance.uptime),
        "memory_bytes": instance.memory,
        "litellm": instance.version,
    }
    return facts | describe_configuration(state) | describe_served(state)


def describe_configuration(state: State) -> Facts:
    """The configuration that it serves beside the one on the disk, and its last new worker."""
    status = state.status
    on_disk = service_state.revision(state.layout.config)
    facts = {
        "state": None,
        "configuration": None,
        "configuration_on_disk": on_disk,
        "current": state.serves_disk,
        "leaving": 0,
    }
    if status is None:
        return facts
    facts["state"] = status.state
    facts["configuration"] = status.revision
    facts["leaving"] = len(status.leaving)
    if status.state == "failed":
        facts["failure"] = console.printable(status.reason)
    return facts


def describe_served(state: State) -> Facts:
    """The models that it has loaded; if it does not answer, why not."""
    if state.is_first_start:
        return STARTING
    served = state.served
    if isinstance(served, Unhealthy):
        return {"serves": [], "unhealthy": served.problem}
    return {"serves": served}


def lines(facts: Facts) -> Iterator[str]:
    """The facts for a person."""
    deployed = facts["deployed"]
    if deployed is None:
        page = GONE if facts["points_at"] else NOTHING
        yield page.format_map(facts)
    else:
        models = ", ".join(deployed["models"])
        words = {
            "folder": facts["gateway"],
            "models": models or "as Claude Code names them",
        }
        if facts["is_gone"]:
            yield FOLDER_GONE.format_map(deployed | facts)
        else:
            yield DEPLOYED.format_map(deployed | words)
        if facts["asks"]:
            yield ASKS.format(asked_page.format_line(facts["asks"]))
        yield from origin_lines(deployed)
        yield from process_lines(facts)
        yield from drift_lines(facts["drift"])
        yield from checkout_lines(facts["checkout"])
    if facts["chosen"]:
        yield CHOSEN.format_map(facts)
    for stray in facts["strays"]:
        command = "doit start" if deployed else "doit uninstall"
        yield STRAY.format_map(stray | {"command": command})
    for loss in facts["lost"]:
        if not loss["source"]:
            yield LOST.format_map(loss)
    if facts["lock"]:
        yield LOCK.format_map(facts["lock"])
    if deployed is not None:
        yield format_verdict(facts["verdict"])


def origin_lines(deployed: Facts) -> Iterator[str]:
    """What deployed it and from what, where that is something special."""
    if deployed["version"] != deployed["running"]:
        yield VERSION.format_map(deployed)
    if deployed["own_templates"]:
        listing = own.describe(
            deployed["own_templates"],
        )
        yield OWN.format(listing)


def format_verdict(verdict: Facts) -> str:
    """Is it well, and what fixes it: what the doctor says too."""
    mark = console.mark(MARKS[verdict["state"]], sys.stdout)
    line = VERDICT.format_map(verdict | {"mark": mark})
    if verdict["fix"]:
        line += FIX.format_map(verdict)
    elif verdict["warnings"]:
        line += WARNINGS.format_map(verdict)
    return line


def find_missing(facts: Facts) -> list[str]:
    """The deployed models that it does not serve."""
    served = facts["process"]["serves"]
    names = facts["deployed"]["models"]
    return [name for name in names if name not in served]


def process_lines(facts: Facts) -> Iterator[str]:
    """Whether it runs, with which LiteLLM, and what it serves."""
    process = facts["process"]
    if process["running"]:
        yield from running_lines(facts)
        yield from configuration_lines(process)
    elif process["port"] is None:
        yield REMOTE
    else:
        yield STOPPED.format(litellm=format_program(facts["litellm"]))
        if process["port_state"] not in (None, "free"):
            yield PORT.format_map(process)


def format_program(litellm: Mapping[str, str] | None) -> str:
    """Where LiteLLM is, or how to get one."""
    if litellm is None:
        return "not found; doit litellm"
    return "{version} at {program}".format_map(litellm)


def running_lines(facts: Facts) -> Iterator[str]:
    """The process and its models."""
    process = facts["process"]
    models = ", ".join(process["serves"])
    if not models:
        models = "nothing: " + process.get("unhealthy", "")
    own = {
        "since": format_duration(process["uptime_seconds"]),
        "memory": process["memory_bytes"] / 1e6,
        "litellm": process["litellm"] or "of unknown version",
        "models": models,
    }
    yield RUNNING.format_map(process | own)
    missing = find_missing(facts)
    if missing:
        yield MISSING.format(", ".join(missing))


def configuration_lines(process: Facts) -> Iterator[str]:
    """The configuration that it serves, and what became of the last attempt to replace it."""
    served = process["configuration"] or "unknown"
    disk = DISK.format_map(process)
    sentence = CONFIGURATIONS[find_attempt(process)]
    yield sentence.format(served=served, disk=disk)
    if process["leaving"]:
        yield LEAVING.format_map(process)
    if process.get("failure"):
        yield FAILURE.format_map(process)


def find_attempt(process: Facts) -> str:
    """The key of CONFIGURATIONS."""
    state = process["state"]
    if process["current"]:
        return "current"
    if state == "starting" and process["configuration"] is None:
        return "first"
    if state in ("starting", "failed"):
        return str(state)
    return "behind"


def drift_lines(drift: Drift) -> Iterator[str]:
    """The files and keys that are not as they were left."""
    odd = find_odd(drift)
    if not odd:
        yield NO_DRIFT.format(len(drift))
    head = "drift     "
    for item in odd:
        yield head + " {name}: {state}".format_map(item)
        head = " " * len(head)


def checkout_lines(checkout: Facts) -> Iterator[str]:
    """What this checkout would do differently from the one that deployed."""
    if checkout["problem"]:
        yield UNKNOWN.format_map(checkout)
    differing = checkout["differing"]
    number = len(differing)
    files = f"{number} files"
    if number == 1:
        files = "1 file"
    if number:
        yield OTHER.format(files)


def find_odd(drift: Drift) -> Drift:
    """What is not as it was left."""
    return [item for item in drift if item["state"] != "clean"]


def format_duration(seconds: float) -> str:
    """A time for a person, in the largest unit of which there are at least two."""
    for size, unit in DURATIONS:
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"
