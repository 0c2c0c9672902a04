"""What a command that failed or was killed left in the history and among the backups.

The transaction takes care of the deployed files. Around it, and before it, a revision is prepared
and settings.json is copied: without a deployment neither has a reason to be there.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tasks.core.disk import recovery as disk_recovery
from tasks.core.history import backup, history
from tasks.core.model.errors import GatewayError

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.disk.recovery import Recovered
    from tasks.core.model.layout import Layout


def recover(layout: Layout) -> Recovered:
    """End what a killed command left; see disk.recovery.recover()."""
    done = disk_recovery.recover(layout)
    if not is_left(layout):
        return done
    cleaned = disk_recovery.recover(layout, lambda: clean(layout))
    return done or cleaned


def is_left(layout: Layout) -> bool:
    """Whether something is left that clean() removes. Writes nothing."""
    pattern = f"*{history.PREPARED}"
    for folder in (layout.history, layout.backups):
        if any(folder.glob(pattern)):
            return True
    if not is_unused(layout):
        return False
    return _is_empty(layout.backups)


def is_unused(layout: Layout) -> bool:
    """Whether nothing is deployed, and nothing ever was as far as the history goes."""
    return not layout.manifest.exists() and not history.numbers(layout)


def clean(layout: Layout) -> bool:
    """Keep what was prepared for what is deployed, remove all else; whether anything changed.

    Hold the lock. What cannot be removed is left to the next command.
    """
    if disk_recovery.pending(layout):
        return False  # undetermined: the next command may finish it, and needs its revision
    before = is_left(layout)
    with contextlib.suppress(OSError, GatewayError):
        settle(layout, history.find_true(layout))
    return before and not is_left(layout)


def settle(layout: Layout, true: int | None) -> None:
    """Keep what was prepared for the revision *true*, with its copy of settings.json.

    All else that was only prepared is removed.
    """
    history.settle(layout, true)
    is_needed = not is_unused(layout)
    backup.settle(layout, is_needed=is_needed)
    if not is_needed and _is_empty(layout.backups):
        layout.backups.rmdir()


def _is_empty(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    return not any(folder.iterdir())
