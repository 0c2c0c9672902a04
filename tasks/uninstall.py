"""uninstall: give the machine back; what others added stays, backups, history and profiles too unless purged."""

from __future__ import annotations

import contextlib
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.claude import settings_edit
from tasks.core.cli.steps import Task, action
from tasks.core.console import console, prompts, summary
from tasks.core.deploying import current
from tasks.core.disk import files, fingerprints
from tasks.core.history import backup, history, session
from tasks.core.litellm import litellm
from tasks.core.model import release
from tasks.core.model.errors import GatewayError
from tasks.core.profiles import named
from tasks.core.service import processes, scripts, units
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Change, Manifest

MADE_HERE = "LITELLM_MASTER_KEY"
"""The one secret that we make ourselves; without the gateway it opens nothing."""

PURGE = {
    "name": "purge",
    "long": "purge",
    "type": bool,
    "default": False,
    "help": "remove backups, history, profiles and credentials that could not be put back, too",
}


def task(layout: Layout) -> Task:
    """`doit uninstall [--purge]`: stop the gateway, undo settings, remove files."""
    return {
        "actions": [(take_away, [layout])],
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
    ledger, key = settings_edit.ledger_of(layout), fingerprints.digest_key(layout)
    edit = settings_edit.Edit(layout, lambda found: settings_edit.leave(found, ledger, key, str(layout.settings)))
    edit.compute(files.read(files.real_target(layout.settings)))  # refused before anything is stopped
    stop(layout)
    backup.keep(layout)
    planned = list(leaving(layout, manifest))
    taken = history.stamped(layout, manifest, files={}, modes={}, models=(), variables={})
    history.prepare(layout, release.Revision("uninstall", taken, {}, ()), {}, {})
    with session.joined(layout) as transaction:
        for change in planned:
            session.put(transaction, change)
        transaction.remove(layout.manifest.name)
        edit.put_into(transaction)
    for change in planned:
        (summary.this.removed if change.kind == "remove" else summary.this.kept).append(change.file)
    edit.tell(summary.this)
    if units.remove(layout):
        summary.this.removed.append(str(units.file_of(layout)))


def stop(layout: Layout) -> None:
    """Stop the gateway if it runs; somebody at a terminal is asked first."""
    if not processes.running(layout):
        return
    if sys.stdin.isatty() and not prompts.wanted("The gateway runs. Stop it and take it away?"):
        raise GatewayError("was left as it is", where=str(layout.gateway))
    scripts.stop(layout)


def leaving(layout: Layout, manifest: Manifest) -> Iterator[Change]:
    """What happens to each deployed file; .env stays when anybody else's values are in it."""
    for name, each in current.find_files(layout, (), manifest).items():
        if each.found is None:
            continue
        change = current.leaving(name, each)
        if name == layout.env_file.name and theirs(layout, manifest, each.found):
            change = change._replace(kind="keep", data=each.found)
        yield change


def theirs(layout: Layout, manifest: Manifest, found: bytes) -> bool:
    """Whether .env holds a line that was not made by us, or a secret that may stand nowhere else."""
    rendered = history.released(layout, manifest.revision, layout.env_file.name) or b""
    ours = {line.strip() for line in rendered.splitlines()}
    foreign = [line for line in found.splitlines() if line.strip() and line.strip() not in ours]
    values = env_file.parse(found.decode("utf-8", "surrogateescape"))
    secrets = {name for name, shown in manifest.variables.items() if shown == "set"} - {MADE_HERE}
    own = {name for name in values if name in manifest.variables and name not in secrets}
    own |= {name for name in secrets if Path(values.get(name, "")).is_file()}  # a path, not the secret itself
    return any(
        env_file.parse(line.decode("utf-8", "surrogateescape")).keys() - own or b"=" not in line for line in foreign
    )


def leave(layout: Layout, *, purge: bool) -> None:
    """Remove what runs left behind; the log of this run goes nowhere any more."""
    summary.this.log = None
    summary.this.backup = None if purge else summary.this.backup
    runtime = [layout.pid_file, layout.status_file, layout.served_config, layout.deployment_log]
    runtime += layout.gateway.glob(f"{layout.log.name}*")
    for path in [*runtime, layout.choices, layout.pointer, *([layout.ledger] if purge else [])]:
        with session.afterwards(path):
            path.unlink(missing_ok=True)
    ours = litellm.environments(layout)
    if litellm.is_ours(layout) and layout.venv.is_symlink():
        layout.venv.unlink()
    if purge:
        ours += [path.parent for path in layout.history.glob(f"*/{history.RECORD}")]
        for path in (each for each in layout.backups.glob("*") if each.name.startswith(backup.OURS)):
            path.unlink(missing_ok=True)
        for name in named.names(layout):
            named.remove(layout, name)
    for folder in ours:
        if not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)  # told() says what remains
    for folder in (layout.backups, layout.history):
        with contextlib.suppress(OSError):
            folder.rmdir()


def told(layout: Layout) -> None:
    """The receipt, and whatever of ours is still there."""
    console.tell(f"Taken away: the gateway in {layout.gateway}, and our keys in {layout.settings}")
    console.tell("\n".join(summary.this.lines()), hanging=12)
    for path in remains(layout):
        console.tell(f"  remains     {path}")


def remains(layout: Layout) -> list[Path]:
    """What is still in the gateway's folder, beside the bookkeeping that goes with the lock."""
    if not layout.gateway.is_dir():
        return []
    return [path for path in sorted(layout.gateway.iterdir()) if path.name not in (".lock", ".digest-key")]
