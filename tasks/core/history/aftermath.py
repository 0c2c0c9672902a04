"""What a command that failed or was killed left in the history and among the backups.

The transaction takes care of the deployed files. Around it, and before it, a revision is prepared
and settings.json is copied: without a deployment neither has a reason to be there.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tasks.core.disk import files
from tasks.core.disk import recovery as disk_recovery
from tasks.core.history import backup, history
from tasks.core.model.errors import GatewayError

if TYPE_CHECKING:
    from tasks.core.disk.recovery import Recovered
    from tasks.core.model.layout import Layout


def recover(layout: Layout) -> Recovered:
    """End what a killed command left; see disk.recovery.recover()."""
    if is_left(layout):
        return disk_recovery.recover(layout, lambda: clean(layout))
    return disk_recovery.recover(layout)


def is_left(layout: Layout) -> bool:
    """Whether something is left that clean() removes. Writes nothing."""
    if any(layout.history.glob(f"*{history.PREPARED}")):
        return True
    return is_unused(layout) and layout.backups.exists()


def is_unused(layout: Layout) -> bool:
    """Whether nothing is deployed, and nothing ever was as far as the history goes."""
    return not layout.manifest.exists() and not history.numbers(layout)


def clean(layout: Layout) -> bool:
    """Keep the prepared revision that is deployed, remove all else; whether anything changed.

    Hold the lock. What cannot be removed is left to the next command.
    """
    if disk_recovery.pending(layout):
        return False  # undetermined: the next command may finish it, and needs its revision
    before = is_left(layout)
    with contextlib.suppress(OSError, GatewayError):
        history.settle(layout, history.find_true(layout))
    if is_unused(layout):
        with contextlib.suppress(OSError):
            _remove_needless_copies(layout)
            layout.backups.rmdir()
    return before and not is_left(layout)


def _remove_needless_copies(layout: Layout) -> None:
    """Remove the copies of settings.json that say the same as the file itself."""
    current = files.read(layout.settings)
    for copy in backup.list_settings(layout):
        if files.read(copy) == current:
            copy.unlink()
