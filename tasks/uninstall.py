"""uninstall: give the machine back; what others added or changed stays, backups and history too unless purged."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from tasks.model import revision
from tasks.tools import (
    changing,
    console,
    fingerprint,
    history,
    joining,
    keeping,
    ownedfile,
    processes,
    run,
    scripts,
    session,
    standing,
)
from tasks.tools.steps import Task, action

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.model.layout import Layout
    from tasks.model.release import Manifest
    from tasks.tools.asked import Asked

PURGE = {
    "name": "purge",
    "long": "purge",
    "type": bool,
    "default": False,
    "help": "remove backups, history and credentials that could not be put back, too",
}


def task(asked: Asked) -> Task:
    """`doit uninstall [--purge]`: stop the gateway, undo settings, remove files."""
    return {
        "actions": [(take_away, [asked.layout])],
        "params": [PURGE],
        "setup": ["_transaction"],
        "meta": {"quiet": True},
    }


@action
def take_away(layout: Layout, purge: bool) -> None:
    """The process first, then files and settings in one transaction, then what the gateway itself wrote."""
    manifest = history.installed(layout)
    if manifest is None and not (purge and remains(layout)):
        raise history.nothing(layout)
    if manifest is not None:
        take_down(layout, manifest)
    leave(layout, purge=purge)
    told(layout)


def take_down(layout: Layout, manifest: Manifest) -> None:
    """Undo what the deployments did, as one more revision."""
    if processes.running(layout):
        scripts.run(layout, layout.stop_script.name)
    keeping.keep(layout)
    there = standing.of(layout, (), manifest)
    planned = [changing.leaving(name, each) for name, each in there.items() if each.found is not None]
    ledger, key = joining.ledger_of(layout), fingerprint.digest_key(layout)
    edit = joining.Edit(layout, lambda found: ownedfile.leave(found, ledger, key, str(layout.settings)))
    taken = manifest.standing(revision=history.next_number(layout), files={}, modes={}, models=(), variables={})
    history.prepare(layout, revision.Revision("uninstall", taken, {}, ()), {}, {})
    with session.joined(layout) as transaction:
        for change in planned:
            session.put(transaction, change)
        transaction.remove(layout.manifest.name)
        edit.put_into(transaction)
    for change in planned:
        (run.this.removed if change.kind == "remove" else run.this.kept).append(change.file)
    edit.tell(run.this)


def leave(layout: Layout, *, purge: bool) -> None:
    """Remove what runs left behind; the log of this run goes nowhere any more."""
    run.this.log = None
    run.this.backup = None if purge else run.this.backup
    runtime = [layout.pid_file, layout.deployment_log, *layout.gateway.glob(f"{layout.log.name}*")]
    for path in [*runtime, layout.choices, *([layout.ledger] if purge else [])]:
        with session.afterwards(path):
            path.unlink(missing_ok=True)
    for folder in [layout.venv, *([layout.backups, layout.history] if purge else [])]:
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)  # told() says what remains
    with contextlib.suppress(OSError):
        layout.backups.rmdir()


def told(layout: Layout) -> None:
    """The receipt, and whatever of ours is still there."""
    console.tell(f"Taken away: the gateway in {layout.gateway}, and our keys in {layout.settings}")
    for line in run.this.lines():
        console.tell(line)
    for path in remains(layout):
        console.tell(f"  remains     {path}")


def remains(layout: Layout) -> list[Path]:
    """What is still in the gateway's folder, beside the bookkeeping that goes with the lock."""
    if not layout.gateway.is_dir():
        return []
    return [path for path in sorted(layout.gateway.iterdir()) if path.name not in (".lock", ".digest-key")]
