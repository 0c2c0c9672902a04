"""What a gateway leaves in its folder that does not count any more, by name: cheap to look for."""

from __future__ import annotations

import os
import shutil
import signal
import time
from typing import TYPE_CHECKING

from tasks.core.disk import files
from tasks.core.disk.process_identity import Process, find_start
from tasks.core.disk.targets import FORMER, START_LOCK, TRIAL, names_in
from tasks.core.service import processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.core.model.layout import Layout
    from tasks.core.service.processes import Instance

YOUNG = 10.0
"""Seconds in which a start has written its process down."""


def former(path: Path) -> Path:
    """Where *path* of the former gateway is kept."""
    return path.with_name(path.name + FORMER)


def clear_start(layout: Layout) -> None:
    """Remove the lock of a start that has ended, from a disk that did not let it do so itself."""
    lock = layout.gateway / START_LOCK
    try:
        age = time.time() - lock.lstat().st_mtime
        number, _, started = (files.read(lock / "pid") or b"").decode().strip().partition(" ")
    except (OSError, ValueError):
        return
    if number.isdecimal():
        is_held = Process(
            int(number),
            started,
            signal.SIGTERM,
        ).is_running
    else:
        is_held = age < YOUNG
    if not is_held:
        shutil.rmtree(
            lock,
            ignore_errors=True,
        )


def name_trial() -> str:
    """How the folder of a trial of this command begins."""
    return f"{TRIAL}{os.getpid()}-"


def is_abandoned(trial: Path) -> bool:
    """Whether the command has ended whose trial this was."""
    number, _, _ = trial.name.removeprefix(TRIAL).partition("-")
    return number.isdecimal() and not find_start(int(number))


def trials(layout: Layout) -> Iterator[Path]:
    """The folders of trials.

    They go with the trial; one that is left belongs to a command that died.
    """
    for name in names_in(layout.gateway):
        if name.startswith(TRIAL):
            yield layout.gateway / name


def find_deployed(layout: Layout) -> Instance | None:
    """The running gateway, while something is deployed that it belongs to."""
    if layout.manifest.exists() or layout.start_script.exists():
        return processes.running(layout)
    return None


def are_there(layout: Layout) -> bool:
    """Whether a gateway may have been left behind; strays.find() looks at every process."""
    if any(trials(layout)):
        return True
    if former(layout.pid_file).exists():
        return True
    return layout.status_file.exists() and find_deployed(layout) is None
