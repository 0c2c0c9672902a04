"""preflight: is all there that this deployment needs? Reads only; finds everything at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, Task, action
from tasks.core.console import console
from tasks.core.deploying import caveats, choices_page, prerequisites
from tasks.core.frame.uptodate import unchanged
from tasks.core.model.errors import GatewayError

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session


def task(resolved: Resolved, session: Session) -> Task:
    """Look again when anything it looks at has changed, and whenever it is the command itself."""
    return {
        "actions": [(look, [resolved])],
        "task_dep": ["choose"],
        "params": [JSON],
        "meta": {"checks": True},
        "uptodate": [
            lambda: "preflight" not in session.summary.selected,
            unchanged(lambda: prerequisites.list_facts(resolved)),
        ],
    }


@action
def look(resolved: Resolved) -> None:
    """Say where each value comes from, warn of what is doubtful, stop for what is missing."""
    try:
        report(resolved)
        for text in prerequisites.find_doubts(resolved):
            console.warn(text)
    except GatewayError as error:
        choices_page.explain(resolved.request, error)
        raise


def report(resolved: Resolved) -> None:
    """Say where each value comes from; warn of what this deployment changes, or may still lack."""
    for name, found in resolved.findings.items():
        is_secret = resolved.deployment.variable(name).secret
        origin = prerequisites.describe_origin(found, is_secret=is_secret)
        console.say(f"  {name}: {origin}")
    for text in caveats.find_breaks(resolved):
        console.warn(text)
    for text in caveats.find_absent_programs(resolved):
        console.warn(text)
    if not resolved.request.flags.start:
        for text in prerequisites.find_port_doubts(resolved):
            console.warn(text)
