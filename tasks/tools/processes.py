"""The gateway's process: is it ours, is it alive, who has the port. The one module that knows psutil."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tasks.tools import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

    from tasks.model.layout import Layout

PROC = Path("/proc")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Instance:
    """A running gateway: its number, its port, the version of its LiteLLM, when it started, its memory in bytes."""

    pid: int
    port: int | None
    version: str | None
    started: float
    memory: int

    @property
    def uptime(self) -> float:
        """Seconds since it was started."""
        return max(0.0, time.time() - self.started)


@dataclass(frozen=True)
class PortState:
    """Who listens on a port of 127.0.0.1; of a stranger the number and name, where we may know them."""

    kind: Literal["free", "ours", "foreign"]
    pid: int | None = None
    name: str | None = None

    def __str__(self) -> str:
        if self.kind != "foreign":
            return self.kind
        return f"taken by {self.name or 'another program'}" + (f" (pid {self.pid})" if self.pid else "")


def running(layout: Layout) -> Instance | None:
    """The gateway that was started from this folder; None when it does not run.

    A number in gateway.pid proves nothing, numbers are used again: the process must have started when the file says,
    and must have our configuration on its command line.
    """
    import psutil

    record = _record(layout)
    try:
        process = psutil.Process(int(record.get("pid", "")))
        if not _ours(process, record.get("started", ""), layout):
            return None
        memory = sum(each.memory_info().rss for each in _family(process))
        port, version = record.get("port", ""), record.get("litellm")
        return Instance(process.pid, int(port) if port.isdigit() else None, version, process.create_time(), memory)
    except (ValueError, OverflowError, psutil.Error):
        return None


def outdated(layout: Layout) -> bool:
    """Whether what the running gateway was started with has been written since.

    Compared with the time of gateway.pid, because the start of a process is told to the second only.
    """
    used = [path for path in (layout.config, layout.env_file, layout.start_script) if path.exists()]
    return layout.pid_file.exists() and any(path.stat().st_mtime > layout.pid_file.stat().st_mtime for path in used)


def listener(port: int, layout: Layout) -> PortState:
    """Whether *port* of 127.0.0.1 is free, ours, or somebody else's."""
    if not _answers(port):
        return PortState("free")
    instance = running(layout)
    if instance and _listens(instance, port):
        return PortState("ours", instance.pid, "LiteLLM")
    return _stranger(port)


def _record(layout: Layout) -> dict[str, str]:
    """What the start script wrote: NAME=value lines."""
    text = (files.read(layout.pid_file) or b"").decode(errors="replace")
    return {name: value for name, _, value in (line.partition("=") for line in text.splitlines())}


def _ours(process: psutil.Process, started: str, layout: Layout) -> bool:
    """The same proof as in gateway-process.sh.j2."""
    config = str(layout.gateway.resolve() / layout.config.name)
    return bool(started) and _mark(process) == started and config in process.cmdline()


def _mark(process: psutil.Process) -> str:
    """When *process* started, as the scripts write it: in the kernel's ticks, or as `ps -o lstart=` in UTC."""
    try:
        status = (PROC / str(process.pid) / "stat").read_bytes()
    except OSError:
        return _lstart(process.create_time())
    return status.rpartition(b") ")[2].split()[19].decode()


def _lstart(moment: float) -> str:
    """A time as `LC_ALL=C TZ=UTC0 ps -o lstart=` shows it, whatever the locale of this process is."""
    at = time.gmtime(moment)
    clock = time.strftime("%H:%M:%S %Y", at)
    return f"{DAYS[at.tm_wday]} {MONTHS[at.tm_mon - 1]} {at.tm_mday} {clock}"


def _family(process: psutil.Process) -> Iterator[psutil.Process]:
    """A process and what it started."""
    yield process
    yield from process.children(recursive=True)


def _answers(port: int) -> bool:
    """Whether somebody takes connections there."""
    import socket

    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        # The kernel may have picked this very port for our end: then we have reached ourselves.
        return bool(connection.getsockname() != connection.getpeername())
    return False


def _listens(instance: Instance, port: int) -> bool:
    """Whether it is our gateway that has the port; what it was started with counts where we may not look."""
    import psutil

    try:
        connections = [c for each in _family(psutil.Process(instance.pid)) for c in each.net_connections("tcp")]
    except psutil.Error:
        return instance.port == port
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections)


def _stranger(port: int) -> PortState:
    """Who else has the port, as far as this user may know: macOS does not tell."""
    import psutil

    pid: int | None = None
    with contextlib.suppress(psutil.Error, OSError):
        for each in psutil.net_connections("tcp"):
            if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port:
                pid = each.pid or pid
    with contextlib.suppress(psutil.Error):
        return PortState("foreign", pid, psutil.Process(pid).name() if pid else None)
    return PortState("foreign", pid)
