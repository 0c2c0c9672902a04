"""macOS's launchd: the agent of the gateway, and what launchctl is asked to do with it."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.disk import programs
from tasks.core.model.errors import GatewayError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasks.core.model.layout import Layout

NAME = "launchd"
LABEL = "com.claude.gateway"
GRACE = 3.0
"""Seconds for which failed() must hold before it is true: what was told to start may be about to."""
GONE = 10.0
"""Seconds that launchd may take to forget an agent."""


def path(layout: Layout, environ: Mapping[str, str]) -> Path:  # noqa: ARG001 - as systemd's
    """Where the agent belongs."""
    return layout.home / "Library" / "LaunchAgents" / f"{LABEL}.plist"


def content(layout: Layout, search: str, stop_seconds: int, mark: str) -> bytes:
    """The agent for this gateway; *search* is the PATH that it runs with. GatewayError when no agent can hold it."""
    import plistlib

    agent = {
        "Label": LABEL,
        "ProgramArguments": ["/bin/sh", str(layout.start_script), "--foreground"],
        "EnvironmentVariables": {"PATH": search, "GATEWAY_MARK": mark},
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 30,
        "ExitTimeOut": stop_seconds,
        "ProcessType": "Interactive",  # others are slowed down
        "Umask": 0o077,
        "StandardOutPath": str(layout.log),
        "StandardErrorPath": str(layout.log),
    }
    try:
        return plistlib.dumps(agent, sort_keys=False)
    except (ValueError, UnicodeError):
        shown = console.printable(str(layout.gateway))
        raise GatewayError("has characters that no agent can hold", "Choose another --target.", where=shown) from None


def missing() -> str:
    """Why launchd cannot be asked; "" when it can."""
    if not programs.find("launchctl"):
        return "this machine has no launchd (there is no launchctl)"
    code, words = _launchctl("print", _domain())
    return f"there is no session of this user at the screen ({words})" if code else ""


def enabled(file: Path) -> bool:
    """Whether it is started at login; nobody is asked."""
    return file.exists()


def enable(file: Path) -> None:
    """Have it started at login: for that the file is enough."""


def disable(file: Path) -> None:  # noqa: ARG001
    """Have it stopped and no longer known."""
    if _loaded():
        _must("bootout", _service())


def forget(file: Path) -> None:
    """Nothing: what was booted out is forgotten."""


def start(file: Path) -> None:
    """Begin to start it; what is loaded may be of an older file."""
    disable(file)
    deadline = time.monotonic() + GONE
    while _loaded() and time.monotonic() < deadline:
        time.sleep(0.1)
    _must("bootstrap", _domain(), str(file))


def stop(file: Path) -> None:  # noqa: ARG001
    """Begin to stop it."""
    _must("kill", "SIGTERM", _service())


def kill(file: Path) -> None:
    """End it at once, and for good."""
    _launchctl("kill", "SIGKILL", _service())
    disable(file)


def active(file: Path) -> bool:  # noqa: ARG001
    """Whether it runs."""
    return re.search(r"^\s*pid = \d+$", _launchctl("print", _service())[1], re.MULTILINE) is not None


def failed(file: Path) -> bool:
    """Whether what was started last has ended."""
    return not active(file)


def advice() -> str:
    """What the user should know besides."""
    return "It runs while you are logged in at the screen."


def _loaded() -> bool:
    return _launchctl("print", _service())[0] == 0


def _domain() -> str:
    return f"gui/{os.getuid()}"


def _service() -> str:
    return f"{_domain()}/{LABEL}"


def _must(*words: str) -> None:
    code, said = _launchctl(*words)
    if code:
        raise GatewayError(said or f"ended with exit code {code}", where=f"launchctl {' '.join(words)}")


def _launchctl(*words: str) -> tuple[int, str]:
    """The exit code of launchctl, and what it said."""
    done = programs.run(["launchctl", *words], programs.sealed())
    return done.returncode, console.printable((done.stdout + done.stderr).decode(errors="replace").strip())
