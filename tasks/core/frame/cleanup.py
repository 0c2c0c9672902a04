"""What commands left that died: finished, undone or removed before anything else is done.

Every command comes by here, so what there is to do is seen from names alone; what can do it is
loaded only then.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.deploying import from_memory
from tasks.core.disk import lock, recovery, store
from tasks.core.disk.targets import FORMER, START_LOCK, TRIAL
from tasks.core.frame import ending
from tasks.core.history import aftermath
from tasks.core.model.errors import GatewayError

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.model.layout import Layout

FIRST_TRACES = {".lock", ".digest-key", "backups", "history"}
"""With nothing else in it, the gateway's folder may be what a first deployment left."""


def clean_up() -> None:
    """Finish or clean up what was interrupted; where nothing was, only names are looked at."""
    layout = from_memory.resolve_remembered().layout
    _clear_abandoned(layout)
    if os.path.lexists(layout.gateway / START_LOCK):
        from tasks.core.service import traces

        traces.clear_start(layout)
    if _traces(layout):
        _recover(layout)
    if _has_leftovers(layout):
        _clear_leftovers(layout)


def _recover(layout: Layout) -> None:
    try:
        mended = aftermath.recover(layout)
    except GatewayError as error:
        ending.refuse(error)
    if not mended:
        return
    console.warn(str(mended))
    from tasks.core.service import handover

    if mended.action == recovery.UNPROVEN:
        handover.recover(layout)
    elif mended.action == recovery.FINISHED:
        handover.forget(layout)


def _has_leftovers(layout: Layout) -> bool:
    """Whether there are files of a former gateway or of a trial, or a LiteLLM that is not used."""
    names = _names(layout.gateway)
    if any(name.startswith(TRIAL) or name.endswith(FORMER) for name in names):
        return True
    current = layout.venv
    beside = f"{current.name}-"
    found = {name for name in names if name.startswith(beside)}
    if not found:
        return False
    try:
        return found != {os.readlink(current)}  # noqa: PTH115 - every command does this
    except OSError:
        return True


def _clear_leftovers(layout: Layout) -> None:
    """Remove what a command left that died; while one changes the deployment, it is its own."""
    from tasks.core.service import leftovers

    with contextlib.suppress(GatewayError):
        recovery.recover(
            layout,
            lambda: leftovers.clear(layout),
        )


def _traces(layout: Layout) -> bool:
    """Whether there is anything that an interrupted command may have left."""
    if any(path.is_symlink() for path in (layout.settings, layout.gateway, layout.claude)):
        return True
    below = _names(layout.gateway)
    if below and not below - FIRST_TRACES:
        return True
    own = [layout.gateway / name for name in ("backups", "history", "profiles") if name in below]
    around = [layout.claude, layout.gateway.parent, layout.settings.parent]
    names = below.union(
        *map(
            _names,
            [*own, *around],
        )
    )
    return any(name.startswith(".gw-") or name.endswith(".prepared") for name in names)


def clear_debris(layout: Layout) -> None:
    """Remove what a killed command left in this part of build/; its lock is held."""
    for folder in _find_littered(layout):
        store.sweep(
            folder,
            age=0,
        )


def _clear_abandoned(layout: Layout) -> None:
    """As clear_debris(), unless a command that runs holds the lock: then it is its own."""
    if not _find_littered(layout):
        return
    with contextlib.suppress(
        OSError,
        GatewayError,
    ):
        descriptor = lock.hold(
            layout.build_lock,
            "recover",
        )
        try:
            clear_debris(layout)
        finally:
            os.close(descriptor)  # this command may be about to take the lock itself


def _find_littered(layout: Layout) -> list[Path]:
    """The folders of this part of build/ with files in them that are not meant to stay."""
    found = []
    for folder in (layout.workshop, layout.rendered, layout.release):
        names = _names(folder)
        if any(name.startswith(".gw-") for name in names):
            found.append(folder)
    return found


def _names(place: Path) -> set[str]:
    try:
        # Path takes ten times as long.
        return set(os.listdir(place))  # noqa: PTH208
    except OSError:
        return set()
