"""Another LiteLLM in place of the one that stands, as carefully as another configuration.

made beside ─► tried on a port of its own, with what is deployed ─► `venv` leads to it ─► the gateway runs it
    │                          │                                                              │
    └─ cannot be installed     └─ does not serve: the former one has never noticed            └─ back to the former
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.model.errors import GatewayError, Unhealthy
from tasks.tools import console, files, gateway, history, litellm, packages, processes, scripts, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.model.layout import Layout
    from tasks.model.release import Manifest

FAILED = "gateway: the new worker failed, "
"""What serve.py writes into its log, and why behind it."""


def upgrade(layout: Layout) -> None:
    """Have the gateway run the pinned LiteLLM; Unhealthy, and all is as before, when it does not serve with that."""
    former = layout.venv.resolve() if litellm.is_ours(layout) else None
    if layout.venv.exists() and former is None:
        remedy = "Upgrade it by its own means, or move it away and run: doit litellm"
        raise GatewayError("was made by others", remedy, where=str(layout.venv))
    made = litellm.make(layout)
    manifest = history.installed(layout)
    if manifest and layout.config.name in manifest.files:
        attempt(layout, manifest, made)
        console.say("The new LiteLLM serves what is deployed, tried on a port of its own.", "ok")
    litellm.use(layout, made)
    if manifest and former:
        run_it(layout, manifest, former)
    litellm.forget_others(layout)


def run_it(layout: Layout, manifest: Manifest, former: Path) -> None:
    """Start the running gateway anew where it runs on *former*; back to that when it does not become healthy."""
    instance = processes.running(layout)
    if instance is None:
        return
    if not Path(instance.program or "").is_relative_to(former):
        console.warn(f"the gateway runs another LiteLLM, {instance.program}, and goes on with it")
        return
    console.say("The gateway is stopped and started anew: another program cannot take over without a pause.", "step")
    try:
        serving.restart(layout)
        serving.prove(layout, manifest)
    except GatewayError as error:
        litellm.use(layout, former)
        console.warn("the gateway goes back to the former LiteLLM")
        serving.restart(layout)
        raise Unhealthy(f"the new LiteLLM was taken back: {error.problem}", error.remedy, where=error.where) from error


def attempt(layout: Layout, manifest: Manifest, venv: Path) -> None:
    """Unhealthy unless the LiteLLM of *venv* serves what is deployed, on a port and with a log of its own."""
    port = processes.free_port()
    trial = manifest._replace(gateway_url=f"http://127.0.0.1:{port}")
    console.say("The new LiteLLM is tried with what is deployed …", "step")
    with tempfile.TemporaryDirectory(dir=layout.gateway, prefix=".trial-") as folder:
        log = Path(folder) / layout.log.name
        with _served_by(layout, venv, port, log) as process:
            _wait(process, trial.gateway_url, log)
            serving.prove(layout, trial)


@contextlib.contextmanager
def _served_by(layout: Layout, venv: Path, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """serve.py on *venv*, ended at once afterwards, with all that it started."""
    command = [packages.python_of(venv), layout.supervisor, "--config", layout.config.absolute(), "--port", str(port)]
    command += ["--start-timeout", str(scripts.patience(os.environ)), "--status", log.with_name("status")]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
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


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Until it is ready; Unhealthy when it ends instead, which it does when LiteLLM takes too long."""
    while not gateway.readiness(url, timeout=2):
        if process.poll() is not None:
            said = (files.read(log) or b"").decode(errors="replace").splitlines()
            why = next((line.partition(FAILED)[2] for line in reversed(said) if FAILED in line), "".join(said[-1:]))
            raise Unhealthy(
                f"the new LiteLLM does not serve what is deployed: {console.printable(why)}",
                "The former one stays. Deploy what the new one takes, or wait for a later one.",
            )
        time.sleep(0.2)
