"""What a deployment prints at its end: what happened, what to do next, how to undo it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.deploying import command, situation
from tasks.core.history import history
from tasks.core.http import probe
from tasks.core.litellm import litellm
from tasks.core.model.errors import Unhealthy
from tasks.core.service import processes
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.console.summary import Summary
    from tasks.core.deploying.resolve import Resolved


def report(resolved: Resolved, summary: Summary) -> None:
    """Print the receipt of a deployment; one line when nothing had to change."""
    if not summary.written:
        _report_nothing(resolved, summary)
        return
    lines = [
        *describe_deployment(resolved),
        *summary.lines(),
    ]
    console.tell("\n".join(lines), hanging=12)
    warn_of_silence(resolved)
    # Printed one by one, they are not folded: there are commands in them.
    commands = [
        *describe_next_steps(resolved),
        *describe_undo(resolved),
        *describe_repetition(resolved),
    ]
    for line in commands:
        console.tell(line)


def describe_deployment(resolved: Resolved) -> Iterator[str]:
    """What is deployed, a fact a line.

    A gateway that serves its own names has no models here.
    """
    deployment = resolved.deployment
    yield f"Deployed {deployment.preset.id} to {resolved.layout.gateway}"
    if deployment.models:
        ids = [model.id for model in deployment.models]
        models = ", ".join(ids)
        yield f"  models      {models}"
    tiers = [f"{tier} {name}" for tier, name in deployment.names.items()]
    named = ", ".join(tiers) or "as Claude Code names its models"
    yield f"  tiers       {named}"
    yield f"  gateway     {deployment.url}"


def warn_of_silence(resolved: Resolved) -> None:
    """Warn where a company's gateway cannot be reached from here."""
    if resolved.deployment.gateway.process:
        return
    try:
        probe.require_gateway(resolved.deployment, env_file.deployed(resolved.layout))
    except Unhealthy as error:
        console.warn(f"{error}\n  Until then claude gets no answer. See: doit doctor")


def describe_next_steps(resolved: Resolved) -> Iterator[str]:
    """How to use it.

    The gateway first, then Claude Code.
    """
    if needs_start(resolved):
        yield from describe_start(resolved)
    else:
        yield "Next:  run claude, and type /status in it"
        yield "       a claude that is open keeps its models until it is started anew"
    folder = resolved.request.choices.scope
    if folder:
        trust = "there claude asks whether you trust the folder, and joins once you do"
        yield f"       in {folder}; {trust}"


def describe_start(resolved: Resolved) -> Iterator[str]:
    """How to start the gateway, with what is there; until then claude waits."""
    if situation.has_litellm(resolved):
        yield "Next:  doit start"
        yield "       until then claude waits; or, without this checkout:"
        script = shlex.quote(str(resolved.layout.start_script))
        yield f"       sh {script}"
        return
    yield "Next:  doit deploy --start --yes"
    yield f"       installs LiteLLM ({litellm.TAKES}) and starts it; until then claude waits"


def needs_start(resolved: Resolved) -> bool:
    """Whether the gateway is one of this machine and is not running."""
    if resolved.request.flags.start:
        return False
    if not resolved.deployment.gateway.process:
        return False
    return not processes.running(resolved.layout)


def describe_undo(resolved: Resolved) -> Iterator[str]:
    """How to undo it.

    Before the first revision there is nothing to go back to.
    """
    if history.current(resolved.layout).revision > 1:
        yield "Undo:  doit rollback"
        yield "       or, to take all of it away: doit uninstall"
    else:
        yield "Undo:  doit uninstall"


def describe_repetition(resolved: Resolved) -> Iterator[str]:
    """How to do the same without being asked.

    Values that were typed are not in the command: they may be secret.
    """
    request = resolved.request
    if request.was_interviewed:
        yield f"Same:  {command.spell_command(request)}"
    if request.answers:
        names = ", ".join(request.answers)
        yield f"       with {names} in the environment"


def _report_nothing(resolved: Resolved, summary: Summary) -> None:
    # There is a log once the transaction has begun: then a step looked again.
    text = "Nothing had to change"
    if summary.log is None:
        text = "Nothing to do"
    preset = resolved.deployment.preset.id
    place = resolved.layout.gateway
    console.say(f"{text}: {preset} stands in {place} as chosen.", "ok")
