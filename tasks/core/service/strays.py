"""Gateways of this folder to which nothing deployed belongs: left behind by a command that died.

What we start ends with us, so there should be none. Where one is left all the same, it holds a port
and the gateway's key: status and doctor name it; start, stop and an uninstall end it.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.console import console
from tasks.core.disk import lock
from tasks.core.disk.targets import TRIAL
from tasks.core.service import handover, processes, traces

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.model.layout import Layout
    from tasks.core.service.processes import Found

PATIENCE = 5.0
"""Seconds for a process to end."""


class Stray(NamedTuple):
    """A process of this folder that is not the running gateway, and what it was started for."""

    pid: int
    what: str

    def __str__(self) -> str:
        return f"{self.what} (pid {self.pid})"


def find(layout: Layout) -> list[Stray]:
    """All that run.

    What belongs to a command that still runs is none: its trial, and the gateway that it is about
    to replace.
    """
    if _is_changing(layout):
        return []
    instance = traces.find_deployed(layout)
    found = []
    for process in processes.find_started_with(layout.supervisor):
        is_deployed = instance is not None and process.pid == instance.pid
        if not is_deployed and not _is_minded(process):
            stray = Stray(process.pid, _describe(process))
            found.append(stray)
    return found


def clear(layout: Layout) -> None:
    """End what was left behind of earlier gateways, which may have the port, and say so."""
    if not traces.are_there(layout):
        return
    for stray in end(layout):
        console.say(f"  {stray} was left behind, and has been ended.")


def end(layout: Layout) -> list[Stray]:
    """End all of them, with what they have started; return which they were.

    What they have left goes too: the folders of trials, and the files of a former gateway.
    """
    if _is_changing(layout):
        return []
    found = find(layout)
    for stray in found:
        processes.end(stray.pid, PATIENCE)
    for folder in traces.trials(layout):
        if not _is_used(layout, folder):
            shutil.rmtree(folder, ignore_errors=True)
    handover.forget(layout)
    return found


def _is_changing(layout: Layout) -> bool:
    """Whether another command is changing the deployment at this moment."""
    holder = lock.holder(layout)
    if holder is None:
        return False
    return holder.pid != os.getpid()


def _is_used(layout: Layout, folder: Path) -> bool:
    """Whether a trial still runs in *folder*."""
    for process in processes.find_started_with(layout.supervisor):
        if any(str(folder) in word for word in process.words):
            return True
    return False


def _is_minded(process: Found) -> bool:
    """Whether it is the trial of a command that still runs: a Python program has started it."""
    return _is_trial(process) and "python" in process.parent


def _is_trial(process: Found) -> bool:
    return any(TRIAL in word for word in process.words)


def _describe(process: Found) -> str:
    if _is_trial(process):
        return "a gateway on trial"
    return "a former gateway"
