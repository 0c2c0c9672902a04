"""What an uninstall removes beside the deployed files; each function says what it removed."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

from tasks.core.deploying import remembered, work_folders
from tasks.core.disk import files
from tasks.core.disk.targets import START_LOCK
from tasks.core.history import backup, history
from tasks.core.history.session import warn_of_failure
from tasks.core.litellm import litellm
from tasks.core.model.errors import GatewayError
from tasks.core.profiles import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tasks.core.model.layout import Layout

MEGABYTE, GIGABYTE = 1e6, 1e9


class Remaining(GatewayError):
    """The gateway is gone, and not all that was to go with it."""

    exit_code = 75

    def __init__(self, failures: Sequence[OSError]) -> None:
        first = failures[0]
        more = ""
        if len(failures) > 1:
            more = f", nor could {len(failures) - 1} more"
        super().__init__(
            f"could not be removed ({first.strerror}){more}; Claude Code is disconnected",
            "Fix that, then run this again: doit uninstall --purge",
            where=str(first.filename or ""),
        )


def remove_leftovers(layout: Layout) -> Iterator[str]:
    """Remove what runs left behind, and our own environments of LiteLLM.

    The place of the gateway and what was chosen for it are forgotten, too.
    """
    logs = layout.gateway.glob(f"{layout.log.name}*")
    half_written = layout.gateway.glob("gateway.*.new")
    paths = [
        layout.pid_file,
        layout.status_file,
        layout.served_config,
        layout.deployment_log,
        *logs,
        *half_written,
        layout.pointer,
    ]
    for path in paths:
        if not os.path.lexists(path):
            continue
        with warn_of_failure(path):
            path.unlink()
            yield show(layout, path)
    start_lock = layout.gateway / START_LOCK
    shutil.rmtree(start_lock, ignore_errors=True)
    choices = layout.choices
    if choices.exists() and remembered.is_about(layout):
        with warn_of_failure(choices):
            remembered.forget(layout)
    yield from _remove_environments(layout)


def _remove_environments(layout: Layout) -> Iterator[str]:
    """Remove our own environments of LiteLLM; the report says which remain."""
    environments = litellm.environments(layout)
    if litellm.is_ours(layout) and layout.venv.is_symlink():
        with warn_of_failure(layout.venv):
            layout.venv.unlink()
    for folder in environments:
        if folder.is_symlink():
            continue
        size = measure(folder) / MEGABYTE
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            yield f"{folder.name} (LiteLLM, {size:.0f} MB)"


def remove_memory(
    layout: Layout,
    failures: list[OSError],
) -> Iterator[str]:
    """Remove what an uninstall otherwise keeps.

    Backups, history, profiles, credentials that could not be restored, and what commands keep of
    this gateway. What the system does not let go is added to *failures*.
    """
    with work_folders.claim(layout) as kept:
        paths = [
            *find_memory(layout),
            *kept,
        ]
        for path in paths:
            if not os.path.lexists(path):
                continue
            try:
                _remove(path)
            except OSError as error:
                failures.append(error)
            else:
                yield show(layout, path)


def find_memory(layout: Layout) -> Iterator[Path]:
    """What an uninstall keeps, and --purge removes.

    A purge that was killed may have left only a part of each.
    """
    yield layout.ledger
    yield layout.recovery_copy
    for path in sorted(layout.backups.glob("*")):
        if path.name.startswith(backup.OURS):
            yield path
    for name in named.names(layout):
        yield named.path_of(layout, name)
    for path in sorted(layout.history.glob("*")):
        if _is_revision(path):
            yield path


def remove_empty_folders(layout: Layout) -> None:
    """Remove the folders of backups, history, profiles and of our own, if nothing is in them."""
    folders = [
        layout.backups,
        layout.history,
        layout.profiles,
        layout.choices.parent,
        layout.build,
        layout.notes,
    ]
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def show(layout: Layout, path: Path) -> str:
    """A path as the receipt has it.

    One below the gateway's folder is shown without that.
    """
    if path.is_relative_to(layout.gateway):
        path = path.relative_to(layout.gateway)
    return str(path)


def measure(folder: Path) -> int:
    """The bytes of all files in *folder*; a link counts as its own few."""
    size = 0
    for path in files.below(folder):
        status = os.lstat(path)
        size += status.st_size
    return size


def _is_revision(path: Path) -> bool:
    """Whether a folder is a revision, or what a killed purge left of one.

    A name is not enough: history/2019 may be a folder of the user's.
    """
    if not path.stem.isdecimal() or not path.is_dir():
        return False
    if path.suffix == history.PREPARED:
        return True
    names = {child.name for child in path.iterdir()}
    return not names or history.RECORD in names


def _remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    for child in path.iterdir():
        # Last, so that what a killed purge leaves can be recognised.
        if child.name != history.RECORD:
            _remove(child)
    shutil.rmtree(path)
