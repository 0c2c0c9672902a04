"""The gateway as something that the system runs from login on: a unit of the user's systemd, or an agent of launchd.

    absent ──install──► installed, started at login ──start / stop──► runs / does not ──remove──► absent

A file of that name which we did not write for this very folder, or which was changed since, is somebody else's: it is
left as it is, and the gateway then counts as not managed.
"""

from __future__ import annotations

import os
import re
import sys
import time
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.disk import files, programs, trust
from tasks.core.history import history
from tasks.core.http import gateway
from tasks.core.model.errors import Conflict, GatewayError, Unhealthy
from tasks.core.service import integrity, launchd, logs, processes, systemd
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

    from tasks.core.model.layout import Layout

DRAIN_SECONDS = 600
"""How long serve.py lets answers finish, unless .env says otherwise; the system waits a little longer."""
MARGIN = 30
STOP_SECONDS = 30
"""How long a stop waits for answers, as in stop-gateway.sh; GATEWAY_STOP_TIMEOUT says otherwise."""
CUT_SECONDS = 10
"""How long it may take to end when answers are cut off."""
MARK = re.compile(rb"sha256:[0-9a-f]{64}")


def system() -> ModuleType:
    """Who runs things at login here: core.service.systemd, or core.service.launchd, which has the same functions."""
    return launchd if sys.platform == "darwin" else systemd


def file_of(layout: Layout) -> Path:
    """Where the unit belongs."""
    path: Path = system().path(layout, os.environ)
    return path


def wanted(layout: Layout, environ: Mapping[str, str]) -> bytes:
    """The unit for this gateway, with the PATH of *environ* and the mark by which it is known again."""
    given = env_file.deployed(layout).get("GATEWAY_DRAIN_SECONDS", "")
    seconds = (int(given) if re.fullmatch(r"[0-9]{1,6}", given) else DRAIN_SECONDS) + MARGIN
    search = programs.absolute_path(environ) or "/usr/local/bin:/usr/bin:/bin"
    plain: bytes = system().content(layout, search, seconds, "")
    marked: bytes = system().content(layout, search, seconds, _mark(layout, plain))
    return marked


def ours(layout: Layout) -> bool:
    """Whether the file is there, written by us for this folder, and as we left it."""
    found = files.read(file_of(layout)) or b""
    mark = MARK.search(found)
    return mark is not None and mark[0].decode() == _mark(layout, found.replace(mark[0], b""))


def managed(layout: Layout) -> bool:
    """Whether the system runs the gateway of this folder from login on. Looks at files only."""
    return ours(layout) and bool(system().enabled(file_of(layout)))


def runs(layout: Layout) -> bool:
    """Whether the gateway runs at this moment because the system started it."""
    if not ours(layout) or system().missing():
        return False
    return bool(system().active(file_of(layout)))


def install(layout: Layout) -> None:
    """Have the system run the gateway from the next login on; GatewayError or Conflict, and nothing is written."""
    path = file_of(layout)
    trust.require(layout.gateway, path.parent)
    if path.exists() and not ours(layout):
        raise foreign(path)
    data = wanted(layout, os.environ)
    if why := system().missing():
        by_hand = f"Without it, start the gateway by hand: {layout.start_script}"
        raise GatewayError(f"{why}; nothing was written", by_hand)
    before = files.read(path)
    files.write(path, data, 0o644)
    try:
        system().enable(path)
    except GatewayError:
        if before is None:
            path.unlink(missing_ok=True)
        else:
            files.write(path, before, 0o644)
        raise


def remove(layout: Layout) -> bool:
    """Stop the gateway that the system runs and take the unit away; False when there is none of ours."""
    if not ours(layout):
        return False
    path = file_of(layout)
    if runs(layout):
        stop(layout)
    if not system().missing():
        system().disable(path)
    path.unlink()
    system().forget(path)
    return True


def foreign(path: Path) -> Conflict:
    """The error for a file that is not ours to change."""
    return Conflict(
        "is not what `doit autostart` wrote for this gateway, or was changed since; it was left as it is",
        "Move it away, with changes of yours into a .d folder beside it, then run the command again.",
        where=str(path),
    )


def start(layout: Layout) -> None:
    """Have the system start it, and wait until it answers; a GatewayError shows the end of the log."""
    integrity.require(layout, layout.start_script, layout.supervisor)
    if instance := processes.running(layout):
        _join(layout, instance)
        return
    if why := system().missing():
        by_hand = f"Log in as this user, or start it by hand: {layout.start_script}"
        raise GatewayError(f"the gateway is to be started by {system().NAME}, but {why}", by_hand)
    seen, begun = _size(layout.log), time.monotonic()
    path, url = file_of(layout), history.current(layout).gateway_url
    system().start(path)
    if why := _waited(layout, begun, lambda: system().failed(path), system().GRACE, url):
        system().stop(path)
        raise _failure(layout, why, seen)
    console.say(f"  The gateway answers on {url} (started by {system().NAME}, after {time.monotonic() - begun:.0f} s)")


def stop(layout: Layout) -> None:
    """Have the system stop it; what is being answered is finished first, for a while."""
    path, instance = file_of(layout), processes.running(layout)
    by_system = bool(system().active(path))
    if by_system:
        system().stop(path)
    elif instance:  # started by hand, or by the script
        processes.finish(instance)
    else:
        console.say("  The gateway does not run.")
        return
    if not _gone(layout, stop_seconds()):
        console.say("  Answers are still under way; they are cut off now.")
        if left := processes.running(layout):
            processes.finish(left)  # the second time means: at once
        if not _gone(layout, CUT_SECONDS) and by_system:
            system().kill(path)
        if not _gone(layout, CUT_SECONDS):
            raise GatewayError("the gateway does not end", f"Try: sh {layout.stop_script}", where=str(path))
    console.say("  The gateway has stopped" + (f" (pid {instance.pid})." if instance else "."))


def _mark(layout: Layout, plain: bytes) -> str:
    return files.digest(os.fsencode(layout.gateway.resolve()) + b"\0" + plain)


def _join(layout: Layout, instance: processes.Instance) -> None:
    """It runs already, perhaps since a moment ago, by another's doing: wait until it answers, as the start script."""
    begun, url = time.monotonic(), f"http://127.0.0.1:{instance.port}"
    if why := _waited(layout, begun, lambda: processes.running(layout) is None, 0, url):
        raise _failure(layout, why, 0)
    console.say(f"The gateway is already running (pid {instance.pid}).")


def _waited(layout: Layout, begun: float, failed: Callable[[], bool], grace: float, url: str) -> str:
    """Wait until it answers: "", or why that is in vain; when it has *failed* for so many seconds, say."""
    patience, alive = processes.patience(layout), time.monotonic()
    while not (processes.running(layout) and gateway.readiness(url)):
        now = time.monotonic()
        alive = alive if failed() else now
        if now - alive > grace:
            return f"the gateway ended while it was starting, after {now - begun:.0f} s"
        if now - begun > patience:
            return f"the gateway has not become ready within {patience} s"
        time.sleep(0.3)
    return ""


def _gone(layout: Layout, seconds: float) -> bool:
    """Whether it ends within *seconds*."""
    deadline = time.monotonic() + seconds
    while processes.running(layout) or system().active(file_of(layout)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def _failure(layout: Layout, why: str, seen: int) -> Unhealthy:
    """The error, after the end of what came to the log since it had *seen* bytes; what that means, where we know."""
    data = files.read(layout.log) or b""
    lines = logs.lines_of(data[seen if seen <= len(data) else 0 :])
    return logs.failure(layout, why, lines, remedy=f"All of its log: {layout.log}")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def stop_seconds() -> int:
    """How long what is being answered may take once the gateway is to end."""
    given = os.environ.get("GATEWAY_STOP_TIMEOUT", "")
    return int(given) if given.isascii() and given.isdigit() else STOP_SECONDS
