"""deploy: the goal; its options, and which steps a deployment, or a dry run of one, consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.cli import command_line
from tasks.core.cli.steps import Task, action
from tasks.core.deploying import interview, option_table, receipt
from tasks.core.deploying.options import resolve_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session


OPTIONS = option_table.OPTIONS


def resolve(options: dict[str, Any]) -> Resolved:
    """What the options ask for; where a person deploys at a terminal, ask for what they leave open."""
    if not asks(options):
        return resolve_options(options)
    given = [name for name, value in options.items() if value]
    return interview.hold(resolve_options(options, asking=True), given)


def asks(options: Mapping[str, Any]) -> bool:
    """Whether there may be questions: deploying is what was typed, at a terminal, by someone who can be asked."""
    if options["dry_run"] or command_line.behind("deploy") is None:
        return False
    return interview.can_ask(no_input=options["no_input"])


def task(resolved: Resolved, session: Session) -> Task:
    """The whole deployment; a dry run is another graph, in which nothing writes."""
    if resolved.request.flags.dry_run:
        return {"actions": None, "task_dep": ["plan"]}
    steps = ["_together", "choose", "preflight", "validate", "install", "settings"]
    steps += ["_prove", "_commit", "_verify", "_finish", "_profile"]
    if resolved.request.flags.start:
        interview.agree_to_litellm(resolved)
        steps[4:4], steps[-1:] = ["_litellm"], ["_profile", "_start"]
    return {
        "actions": [(report, [resolved, session])],
        "task_dep": steps,
        "meta": {"quiet": True},
    }


@action
def report(resolved: Resolved, session: Session) -> None:
    """What happened, what to do next, how to undo it; one line when nothing did."""
    receipt.report(resolved, session.summary)
