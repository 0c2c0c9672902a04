"""What is deployed, served on a port of its own: what runs is not touched.

For what cannot be started beside the running gateway, because it is to have the same port.

.trial-…/  log and status, as long as the trial lasts; the process ends with this command
"""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.disk import files, programs
from tasks.core.http import gateway
from tasks.core.service import integrity, logs, processes, traces
from tasks.core.service.leash import Leash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.history.session import Session
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest

FAILED = "gateway: the new worker failed, "
"""What serve.py writes into its log, and why behind it."""

UNTOUCHED = "It was tried on a port of its own; what runs was not touched."


class Trial(NamedTuple):
    """A gateway on trial: its process, its address, its log; *what*: in two words what is tried."""

    process: programs.Process
    url: str
    log: Path
    what: str


@contextlib.contextmanager
def serving(
    layout: Layout,
    manifest: Manifest,
    python: Path,
    what: str,
    session: Session | None = None,
) -> Iterator[Manifest]:
    """While *python* serves what is deployed: *manifest* with the address there.

    Unhealthy when it does not become ready. *session* writes the process into its record.
    """
    port = processes.free_port()
    there = manifest._replace(gateway_url=f"http://127.0.0.1:{port}")
    with tempfile.TemporaryDirectory(dir=layout.gateway, prefix=traces.name_trial()) as folder:
        log = Path(folder) / layout.log.name
        words = [
            "--host",
            manifest.choices.get("listen") or "127.0.0.1",
            "--port",
            str(port),
        ]
        with _started(layout, python, words, log) as process:
            if session is not None:
                session.note(process.pid, signal.SIGKILL)
            _wait(layout, Trial(process, there.gateway_url, log, what))
            yield there


@contextlib.contextmanager
def _started(
    layout: Layout,
    python: Path,
    words: list[str],
    log: Path,
) -> Iterator[programs.Process]:
    """serve.py on *python*, ended at once afterwards, with all that it started.

    *words*: where it listens. *log*: its output; its status is written beside that.
    """
    command = [str(python), str(layout.supervisor)]
    command += ["--config", str(layout.config.absolute()), *words]
    command += ["--start-timeout", str(processes.patience(layout))]
    command += ["--status", str(log.with_name("status"))]
    integrity.require(layout, layout.supervisor)
    with Leash() as leash, log.open("wb") as output:
        command += ["--leash", str(leash.reading)]
        process = programs.start_apart(
            command,
            programs.plain(),
            layout.gateway,
            output,
            [leash.reading],
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(layout: Layout, trial: Trial) -> None:
    """Until it is ready.

    Unhealthy when it ends instead, as it does when LiteLLM takes too long.
    """
    while not gateway.readiness(trial.url, timeout=2):
        is_running = trial.process.poll() is None
        if is_running:
            time.sleep(0.2)
            continue
        said = logs.lines_of(files.read(trial.log) or b"")
        reason = _find_reason(said)
        raise logs.failure(layout, f"{trial.what} cannot be served", said, reason, UNTOUCHED)


def _find_reason(lines: list[str]) -> str:
    """What serve.py says of the failure; else the last of its *lines*."""
    for line in reversed(lines):
        _, found, reason = line.partition(FAILED)
        if found:
            return reason
    return "".join(lines[-1:])
