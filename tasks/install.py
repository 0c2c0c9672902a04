"""install: make the gateway's folder hold the release, keeping what somebody changed there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.deploying import install
from tasks.core.frame.uptodate import holds
from tasks.core.merge import conflicts

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session


def task(resolved: Resolved, session: Session) -> Task:
    """Install the release; nothing to do when it is installed already.

    The staged files are no file dependencies: doit would run this step, and begin a transaction,
    whenever it has forgotten them. What is installed is compared by content.
    """
    layout = resolved.layout
    names = [artifact.file for artifact in resolved.deployment.artifacts]
    installed = [layout.gateway / name for name in names]
    return {
        "actions": [(write, [resolved, session])],
        "targets": [str(path) for path in (*installed, layout.manifest)],
        "task_dep": ["preflight", "stage", "validate"],
        "setup": ["_transaction", "backup"],
        "meta": {"until": "_commit"},
        "uptodate": [holds(lambda: install.is_installed(resolved))],
    }


@action
def write(resolved: Resolved, session: Session) -> None:
    """Put every change, the manifest and the revision into the transaction."""
    with conflicts.offered():
        plan = install.plan_install(resolved)
    if plan.is_empty:
        return
    install.refuse_invalid_edits(resolved.layout, plan.files)
    session.when_committed(lambda: install.note_place(resolved.layout))
    plan.apply(session)
