"""settings: join Claude Code to the gateway through its settings.json, in the bytes of our keys and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.claude import settings_edit
from tasks.core.cli.steps import Task, action
from tasks.core.console import summary
from tasks.core.disk import files
from tasks.core.frame.uptodate import holds
from tasks.core.history import session
from tasks.core.model.deployment import settings_of

if TYPE_CHECKING:
    from tasks.core.claude.ledger import Ledger
    from tasks.core.claude.settings_edit import Outcome
    from tasks.core.deploying.resolve import Resolved


def task(resolved: Resolved) -> Task:
    """Patch settings.json and write the ledger; nothing to do when our keys hold what they should."""
    return {
        "actions": [(patch, [resolved])],
        "targets": [str(resolved.layout.ledger)],
        "task_dep": ["install"],
        "setup": ["_transaction", "backup"],
        "meta": {"until": "_commit"},
        "uptodate": [holds(lambda: joined(resolved))],
    }


def joined(resolved: Resolved) -> bool:
    """Whether settings.json stands as it should."""
    found = files.read(files.real_target(resolved.layout.settings))
    result = outcome(resolved, found, settings_edit.ledger_of(resolved.layout))
    return resolved.layout.ledger.exists() and result.data == found and not result.conflicts


def outcome(resolved: Resolved, found: bytes | None, ledger: Ledger | None) -> Outcome:
    """What settings.json should become, and the ledger that is true then; reads, writes nothing."""
    return settings_edit.outcome(
        resolved.layout, settings_of(resolved.deployment), resolved.complete_values, found, ledger
    )


def patched(resolved: Resolved, found: bytes | None) -> bytes | None:
    """What settings.json should become; Conflict when the user changed what the gateway cannot do without."""
    result = outcome(resolved, found, settings_edit.ledger_of(resolved.layout))
    if result.conflicts:
        raise settings_edit.conflict(resolved.layout, result)
    return result.data


@action
def patch(resolved: Resolved) -> None:
    """Edit settings.json within the transaction; the ledger goes with it."""
    before = settings_edit.ledger_of(resolved.layout)
    edit = settings_edit.Edit(resolved.layout, lambda found: outcome(resolved, found, before))
    with session.joined(resolved.layout) as transaction:
        edit.put_into(transaction)
        session.when_committed(lambda: edit.tell(summary.this))
