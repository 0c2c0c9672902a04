"""uninstall: give the machine back; what others added stays, backups, history and profiles too unless purged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.console import console
from tasks.core.deploying import removal, uninstall
from tasks.core.history import history
from tasks.core.history.session import warn_of_failure
from tasks.core.service import handover, processes, strays, units

if TYPE_CHECKING:
    from tasks.core.deploying.change_plan import ChangePlan
    from tasks.core.history.session import Session
    from tasks.core.model.layout import Layout

OPTIONS = [
    {
        "name": "purge",
        "long": "purge",
        "type": bool,
        "default": False,
        "help": "remove backups, history, profiles, caches and withheld credentials, too",
    },
    {
        "name": "yes",
        "long": "yes",
        "short": "y",
        "type": bool,
        "default": False,
        "help": "do not ask, also at a terminal",
    },
]


def task(layout: Layout, session: Session) -> Task:
    """`doit uninstall [--purge] [--yes]`: stop the gateway, undo settings, remove files."""
    return {
        "actions": [(remove, [layout, session])],
        "params": OPTIONS,
        "setup": ["_transaction"],
        "meta": {"quiet": True},
    }


@action
def remove(layout: Layout, session: Session, purge: bool, yes: bool) -> None:
    """Files, settings and the process in one transaction, then what the gateway itself wrote."""
    summary = session.summary
    manifest = history.installed(layout)
    is_deployed = uninstall.is_deployed(layout, manifest)
    if not is_deployed and not uninstall.is_anything_left(layout, purge=purge):
        console.say(f"Nothing is deployed in {layout.gateway}, so nothing is removed.", "ok")
        return
    plan = None
    if is_deployed:
        plan = uninstall.plan_uninstall(layout, manifest)
        plan.check_settings()
    if not yes:
        uninstall.agree(layout, plan, purge=purge)
    if plan is not None:
        undo_deployments(layout, plan, session, needs_backup=not purge)
    with warn_of_failure(layout.gateway):
        if units.remove(layout):
            summary.removed.append(str(units.file_of(layout)))
        summary.removed += map(str, strays.end(layout))
    summary.removed += removal.remove_leftovers(layout)
    failures: list[OSError] = []
    if purge:
        summary.removed += removal.remove_memory(layout, failures)
    removal.remove_empty_folders(layout)
    summary.log = None  # it would be the first file of a new folder
    console.tell(uninstall.find_headline(layout, manifest, is_deployed=is_deployed))
    console.tell("\n".join(summary.lines()), hanging=12)
    for path in uninstall.find_remains(layout):
        console.tell(f"  remains     {path}")
    if failures:
        raise removal.Remaining(failures)


def undo_deployments(
    layout: Layout,
    plan: ChangePlan,
    session: Session,
    *,
    needs_backup: bool,
) -> None:
    """Undo what the deployments did, as one more revision; the gateway runs up to its end."""
    if needs_backup:
        session.summary.backup = uninstall.keep_backup(layout)
    instance = None
    if not units.runs(layout):  # else its unit ends it
        instance = processes.running(layout)
    if instance:
        session.dismiss(instance.pid)
    plan.apply(session)
    if instance:
        handover.see_off(instance)
