"""settings: join Claude Code to the gateway through its settings.json, in the bytes of our keys and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.model.deployment import settings_of
from tasks.tools import files, joining, run, session
from tasks.tools.steps import Task, action
from tasks.tools.uptodate import holds

if TYPE_CHECKING:
    from tasks.model.ledger import Ledger
    from tasks.tools.asked import Asked
    from tasks.tools.ownedfile import Outcome


def task(asked: Asked) -> Task:
    """Patch settings.json and write the ledger; nothing to do when our keys hold what they should."""
    return {
        "actions": [(patch, [asked])],
        "targets": [str(asked.layout.ledger)],
        "task_dep": ["install"],
        "setup": ["_transaction", "backup"],
        "meta": {"until": "_commit"},
        "uptodate": [holds(lambda: joined(asked))],
    }


def joined(asked: Asked) -> bool:
    """Whether settings.json stands as it should."""
    found = files.read(files.real_target(asked.layout.settings))
    result = outcome(asked, found, joining.ledger_of(asked.layout))
    return asked.layout.ledger.exists() and result.data == found and not result.conflicts


def outcome(asked: Asked, found: bytes | None, ledger: Ledger | None) -> Outcome:
    """What settings.json should become, and the ledger that is true then; reads, writes nothing."""
    return joining.outcome(asked.layout, settings_of(asked.deployment), asked.complete_values, found, ledger)


def patched(asked: Asked, found: bytes | None) -> bytes | None:
    """What settings.json should become; Conflict when the user changed what the gateway cannot do without."""
    result = outcome(asked, found, joining.ledger_of(asked.layout))
    if result.conflicts:
        raise joining.conflict(asked.layout, result)
    return result.data


@action
def patch(asked: Asked) -> None:
    """Edit settings.json within the transaction; the ledger goes with it."""
    before = joining.ledger_of(asked.layout)
    edit = joining.Edit(asked.layout, lambda found: outcome(asked, found, before))
    with session.joined(asked.layout) as transaction:
        edit.put_into(transaction)
        session.when_committed(lambda: edit.tell(run.this))
