"""uninstall: give the machine back; what others added stays, backups, history and profiles too unless purged."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.console import console, prompts
from tasks.core.deploying import uninstall
from tasks.core.history import history
from tasks.core.model.errors import GatewayError
from tasks.core.service import processes, scripts, strays, units

if TYPE_CHECKING:
    from tasks.core.console.summary import Summary
    from tasks.core.history.session import Session
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest

PURGE = {
    "name": "purge",
    "long": "purge",
    "type": bool,
    "default": False,
    "help": "remove backups, history, profiles and credentials that could not be put back, too",
}


def task(layout: Layout, session: Session) -> Task:
    """`doit uninstall [--purge]`: stop the gateway, undo settings, remove files."""
    return {
        "actions": [(remove, [layout, session])],
        "params": [PURGE],
        "setup": ["_transaction"],
        "meta": {"quiet": True},
    }


@action
def remove(layout: Layout, session: Session, purge: bool) -> None:
    """The process first, then files and settings in one transaction, then what the gateway itself wrote."""
    manifest = history.installed(layout)
    if manifest is None and not (purge and uninstall.find_remains(layout)):
        raise history.nothing(layout)
    if manifest is not None:
        undo_deployments(layout, manifest, session, needs_backup=not purge)
    strays_ended = strays.end(layout)
    session.summary.removed += map(str, strays_ended)
    uninstall.remove_leftovers(layout)
    failure = None
    if purge:
        failure = uninstall.remove_memory(layout)
    uninstall.remove_empty_folders(layout)
    session.summary.log = None  # it would be the first file of a new folder
    report(layout, session.summary)
    if failure is not None:
        raise failure


def undo_deployments(
    layout: Layout,
    manifest: Manifest,
    session: Session,
    *,
    needs_backup: bool,
) -> None:
    """Undo what the deployments did, as one more revision."""
    plan = uninstall.plan_uninstall(layout, manifest)
    plan.check_settings()  # refused before anything is stopped
    stop(layout)
    if needs_backup:
        session.summary.backup = uninstall.keep_backup(layout)
    plan.apply(session)
    if units.remove(layout):
        session.summary.removed.append(str(units.file_of(layout)))


def stop(layout: Layout) -> None:
    """Stop the gateway if it runs; a person at a terminal is asked first."""
    if not processes.running(layout):
        return
    if sys.stdin.isatty() and not prompts.wanted("The gateway runs. Stop it and take it away?"):
        raise GatewayError("was left as it is", where=str(layout.gateway))
    scripts.stop(layout)


def report(layout: Layout, summary: Summary) -> None:
    """The receipt, and what is still in the gateway's folder."""
    console.tell(f"Taken away: the gateway in {layout.gateway}, and our keys in {layout.settings}")
    console.tell("\n".join(summary.lines()), hanging=12)
    for path in uninstall.find_remains(layout):
        console.tell(f"  remains     {path}")
