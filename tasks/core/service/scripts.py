"""Starts and stops the gateway: by its unit where the system runs it, else by the deployed scripts.

The progress of a script is shown as it comes, its last words tell how it ended.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.disk import programs
from tasks.core.history import history
from tasks.core.model.errors import GatewayError, Unhealthy
from tasks.core.service import integrity, logs, processes, units
from tasks.core.service.leash import VARIABLE as LEASH
from tasks.core.service.leash import Leash
from tasks.core.service.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.model.layout import Layout

NOT_READY = 6
"""How the start script ends when LiteLLM was started and does not answer."""
THE_END = "The end of "
"""How the line begins behind which it shows the log; the one before says why."""
STOP_PATIENCE = 30
"""Seconds that a script gets to stop what it has started."""
TO_BEGIN_WITH = "Deploy first: doit deploy"


def start(layout: Layout, leash: Leash | None = None) -> None:
    """See that the gateway runs; Unhealthy when it does not become ready.

    What is started here ends when this command dies before it is ready; with *leash*, when
    it dies before that is released.
    """
    if elsewhere(layout):
        return
    if units.managed(layout):
        units.start(layout)
        return
    with Leash() as own:
        run(layout, layout.start_script.name, leash or own)
        own.release()


def stop(layout: Layout) -> None:
    """See that it does not run."""
    if elsewhere(layout):
        return
    if units.managed(layout):
        units.stop(layout)
    else:
        run(layout, layout.stop_script.name)


def elsewhere(layout: Layout) -> bool:
    """Whether what is deployed is run by somebody else, so that there is nothing to start or stop; says so."""
    manifest = history.installed(layout)
    if manifest is None or layout.start_script.name in manifest.modes:
        return False
    console.say(f"  The gateway is elsewhere, at {manifest.gateway_url}: nothing runs on this machine.")
    return True


@contextmanager
def name_port_owner(layout: Layout) -> Iterator[None]:
    """Within it a start that fails because another program has the port says which one."""
    try:
        yield
    except Unhealthy:
        raise
    except GatewayError as error:
        if refused := find_port_error(layout):
            raise refused from error
        raise


def find_port_error(layout: Layout) -> GatewayError | None:
    """The error when another program has the port of the deployed gateway."""
    manifest = history.installed(layout)
    if manifest is None or not layout.start_script.exists():
        return None
    state = State(layout, manifest)
    listener = state.port_state
    if listener is None or listener.kind != "foreign":
        return None
    return GatewayError(f"port {state.port} is {listener}", processes.FREE_PORT)


def check(layout: Layout) -> Path:
    """The Python with which the start script would start the gateway; GatewayError when it would refuse to."""
    code, words = _watched(_script(layout, layout.start_script.name), "--check")
    if code:
        raise _refused(layout.start_script.name, code, words)
    return Path(words[-1])


def run(layout: Layout, name: str, leash: Leash | None = None) -> None:
    """Run a deployed script: its progress is shown as it comes, its last words when it has succeeded or why not."""
    had_log = layout.log.exists()
    code, words = _watched(_script(layout, name), leash=leash)
    if code == 0:
        for line in words:
            console.say(f"  {line}")
    elif code == NOT_READY:
        at = next((number for number, line in enumerate(words) if line.startswith(THE_END)), len(words))
        why = words[at - 1].rstrip(".")  # before it the stop may have said how hard that was
        # The log of a first start may go again.
        remedy = f"All of its log: {layout.log}" if had_log else ""
        raise logs.failure(layout, why, words[at + 1 :], remedy=remedy)
    else:
        raise _refused(name, code, words)


def _script(layout: Layout, name: str) -> Path:
    """Where a deployed script is; GatewayError when there is none, or it may not be run."""
    path = layout.gateway / name
    if not path.exists():
        raise GatewayError("nothing to start or stop is deployed here", TO_BEGIN_WITH, where=str(layout.gateway))
    runs = [path]
    if path == layout.start_script:
        runs.append(layout.supervisor)
    integrity.require(layout, *runs)
    return path


def _refused(name: str, code: int, words: list[str]) -> GatewayError:
    """What a script said that did not even begin."""
    return GatewayError("\n".join(words) or f"{name} ended with exit code {code}")


def _watched(script: Path, *options: str, leash: Leash | None = None) -> tuple[int, list[str]]:
    """Run *script*, show its progress (the lines that come first, indented); its exit code and its other lines."""
    environ = programs.plain()
    environ[console.COMMAND] = "doit"  # what it says is shown as typed
    if sys.stderr.isatty():
        environ["GATEWAY_PROGRESS"] = "1"
    handed = []
    if leash is not None:
        handed.append(leash.reading)
        environ[LEASH] = str(leash.reading)
    words: list[str] = []
    with programs.follow(["sh", script, *options], environ, script.parent, handed) as process:
        try:
            for raw in process.stdout or ():
                line = console.printable(logs.COLOURS.sub("", raw.decode(errors="replace").rstrip("\n")))
                if line.startswith("  ") and not words:
                    console.say(line)
                else:
                    words.append(line)
        except BaseException:  # the script stops what it started; after Ctrl-C it does so already
            process.terminate()
            process.wait(STOP_PATIENCE)
            raise
    return process.returncode, words
