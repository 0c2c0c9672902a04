"""What stands, served on a port of its own beside what runs: nothing is stopped in vain for it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.tools import files, gateway, lastwords, logfile, processes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.model.layout import Layout
    from tasks.model.release import Manifest

FAILED = "gateway: the new worker failed, "
"""What serve.py writes into its log, and why behind it."""


@contextlib.contextmanager
def running(layout: Layout, manifest: Manifest, python: Path, what: str) -> Iterator[Manifest]:
    """What stands, once *python* serves it: *manifest* with the address there; it ends at once afterwards.

    Unhealthy when it does not become ready: *what* says in two words what is tried.
    """
    port = processes.free_port()
    there = manifest._replace(gateway_url=f"http://127.0.0.1:{port}")
    with tempfile.TemporaryDirectory(dir=layout.gateway, prefix=".trial-") as folder:
        log = Path(folder) / layout.log.name
        words = ["--host", manifest.choices.get("listen") or "127.0.0.1", "--port", str(port)]
        with _served(layout, python, words, log) as process:
            _wait(layout, process, there.gateway_url, log, what)
            yield there


@contextlib.contextmanager
def _served(layout: Layout, python: Path, words: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """serve.py on *python*, ended at once afterwards, with all that it started."""
    command = [str(python), str(layout.supervisor), "--config", str(layout.config.absolute()), *words]
    command += ["--start-timeout", str(processes.patience(layout)), "--status", str(log.with_name("status"))]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=layout.gateway,
            start_new_session=True,
            env=environ,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(layout: Layout, process: subprocess.Popen[bytes], url: str, log: Path, what: str) -> None:
    """Until it is ready; Unhealthy when it ends instead, which it does when LiteLLM takes too long."""
    while not gateway.readiness(url, timeout=2):
        if process.poll() is not None:
            said = logfile.lines_of(files.read(log) or b"")
            why = next((line.partition(FAILED)[2] for line in reversed(said) if FAILED in line), "".join(said[-1:]))
            remedy = "It was tried on a port of its own; what runs was not touched."
            raise lastwords.failure(layout, f"{what} cannot be served", said, why, remedy)
        time.sleep(0.2)
