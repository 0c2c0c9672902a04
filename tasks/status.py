"""status: what is deployed, whether it runs, what it serves, and what has drifted. Only looks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tasks.core.claude import losses
from tasks.core.cli.steps import EXIT_CODE, JSON, Task, action
from tasks.core.console import console
from tasks.core.deploying import choices_page, drift
from tasks.core.deploying.expected import Memo
from tasks.core.disk import lock, targets
from tasks.core.history import history, our_form
from tasks.core.litellm import litellm
from tasks.core.model.errors import Changed
from tasks.core.service import status_page, strays, traces
from tasks.core.service.state import State

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.layout import Layout
    from tasks.core.service.strays import Stray

HELP = "exit 2 when anything changed"
OPTIONS = [JSON, {**EXIT_CODE, "help": HELP}]


def task(resolved: Resolved) -> Task:
    """`doit status [--json] [--exit-code]`."""
    memo = Memo()
    return {
        "actions": [(show, [resolved, memo])],
        "params": OPTIONS,
        "meta": {"quiet": True},
        "uptodate": [memo],
    }


@action
def show(resolved: Resolved, memo: Memo, as_json: bool, exit_code: bool) -> None:
    """Print the facts, for a person or a program."""
    facts = gather(resolved, memo)
    if as_json:
        console.document(facts)
    else:
        hanging = 11 if facts["deployed"] else 2
        console.tell("\n".join(status_page.lines(facts)), hanging)
    if exit_code and status_page.find_odd(facts["drift"]):
        raise Changed("what stands is not what was left there", "See it: doit status")


def gather(resolved: Resolved, memo: Memo) -> dict[str, Any]:
    """Everything that is known, as JSON values (templates/schemas/status.schema.json)."""
    layout = resolved.layout
    holder = lock.holder(layout)
    known = resolved.request.remembered
    facts: dict[str, Any] = {
        "gateway": str(layout.gateway),
        "deployed": None,
        "process": None,
        "litellm": None,
        "drift": [],
        "strays": [stray._asdict() for stray in find_strays(layout)],
        "chosen": "",
        "is_gone": targets.is_gone(layout.gateway),
        "points_at": None,
        "lost": losses.describe(layout),
        "checkout": None,
        "lock": holder._asdict() if holder else None,
    }
    if known and known.chosen:
        facts["chosen"] = choices_page.describe_pending(known)
    if manifest := history.installed(layout):
        comparison = drift.compare(resolved, manifest, memo)
        facts["deployed"] = status_page.describe_deployment(manifest)
        facts["process"] = status_page.describe_process(State(layout, manifest))
        facts["litellm"] = find_program(resolved)
        facts["drift"] = drift.describe_drift(resolved, manifest, comparison)
        facts["checkout"] = comparison.checkout
    else:
        facts["points_at"] = our_form.find_address(layout) or None
    return facts


def find_strays(layout: Layout) -> list[Stray]:
    """Gateways that were left behind; all processes are looked at only where that may be."""
    if not traces.are_there(layout):
        return []
    return strays.find(layout)


def find_program(resolved: Resolved) -> dict[str, Any] | None:
    """The LiteLLM that would be started."""
    program = litellm.find(resolved.layout, os.environ, resolved.request.choices.litellm)
    if program is None:
        return None
    return {"version": program.version, "program": str(program.executable)}
