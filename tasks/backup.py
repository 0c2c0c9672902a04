"""backup: archive what stands, when it is about to change; keep the newest five, and never lose the only good one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.history import aftermath, backup, history

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session

INCLUDE_SECRETS = {
    "name": "include_secrets",
    "long": "include-secrets",
    "type": bool,
    "default": False,
    "help": "put .env into the archive too, encrypted",
}


def task(resolved: Resolved, session: Session) -> Task:
    """A setup of install and settings, so it runs only when one of them is about to; or by itself."""
    return {
        "actions": [(make, [resolved, session])],
        "params": [INCLUDE_SECRETS],
        "setup": ["_transaction"],
    }


@action
def make(
    resolved: Resolved,
    session: Session,
    include_secrets: bool,
) -> None:
    """One archive of the gateway's files, one copy of Claude Code's settings."""
    secrets = include_secrets or resolved.request.flags.include_secrets
    is_asked_for = "backup" in session.summary.selected
    ending = ""
    if not is_asked_for and aftermath.is_unused(resolved.layout):
        ending = history.PREPARED
    session.summary.backup = backup.keep(resolved.layout, secrets=secrets, ending=ending)
