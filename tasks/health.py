"""health: is the gateway ready, does it serve what was deployed; --deep: does each tier really answer. Only looks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, Task, action
from tasks.core.console import console, prompts
from tasks.core.history import history
from tasks.core.http import gateway
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settle
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.service import health
from tasks.core.service.state import State
from tasks.core.values import env_file

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved

DEEP = "send one small real request to the model of each tier, which may cost money"
OPTIONS = [
    JSON,
    {"name": "deep", "long": "deep", "type": bool, "default": False, "help": DEEP},
    {
        "name": "yes",
        "long": "yes",
        "short": "y",
        "type": bool,
        "default": False,
        "help": "do not ask before --deep",
    },
]


def task(resolved: Resolved) -> Task:
    """`doit health [--deep [--yes]] [--json]`."""
    return {"actions": [(look, [resolved])], "params": OPTIONS, "meta": {"quiet": True}}


@action
def look(resolved: Resolved, deep: bool, yes: bool, as_json: bool) -> None:
    """Print what was found; Unhealthy when something is wrong."""
    manifest = history.current(resolved.layout)
    deployment = settle(Choices.from_json(manifest.choices), resolved.context.catalogue)
    names = {}
    if deep:
        names = health.find_tiers(deployment)
        agree(names, yes=yes)
    state = State(resolved.layout, manifest)
    if not state.is_local:
        values = env_file.deployed(resolved.layout)
        state = State(resolved.layout, manifest, gateway.build_caller(deployment, values))
    facts = health.examine(state, names)
    if as_json:
        console.document(facts)
    else:
        for line in health.lines(facts):
            console.tell(line)
    if not facts["healthy"]:
        error = health.find_verdict(facts)
        error.told = as_json
        raise error


def agree(names: health.Names, *, yes: bool) -> None:
    """Say what will be asked; go on only if that is wanted."""
    listed = ", ".join(names)
    console.warn(f"One small request is sent to each of {listed}; this may cost money.")
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("--deep may cost money, and nobody is here to be asked", "Agree to it with --yes.")
    if not prompts.wanted("Send them?"):
        raise GatewayError("nothing was sent")
