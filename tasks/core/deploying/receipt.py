"""What a deployment prints at its end: what happened, what to do next, how to undo it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.deploying import command
from tasks.core.history import history
from tasks.core.service import processes

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


def describe_next_steps(resolved: Resolved) -> Iterator[str]:
    """How to use it.

    The gateway first, then Claude Code.
    """
    layout = resolved.layout
    if needs_start(resolved):
        yield "Next:  doit start"
        yield "       or, without this checkout:"
        script = shlex.quote(str(layout.start_script))
        yield f"       sh {script}"
    else:
        yield "Next:  run claude, and type /status in it"
        yield "       a claude that is open keeps its models until it is started anew"
    folder = resolved.request.choices.scope
    if folder:
        trust = "there claude asks whether you trust the folder, and joins once you do"
        yield f"       in {folder}; {trust}"


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
