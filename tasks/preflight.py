"""preflight: is all there that this deployment needs? Reads only; finds everything at once."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.claude import git_ignore, ledger, other_tools, token_binding
from tasks.core.cli.steps import JSON, Task, action
from tasks.core.console import console, summary
from tasks.core.disk import files
from tasks.core.frame.uptodate import unchanged
from tasks.core.history import history
from tasks.core.http import tls
from tasks.core.litellm import litellm
from tasks.core.model import network
from tasks.core.model.catalogue import TIERS
from tasks.core.model.deployment import PASSPHRASE, discloses
from tasks.core.model.errors import Conflict, GatewayError
from tasks.core.service import processes
from tasks.core.text import json_edit
from tasks.core.values import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.layout import Layout
    from tasks.core.values.environment import Finding


def task(resolved: Resolved) -> Task:
    """Look again when anything it looks at has changed, and whenever it is the command itself."""
    return {
        "actions": [(look, [resolved])],
        "task_dep": ["choose"],
        "params": [JSON],
        "meta": {"checks": True},
        "uptodate": [lambda: "preflight" not in summary.this.selected, unchanged("facts", lambda: facts(resolved))],
    }


def facts(resolved: Resolved) -> object:
    """Everything that can change the outcome, for the up-to-date check."""
    found = [(name, *_origin(each, resolved.layout), each.note) for name, each in resolved.findings.items()]
    located = litellm.find(resolved.layout, os.environ, resolved.request.choices.litellm)
    doubtful: object = [[], ""]
    if located:
        doubtful = [litellm.missing_modules(located, resolved.deployment.modules), str(litellm.refusal(located) or "")]
    others = [
        *(each.id for each in resolved.context.neighbours),
        git_ignore.seen(resolved.layout),
        *of_network(resolved),
    ]
    if bundle := resolved.request.choices.ca_bundle:
        others += [str(files.read(Path(bundle)))]
    return [
        resolved.request.choices.to_json(),
        found,
        doubtful,
        others,
        resolved.request.flags.allow_missing,
        time.strftime("%Y-%m-%d"),
    ]


def _origin(found: Finding, layout: Layout) -> tuple[object, str]:
    """A value and where it comes from; one that is, or is going to be, in the gateway's .env is as it should be."""
    ours = found.needs_key or found.source.endswith(f"{layout.gateway.name}/{layout.env_file.name}")
    return (None, "the gateway") if ours else (found.value, found.source)


@action
def look(resolved: Resolved) -> None:
    """Say where each value comes from, warn of what is doubtful, stop for what is missing."""
    deployment = resolved.deployment
    for found in resolved.findings.values():
        console.say(f"  {found.name}: {shown(found, secret=deployment.variable(found.name).secret)}")
    for text in (*surprises(resolved), *program_doubts(resolved)):
        console.warn(text)
    refuse(resolved)


def refuse(resolved: Resolved) -> None:
    """Raise the first reason why this cannot be deployed here."""
    placed(resolved.layout)
    alone(resolved.layout)
    left_running(resolved)
    readable(resolved.layout)
    git_ignore.refuse(resolved.layout)
    trusted(resolved.deployment)
    tls.check_client_certificate(resolved.request.choices, resolved.values.get(PASSPHRASE))
    other_tools.refuse(resolved.layout, resolved.context.neighbours, resolved.request.flags.force)
    token_binding.check(resolved.layout, resolved.context.catalogue, resolved.deployment, resolved.findings)
    complete(resolved)


def alone(layout: Layout) -> None:
    """Whether Claude Code is not joined to a gateway of ours in another folder, whose way back would be lost."""
    for other in elsewhere(layout):
        raise Conflict(
            f"a gateway of ours stands in {other}, and Claude Code is joined to that",
            f"Take it away first (doit deploy --target {other}, then doit uninstall), or stay there.",
            where=str(layout.gateway),
        )


def left_running(resolved: Resolved) -> None:
    """Whether no gateway of this machine would go on running without the scripts that stop it."""
    if not resolved.deployment.gateway.process and processes.running(resolved.layout):
        raise Conflict(
            f"the gateway of this machine still runs, and {resolved.deployment.gateway.name} takes its place",
            "Stop it first: doit stop",
            where=str(resolved.layout.gateway),
        )


def elsewhere(layout: Layout) -> list[Path]:
    """Other folders with a deployment: the usual one, and the one that is noted beside the settings."""
    noted = files.read_line(layout.pointer)
    places = [layout.claude / "gateway", *([Path(noted)] if noted else [])]
    return [each for each in places if each != layout.gateway and (each / layout.manifest.name).is_file()]


def shown(found: Finding, *, secret: bool) -> str:
    """Where a value comes from, and the value itself when it is no secret."""
    via = f" (as {found.via})" if found.via else ""
    note = f" ({found.note})" if found.note else ""
    if found.value is None:
        return ("made for this gateway" if found.needs_key else "not found") + note
    return ("set" if secret else console.printable(str(found.value))) + f", from {found.source}{via}{note}"


def surprises(resolved: Resolved) -> Iterator[str]:
    """What may surprise of this deployment."""
    yield from doubts(resolved.deployment)
    yield from of_network(resolved)
    yield from breaks(resolved)
    settings = resolved.layout.settings
    known = [name for name, found in resolved.findings.items() if found.value is not None or found.needs_key]
    if discloses(resolved.deployment, known) and files.open_to_others(settings):
        instead = "chmod 600 it, or have a helper print the token: --auth apikeyhelper"
        yield f"other users of this machine can read {settings}, in which the gateway's token stands; {instead}"


def doubts(deployment: Deployment) -> Iterator[str]:
    """What may surprise: models past their end, models that cannot call tools."""
    today = time.strftime("%Y-%m-%d")
    for model in deployment.models:
        if model.retired(today):
            instead = f"; {model.replacement} takes its place" if model.replacement else ""
            yield f"{model.id} was to end on {model.retires_on} and may not answer any more{instead}"
    told = (deployment.upstream.gateway if deployment.upstream else deployment.gateway).model_names
    if told and not deployment.names:
        yield f"Claude Code will ask for its own model names; to name others: --opus, --sonnet, --haiku. {told}"
    if deployment.names and len(deployment.names) < len(TIERS):
        without = ", ".join(f"--{tier}" for tier in TIERS if tier not in deployment.names)
        yield f"only some tiers have a model of the gateway; for the others Claude Code asks its own names ({without})"
    for model in {each.id: each for each in deployment.tiers.values()}.values():
        tiers = [tier for tier, each in deployment.tiers.items() if each.id == model.id]
        if model.tools != "yes" and model.id != deployment.answered_here:
            cannot = "cannot call tools" if model.tools == "no" else "is not known to call tools"
            yield f"{model.id} serves {', '.join(tiers)}, but {cannot}; choose another with --{tiers[0]} MODEL"


def of_network(resolved: Resolved) -> list[str]:
    """What may surprise of the way out."""
    known = {name: found.plain for name, found in resolved.findings.items() if found.plain}
    return list(network.doubts(resolved.deployment, known, os.environ))


def breaks(resolved: Resolved) -> Iterator[str]:
    """What works now and will not work as before, or would be seen by others."""
    yield from git_ignore.doubts(resolved.layout)
    manifest = history.installed(resolved.layout)
    if manifest is None:
        return
    deployment = resolved.deployment
    if manifest.gateway_url != deployment.url:
        yield f"the gateway moves from {manifest.gateway_url} to {deployment.url}; start it and claude anew"
    if gone := [name for name in manifest.models if name not in deployment.served]:
        yield f"no longer served: {', '.join(gone)}; a session that uses one must choose another (/model)"


def program_doubts(resolved: Resolved) -> Iterator[str]:
    """What is missing on this machine and can be had later; a refused LiteLLM is an error."""
    if not shutil.which("claude"):
        yield "Claude Code is not on PATH; it can be installed later: npm install -g @anthropic-ai/claude-code"
    if not resolved.deployment.gateway.process:
        return
    found = litellm.find(resolved.layout, os.environ, resolved.request.choices.litellm)
    if found is None:
        if not resolved.request.flags.start:  # with which it is installed
            yield "LiteLLM is not installed; it is needed to start the gateway: doit litellm"
        return
    if refused := litellm.refusal(found):
        raise refused
    yield from litellm.warnings(found)
    for module in litellm.missing_modules(found, resolved.deployment.modules):
        yield f"LiteLLM at {found.executable} lacks {module}, which these models need: doit litellm"


def placed(layout: Layout) -> None:
    """Whether the gateway can be put where it shall go."""
    place = next(path for path in (layout.gateway, *layout.gateway.parents) if path.exists())
    if not place.is_dir():
        raise GatewayError(
            "is not a directory", "Move it away, or choose another place with --target DIR.", where=str(place)
        )
    if not os.access(place, os.W_OK | os.X_OK):
        raise GatewayError(
            "may not be written by you", "Make it yours, or choose another place with --target DIR.", where=str(place)
        )
    if (free := shutil.disk_usage(place).free) < files.LEAST_SPACE:
        raise GatewayError(
            f"has {free // 2**20} MiB free, 50 are needed", "Make room, then run this again.", where=str(place)
        )


def readable(layout: Layout) -> None:
    """Whether Claude Code's settings can be edited: refused before anything is written, and never started afresh."""
    data = files.read(files.real_target(layout.settings))
    if data is not None:
        json_edit.edit(data, {ledger.BASE_URL: ""}, str(layout.settings))


def trusted(deployment: Deployment) -> None:
    """Whether the network's certificates can be read; warns when they have ended."""
    bundle = deployment.choices.ca_bundle
    if bundle and (ended := tls.find_expired(tls.read_bundle(Path(bundle)), bundle)):
        console.warn(f"{bundle}: {ended.says}")


def complete(resolved: Resolved) -> None:
    """Whether every needed variable has a usable value."""
    deployment = resolved.deployment
    ours = str(resolved.layout.certificates)  # deployed with the rest
    findings = {name: found for name, found in resolved.findings.items() if found.plain != ours}
    needed = [name for name in deployment.needs if name in findings]
    problems = environment.problems(findings, {name: deployment.variable(name) for name in findings}, needed)
    for problem in problems:
        if problem.severity == "warning" or resolved.request.flags.allow_missing:
            console.warn(f"{problem.variable}: {problem.problem}. {problem.remedy}")
    errors = [each for each in problems if each.severity == "error"]
    if errors and not resolved.request.flags.allow_missing:
        listing = "\n  ".join(f"{each.variable}: {each.problem}\n    {each.remedy}" for each in errors)
        more = "To go on without and fill in .env later: doit deploy --allow-missing"
        raise GatewayError(f"{len(errors)} of {len(deployment.needs)} values are not usable\n  {listing}", more)
