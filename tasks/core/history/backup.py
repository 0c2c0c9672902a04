"""Keeps what stands before it is changed: an archive of the gateway's files, a copy of Claude Code's settings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.disk import files
from tasks.core.history import archive as history_archive
from tasks.core.history import history
from tasks.core.secrets import encryption

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasks.core.model.layout import Layout

KEEP = 5
OURS = ("gateway-backup-", "settings-backup-", "metadata.json")
"""How everything begins that is kept in the folder of the backups."""

SETTINGS = "settings-backup-"
"""What copies of settings.json are called; they lie beside the archives."""


def keep(
    layout: Layout,
    *,
    secrets: bool = False,
    ending: str = "",
) -> Path | None:
    """Archive what is deployed, verified, and copy the settings; None where nothing is deployed.

    The newest KEEP stay. With *secrets* .env is in it too, encrypted. *ending*: what the name
    of the copy ends with until settle() decides, when it is for a first deployment.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    files.make_private_dir(layout.backups)
    members = _sources(layout, secrets=secrets)
    warning = find_lack(layout, members)
    if warning is not None:
        console.warn(warning)
    archive = None
    if members:
        archive = _archive(layout, members, stamp, secrets=secrets)
    _settings(layout, stamp, ending)
    return archive


def settle(layout: Layout, *, is_needed: bool) -> None:
    """Keep a copy of the settings that was only prepared.

    Remove it where it is not needed and says the same as the file.
    """
    current = files.read(layout.settings)
    for path in layout.backups.glob(f"*{history.PREPARED}"):
        if is_needed or files.read(path) != current:
            path.rename(path.with_suffix(""))
        else:
            path.unlink()


def find_lack(layout: Layout, members: Mapping[str, Path] | None = None) -> str | None:
    """A sentence when the disk may be too full for a backup; *members*: what would be in it."""
    if members is None:
        members = _sources(layout, secrets=False)
    sizes = [path.stat().st_size for path in members.values()]
    return history_archive.space_warning(layout.backups, 2 * sum(sizes))


def newest_settings(layout: Layout) -> Path | None:
    """The newest copy of settings.json; None when there is none."""
    return next(reversed(list_settings(layout)), None)


def list_settings(layout: Layout) -> list[Path]:
    """The copies of settings.json, oldest first."""
    return sorted(layout.backups.glob(f"{SETTINGS}*.json"), key=_age_of)


SECOND = len(f"{SETTINGS}20261130-151204")


def _age_of(copy: Path) -> tuple[str, int, str]:
    """What orders copies: the second in their names, then the number behind it."""
    name = copy.stem
    second = name[:SECOND]
    return second, len(name), name


def _sources(layout: Layout, *, secrets: bool) -> dict[str, Path]:
    """What goes into an archive: every file of ours that stands; those with secrets only when asked for."""
    manifest = history.installed(layout)
    names = [*(manifest.files if manifest else _ours(layout)), layout.manifest.name, layout.ledger.name]
    private = {layout.env_file.name, layout.ledger.name}
    found = {name: path for name in names if (path := layout.gateway / name).is_file()}
    chosen = {name: path for name, path in found.items() if secrets or name not in private}
    record = history.folder(layout, manifest.revision) / history.RECORD if manifest else None
    return chosen | ({history.RECORD: record} if record is not None and record.is_file() else {})


def _ours(layout: Layout) -> list[str]:
    """The names that a deployment would take, where files stand that no manifest tells of."""
    return [layout.config.name, layout.env_file.name, layout.start_script.name, layout.stop_script.name]


def _archive(
    layout: Layout,
    members: Mapping[str, Path],
    stamp: str,
    *,
    secrets: bool,
) -> Path:
    """Write and verify the archive, then let the oldest go."""
    manifest = history.installed(layout)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    facts = {"created_at": now, "revision": manifest.revision if manifest else 0, "secrets": secrets}
    phrase = encryption.asked() if secrets else None
    archive = history_archive.create(layout.backups, members, stamp=stamp, facts=facts, passphrase=phrase)
    history_archive.rotate(layout.backups, keep=KEEP, protect=[archive.path.name])
    return archive.path


def _settings(layout: Layout, stamp: str, ending: str) -> None:
    """Copy settings.json as it is, with the mode it has, unless the newest copy is the same."""
    target = files.real_target(layout.settings)
    data, mode = files.read(target), files.mode_of(target)
    copies = list_settings(layout)
    if data is None or mode is None or (copies and files.read(copies[-1]) == data):
        return
    names = files.number_names(layout.backups / f"{SETTINGS}{stamp}", f".json{ending}")
    files.keep(names, data, mode & 0o600)
    for old in copies[: -(KEEP - 1)]:
        old.unlink()
