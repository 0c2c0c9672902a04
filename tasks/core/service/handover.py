"""From the process that runs to another one, within a deployment that may still be undone.

    set_aside ─► the new one is started and proven ─┬─ deployed: retire the former one
                                                    └─ undone, or died over: restore

While gateway.pid.former is there, the former gateway is the one that counts: when the deployment is
taken back it gets its place again, and is started again where it had to be stopped.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.disk import files as disk_files
from tasks.core.model.errors import GatewayError
from tasks.core.service import processes, scripts, units
from tasks.core.service.traces import former

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.model.layout import Layout
    from tasks.core.service.processes import Instance

PATIENCE = 5.0
"""Seconds for a process to end."""


def files(layout: Layout) -> tuple[Path, ...]:
    """What says which process is the gateway, and what it serves."""
    return layout.pid_file, layout.status_file


def set_aside(layout: Layout, *, keeps_running: bool) -> None:
    """Keep what says which process is the gateway.

    Where it *keeps_running*, make room for another one.
    """
    for path in files(layout):
        with contextlib.suppress(FileNotFoundError):
            if keeps_running:
                path.replace(former(path))
            else:
                shutil.copy2(path, former(path))


def withdraw(layout: Layout, *, keep_log: bool = True) -> None:
    """End the gateway that was started, and remove what says that it runs.

    *keep_log*: there was a log before.
    """
    instance = processes.running(layout)
    if instance is not None:
        kill(instance)
    paths = [*files(layout), layout.served_config]
    if not keep_log:
        paths.append(layout.log)
    for path in paths:
        path.unlink(missing_ok=True)


def recover(layout: Layout) -> None:
    """See to the processes, after a death in the proof and once its files were taken back."""
    kept = former(layout.pid_file)
    if kept.exists():
        is_another = disk_files.read(kept) != disk_files.read(layout.pid_file)
        if is_another:
            withdraw(layout)
        restore(layout)
    elif not layout.manifest.exists():
        withdraw(layout, keep_log=False)


def restore(layout: Layout) -> None:
    """Have the former gateway be the one that runs again; where it was stopped, start it."""
    if not former(layout.pid_file).exists():
        return
    for path in files(layout):
        with contextlib.suppress(FileNotFoundError):
            former(path).replace(path)
    if processes.running(layout) is not None:
        return
    try:
        scripts.start(layout)
    except GatewayError as error:
        console.warn(f"the gateway could not be started with what was deployed before: {error}")


def forget(layout: Layout) -> None:
    """The deployment is final: forget the former gateway."""
    for path in files(layout):
        former(path).unlink(missing_ok=True)


def retire(layout: Layout, instance: Instance) -> None:
    """The new gateway has taken over: *instance*, the former one, ends once it has answered."""
    forget(layout)
    if not has_ended(instance, PATIENCE):
        console.say("  The former gateway finishes what it is answering, then it ends.")


def see_off(instance: Instance) -> None:
    """Wait for *instance*, which was asked to end; what it still answers then is cut off."""
    if not has_ended(instance, units.stop_seconds()):
        console.say("  Answers are still under way; they are cut off now.")
        kill(instance)
    console.say(f"  The gateway has stopped (pid {instance.pid}).")


def kill(instance: Instance) -> None:
    """End it at once, with its workers."""
    with contextlib.suppress(OSError):
        if os.getpgid(instance.pid) == instance.pid:
            os.killpg(instance.pid, signal.SIGKILL)
        else:
            os.kill(instance.pid, signal.SIGKILL)
    has_ended(instance, PATIENCE)


def has_ended(instance: Instance, seconds: float) -> bool:
    """Whether it ends within *seconds*."""
    deadline = time.monotonic() + seconds
    while processes.is_alive(instance):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
