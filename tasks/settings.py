"""settings: join Claude Code to the gateway through its settings.json, in the bytes of our keys and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.deploying import install
from tasks.core.frame.uptodate import holds

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session


def task(resolved: Resolved, session: Session) -> Task:
    """Edit settings.json and write the ledger; nothing to do when our keys are as they should be."""
    return {
        "actions": [(edit, [resolved, session])],
        "targets": [str(resolved.layout.ledger)],
        "task_dep": ["install"],
        "setup": ["_transaction", "backup"],
        "meta": {"until": "_commit"},
        "uptodate": [holds(lambda: install.plan_settings(resolved).is_empty)],
    }


@action
def edit(resolved: Resolved, session: Session) -> None:
    """Edit settings.json within the transaction; the ledger goes with it."""
    install.plan_settings(resolved).apply(session)
