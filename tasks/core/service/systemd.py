"""The user's systemd: the unit of the gateway, and what systemctl is asked to do with it."""

from __future__ import annotations

import getpass
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.catalogue import templating
from tasks.core.console import console
from tasks.core.disk import programs
from tasks.core.model.errors import GatewayError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.model.layout import Layout

NAME = "systemd"
UNIT = "claude-gateway.service"
WANTED_BY = "default.target.wants"
GRACE = 0.0
"""Seconds for which failed() must hold before it is true: an order to start returns when the program runs."""
LINGERING = Path("/var/lib/systemd/linger")
"""Holds a file per user whose units run without a login."""


def path(layout: Layout, environ: Mapping[str, str]) -> Path:
    """Where the unit belongs."""
    given = environ.get("XDG_CONFIG_HOME", "")
    base = Path(given) if given.startswith("/") else layout.home / ".config"
    return base / "systemd" / "user" / UNIT


def content(layout: Layout, search: str, stop_seconds: int, mark: str) -> bytes:
    """The unit for this gateway; *search* is the PATH that it runs with."""
    values = {
        "generated_by": "Made by `doit autostart --enable`; `doit autostart --disable` takes it away.",
        "script": word(str(layout.start_script)).replace("$", "$$"),
        "environment": word(f"PATH={search}"),
        "log": whole(str(layout.log)),
        "stop_seconds": stop_seconds,
        "mark": mark,
    }
    return templating.render(layout.templates / "units" / f"{UNIT}.j2", values).encode()


def word(text: str) -> str:
    """*text* as one word of a unit, whatever blanks, quotes and percent signs are in it."""
    return '"' + whole(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def whole(text: str) -> str:
    """*text* as all of a value of a unit; GatewayError when no unit can hold it."""
    if not text.isprintable():
        shown = console.printable(text)
        raise GatewayError("has characters that no unit can hold", "Choose another --target.", where=shown)
    return text.replace("%", "%%")


def missing() -> str:
    """Why the user's systemd cannot be asked; "" when it can."""
    if not programs.find("systemctl"):
        return "this machine has no systemd (there is no systemctl)"
    code, words = _systemctl("show", "--property=Version")
    return f"the systemd of this user does not answer ({words or 'no user bus'})" if code else ""


def enabled(file: Path) -> bool:
    """Whether it is started at login, as far as the files tell; nobody is asked."""
    return (file.parent / WANTED_BY / file.name).is_symlink()


def enable(file: Path) -> None:
    """Have it started at login."""
    _must("daemon-reload")
    _must("enable", file.name)


def disable(file: Path) -> None:
    """Have it stopped and no longer started at login."""
    _must("disable", "--now", file.name)


def forget(file: Path) -> None:
    """Tell systemd that the file is gone; who could not be asked may have left the link to it."""
    (file.parent / WANTED_BY / file.name).unlink(missing_ok=True)
    if not programs.find("systemctl"):
        return
    _systemctl("daemon-reload")
    _systemctl("reset-failed", file.name)


def start(file: Path) -> None:
    """Begin to start it."""
    _systemctl("reset-failed", file.name)
    _must("start", file.name)


def stop(file: Path) -> None:
    """Begin to stop it."""
    _must("stop", "--no-block", file.name)


def kill(file: Path) -> None:
    """End it at once."""
    _systemctl("kill", "--signal=SIGKILL", file.name)


def active(file: Path) -> bool:
    """Whether it runs, or is about to."""
    return _shown(file).get("ActiveState") in ("active", "activating", "reloading", "deactivating")


def failed(file: Path) -> bool:
    """Whether what was started last has ended."""
    shown = _shown(file)
    return shown.get("ActiveState") in ("failed", "inactive") or shown.get("SubState") == "auto-restart"


def advice() -> str:
    """What the user may want to do besides, so that it runs without a login too; "" when that is so."""
    if (LINGERING / getpass.getuser()).exists():
        return ""
    return "It ends with your last session. To keep it running after a logout, and from boot on: loginctl enable-linger"


def _shown(file: Path) -> dict[str, str]:
    _, words = _systemctl("show", "--property=ActiveState,SubState", file.name)
    return dict(re.findall(r"^(\w+)=(.*)$", words, re.MULTILINE))


def _must(*words: str) -> None:
    code, said = _systemctl(*words)
    if code:
        raise GatewayError(said or f"ended with exit code {code}", where=f"systemctl --user {' '.join(words)}")


def _systemctl(*words: str) -> tuple[int, str]:
    """The exit code of systemctl, and what it said; a shell that knows no session is given the usual one."""
    environ = {"XDG_RUNTIME_DIR": f"/run/user/{os.getuid()}", **programs.sealed()}
    done = programs.run(["systemctl", "--user", "--no-pager", *words], environ)
    return done.returncode, console.printable((done.stdout + done.stderr).decode(errors="replace").strip())
