"""upgrade: which version runs, which deployed, what is newer, how to get it, and what changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, Task, action, make_flag
from tasks.core.console import console
from tasks.core.deploying import plan as deploying_plan
from tasks.core.deploying.resolve import resolve
from tasks.core.frame import upgrade_page

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved

CHECK = "ask the network whether there is a newer version: the repository, or the package index"
OPTIONS = [make_flag("check", CHECK), JSON]


def task(resolved: Resolved) -> Task:
    """`doit upgrade [--check] [--json]`. Only looks: what installed this is what updates it."""
    request = replace(resolved.request, is_read_only=True)
    looking = resolve(request, resolved.context)
    return {"actions": [(show, [looking])], "params": OPTIONS, "meta": {"quiet": True}}


@action
def show(
    resolved: Resolved,
    *,
    as_json: bool,
    check: bool,
) -> None:
    """Print the facts, for a person or a program."""
    facts = upgrade_page.gather(resolved, check=check)
    if as_json:
        console.document(facts)
        return
    console.tell("\n".join(upgrade_page.lines(facts, console.width())))
    if facts["plan"] and deploying_plan.changes(facts["plan"]):
        console.say("To deploy with this version: doit deploy")
