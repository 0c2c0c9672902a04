"""Gateways of this folder that no gateway.pid names any more: left behind by a command that died.

What we start ends with us, so there should be none. Where one is left all the same, it holds a port
and the gateway's key: status and doctor name it; start, stop and an uninstall end it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.console import console
from tasks.core.service import handover, processes, traces

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

    from tasks.core.model.layout import Layout

END_PATIENCE = 5.0
"""Seconds for a process to end."""

FACTS = ["cmdline", "uids", "status"]
"""What psutil looks up of every process."""


class Stray(NamedTuple):
    """A process of this folder that is not the running gateway, and what it was started for."""

    pid: int
    what: str

    def __str__(self) -> str:
        return f"{self.what} (pid {self.pid})"


def find(layout: Layout) -> list[Stray]:
    """All that run; none while their commands still run."""
    found = []
    for process in _processes(layout):
        what = _describe(process)
        found += [Stray(process.pid, what)]
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
    found = find(layout)
    for stray in found:
        _kill(stray.pid)
    for folder in traces.trials(layout):
        shutil.rmtree(folder, ignore_errors=True)
    handover.forget(layout)
    return found


def _kill(pid: int) -> None:
    """End a process and what it has started."""
    import psutil

    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        workers = process.children(recursive=True)
        # Its workers end with it; one that hangs does not.
        process.kill()
        for worker in workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()
        psutil.wait_procs([process, *workers], END_PATIENCE)


def _processes(layout: Layout) -> Iterator[psutil.Process]:
    """What this user started with this folder's serve.py, but the gateway that is deployed."""
    import psutil

    instance = processes.running(layout)
    program = layout.supervisor
    paths = {str(program), str(program.resolve())}
    for process in psutil.process_iter(FACTS):
        if instance is not None and process.pid == instance.pid:
            continue
        if not _is_of_user(process):
            continue
        is_of_here = paths.intersection(_words(process))
        if is_of_here and not _is_minded(process):
            yield process


def _is_of_user(process: psutil.Process) -> bool:
    """Whether it runs, and is ours."""
    import psutil

    users = process.info["uids"]
    if users is None:
        return False
    if users.real != os.getuid():
        return False
    return bool(process.info["status"] != psutil.STATUS_ZOMBIE)


def _is_minded(process: psutil.Process) -> bool:
    """Whether it is the trial of a command that still runs.

    That command is its parent. One whose parent has died belongs to process 1, or to a
    service manager.
    """
    import psutil

    if not _is_trial(process):
        return False
    try:
        parent = process.parent()
    except psutil.Error:
        return False
    if parent is None or parent.pid == 1:
        return False
    return "python" in parent.name()


def _words(process: psutil.Process) -> list[str]:
    """Its command line; nothing where we may not see it."""
    return process.info["cmdline"] or []


def _is_trial(process: psutil.Process) -> bool:
    return any(traces.TRIAL in word for word in _words(process))


def _describe(process: psutil.Process) -> str:
    if _is_trial(process):
        return "a gateway on trial"
    return "a former gateway"
