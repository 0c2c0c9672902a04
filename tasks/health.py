"""health: is the gateway ready, does it serve what was deployed; --deep: does each tier really answer. Changes nothing.

/health/readiness ─► /v1/models with the key ─► --deep: /v1/messages, once for each model that serves a tier
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from tasks.core.cli.steps import JSON, Task, action
from tasks.core.console import console, prompts
from tasks.core.history import history
from tasks.core.http import doors, gateway
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settle
from tasks.core.model.errors import GatewayError, Unhealthy, UsageError
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.context import Asked
    from tasks.core.http.gateway import Key
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.release import Manifest

OPTIONS = [
    JSON,
    {
        "name": "deep",
        "long": "deep",
        "type": bool,
        "default": False,
        "help": "send one small real request to the model of each tier, which may cost money",
    },
    {"name": "yes", "long": "yes", "short": "y", "type": bool, "default": False, "help": "do not ask before --deep"},
]
UNLISTED = frozenset({404, 405, 501})
"""How a gateway elsewhere says that it has no list of models, which it need not have."""


def task(asked: Asked) -> Task:
    """`doit health [--deep [--yes]] [--json]`."""
    return {"actions": [(look, [asked])], "params": OPTIONS, "meta": {"quiet": True}}


@action
def look(asked: Asked, deep: bool, yes: bool, as_json: bool) -> None:
    """Print what was found; Unhealthy when something is wrong."""
    manifest = history.current(asked.layout)
    deployment = settle(Choices.from_json(manifest.choices), asked.catalogue)
    names = tiers(deployment) if deep else {}
    if deep:
        agree(names, yes=yes)
    here = deployment.gateway.process
    key = gateway.own_key(asked.layout) if here else doors.deployed(deployment, env_file.deployed(asked.layout))
    known = facts(manifest, key, names, here=here)
    if as_json:
        console.document(known)
    else:
        for line in lines(known):
            console.tell(line)
    if not known["healthy"]:
        error = verdict(known)
        error.told = as_json
        raise error


def tiers(deployment: Deployment) -> dict[str, list[str]]:
    """Per model, as Claude Code asks for it, the tiers that it serves; UsageError when none is known."""
    found: dict[str, list[str]] = {}
    for tier, name in deployment.names.items():
        found.setdefault(name, []).append(tier)
    if not found:
        raise UsageError("it is not known which models serve the tiers", "Say it: doit deploy --opus X --sonnet Y")
    return found


def agree(names: dict[str, list[str]], *, yes: bool) -> None:
    """Say what will be asked; go on only if that is wanted."""
    console.warn(f"One small request is sent to each of {', '.join(names)}; this may cost money.")
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("--deep may cost money, and nobody is here to be asked", "Agree to it with --yes.")
    if not prompts.wanted("Send them?"):
        raise GatewayError("nothing was sent")


def facts(manifest: Manifest, key: Key, names: dict[str, list[str]], *, here: bool) -> dict[str, Any]:
    """What the gateway says, as JSON values (templates/schemas/health.schema.json); *names* are asked for an answer.

    One that does not run *here* may be no LiteLLM: nobody knows how it says that it is ready, or which models it has.
    """
    url = manifest.gateway_url
    ready = gateway.readiness(url, timeout=10) if here else None
    listed, problem = _listed(url, key, here=here)
    asked = [] if problem else [asked_one(url, key, name, served) for name, served in names.items()]
    answered = [] if here else [one["model"] for one in asked if one["ok"]]  # a pattern serves what is not listed
    missing = [] if listed is None else [name for name in manifest.models if name not in (*listed, *answered)]
    return {
        "gateway": url,
        "healthy": ready is not False and not problem and not missing and all(one["ok"] for one in asked),
        "ready": ready,
        "serves": listed or [],
        "missing": missing,
        "problem": problem,
        "asked": asked,
    }


def _listed(url: str, key: Key, *, here: bool) -> tuple[list[str] | None, dict[str, str | None] | None]:
    """The models that it lists, None when it has no list; and what is wrong with that."""
    try:
        return gateway.served_models(url, key), None
    except gateway.Answered as error:
        return None, None if error.status in UNLISTED and not here else _told(error)
    except Unhealthy as error:
        return None, _told(error)


def asked_one(url: str, key: Key, name: str, served: list[str]) -> dict[str, Any]:
    """One real request to *name*: how long it took, and what came."""
    begun = time.monotonic()
    found: dict[str, Any] = {"model": name, "tiers": served, "ok": True, "says": None, "problem": None}
    try:
        found["says"] = " ".join(console.printable(gateway.ask(url, key, name)).split())
    except Unhealthy as error:
        found |= {"ok": False, "problem": _told(error)}
    return found | {"seconds": round(time.monotonic() - begun, 2)}


def _told(error: Unhealthy) -> dict[str, str | None]:
    """What went wrong: in its own words where it had any, what that means, what to do."""
    said = error.said if isinstance(error, gateway.Answered) else None
    return {"said": said or None, "means": error.problem, "fix": error.remedy}


def verdict(known: dict[str, Any]) -> Unhealthy:
    """The error for what was found: the first of its problems."""
    url, here = known["gateway"], known["ready"] is not None
    if problem := known["problem"]:
        return Unhealthy(problem["means"], problem["fix"], where=url)
    if known["ready"] is False:
        return Unhealthy("does not answer /health/readiness", "See its log: doit logs", where=url)
    if names := ", ".join(known["missing"]):
        remedy = "LiteLLM leaves out what it cannot load, and says why: doit logs --since 1h"
        asking = "It may serve them all the same: doit health --deep asks them."
        return Unhealthy(f"does not {'serve' if here else 'list'} {names}", remedy if here else asking, where=url)
    failed = ", ".join(one["model"] for one in known["asked"] if not one["ok"])
    return Unhealthy(f"no answer from {failed}", f"See above{'; its log: doit logs' if here else '.'}", where=url)


def lines(known: dict[str, Any]) -> Iterator[str]:
    """The facts for a person."""
    if known["ready"] is not None:
        yield f"{_mark(known['ready'])} ready    {known['gateway']}"
    if known["problem"] is None:
        yield f"{_mark(not known['missing'])} serves   {', '.join(known['serves']) or 'it does not say what'}"
    if known["problem"] is None and known["missing"]:
        yield f"           not {', '.join(known['missing'])}, which was deployed"
    for one in known["asked"]:
        yield f"{_mark(one['ok'])} answers  {one['model']} ({', '.join(one['tiers'])})  {one['seconds']:.2f} s"
        yield from _answer(one)


def _answer(one: dict[str, Any]) -> Iterator[str]:
    if one["ok"]:
        yield f"           {one['says'] or '(no text)'}"
        return
    problem = one["problem"]
    if problem["said"]:
        yield f"           said:   {problem['said']}"
    yield f"           means:  {problem['means']}"
    yield f"           do:     {problem['fix']}"


def _mark(good: object) -> str:
    return console.mark("ok" if good else "fail", sys.stdout)
