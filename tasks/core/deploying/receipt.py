"""What a deployment prints at its end: what happened, what to do next, how to undo it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.deploying import asked, command, situation
from tasks.core.history import history
from tasks.core.http import probe
from tasks.core.litellm import litellm
from tasks.core.model.errors import Unhealthy
from tasks.core.model.layout import is_packaged
from tasks.core.service import processes
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.console.summary import Summary
    from tasks.core.deploying.resolve import Resolved


WORKS, NEXT, UNDO = "Works:", "Next:", "Undo:"
"""How the last three lines begin."""

HELP = "doit doctor finds what is wrong; {}"
PAGES = "docs/index.md has a page for each task"
OF_COMMANDS = "doit help COMMAND explains each command"
"""Where more is said: a package comes without the pages."""


def report(resolved: Resolved, summary: Summary) -> None:
    """Print the receipt of a deployment; one line when nothing had to change."""
    if not summary.written:
        _report_nothing(resolved, summary)
        return
    lines = [
        *describe_deployment(resolved),
        *summary.lines(),
        *describe_help(summary),
    ]
    page = "\n".join(lines)
    console.tell(page, hanging=12)
    is_silent = warn_of_silence(resolved)
    # Printed one by one, they are not folded: there are commands in them.
    state = describe_state(
        resolved,
        summary,
        is_silent=is_silent,
    )
    commands = [
        *describe_repetition(resolved),
        *state,
        *describe_next_steps(resolved, is_silent=is_silent),
        *describe_undo(resolved),
    ]
    for line in commands:
        console.tell(emphasize(line))


def emphasize(line: str) -> str:
    """One of the three last lines in bold; what belongs to it is indented."""
    emphasized = (WORKS, NEXT, UNDO)
    if line.startswith(emphasized):
        return console.bold(line)
    return line


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
    yield f"  asks        {asked.format_current(resolved)}"
    yield f"  gateway     {deployment.url}"


def describe_help(summary: Summary) -> Iterator[str]:
    """Where to look when something does not work."""
    if summary.log is not None:
        yield f"  log         {summary.log}"
    pages = OF_COMMANDS if is_packaged() else PAGES
    yield f"  help        {HELP.format(pages)}"


def warn_of_silence(resolved: Resolved) -> bool:
    """Whether a company's gateway cannot be reached from here; warns of it."""
    if resolved.deployment.gateway.process:
        return False
    values = env_file.deployed(resolved.layout)
    try:
        probe.require_gateway(resolved.deployment, values)
    except Unhealthy as error:
        console.warn(f"{error}\n  Until then claude gets no answer.")
        return True
    return False


def describe_state(
    resolved: Resolved,
    summary: Summary,
    *,
    is_silent: bool,
) -> Iterator[str]:
    """Whether Claude Code gets an answer now, and from where."""
    url = resolved.deployment.url
    if is_silent:
        yield f"{WORKS} not yet: no answer from {url}"
    elif needs_start(resolved):
        yield f"{WORKS} once the gateway runs; until then claude waits"
    elif summary.heard:
        yield f"{WORKS} Claude Code uses {url}, and a model has answered there"
    else:
        yield f"{WORKS} Claude Code uses {url}, which answers"


def describe_next_steps(
    resolved: Resolved,
    *,
    is_silent: bool = False,
) -> Iterator[str]:
    """How to use it.

    The gateway first, then Claude Code.
    """
    if is_silent:
        yield f"{NEXT}  doit doctor"
        yield "       finds out why there is no answer; then run claude"
    elif needs_start(resolved):
        yield from describe_start(resolved)
    else:
        yield f"{NEXT}  run claude, and type /status in it"
        yield "       a claude that is open keeps its models until it is restarted"
    folder = resolved.request.choices.scope
    if folder:
        trust = "there claude asks whether you trust the folder, and joins once you do"
        yield f"       in {folder}; {trust}"


def describe_start(resolved: Resolved) -> Iterator[str]:
    """How to start the gateway, with what is there; until then claude waits."""
    if situation.has_litellm(resolved):
        yield f"{NEXT}  doit start"
        yield "       or, without this program:"
        script = shlex.quote(str(resolved.layout.start_script))
        yield f"       sh {script}"
        return
    yield f"{NEXT}  doit deploy --start --yes"
    yield f"       installs LiteLLM ({litellm.TAKES}) and starts it"


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
        yield f"{UNDO}  doit rollback"
        yield "       or, to remove all of it: doit uninstall"
    else:
        yield f"{UNDO}  doit uninstall"


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
    console.say(f"{text}: {preset} is deployed in {place} as chosen.", "ok")
