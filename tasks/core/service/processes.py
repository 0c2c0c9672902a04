"""The gateway's process: is it ours, is it alive, who has the port; signals to it. The one module that knows psutil."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from tasks.core.disk import files
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psutil

    from tasks.core.model.layout import Layout

PROC = Path("/proc")
WORD = re.compile("[0-9a-f]{16}")
"""What start-gateway.sh gives each gateway to be known by."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


FREE_PORT = "Stop that one, or choose another port: doit deploy --port N"
"""What to do about a port that another program has."""


class Instance(NamedTuple):
    """A running gateway: its number and random word, when it started, the memory in bytes of it and its workers.

    And what it was started with: the port, the address, LiteLLM's version and its program.
    """

    pid: int
    word: str
    started: float
    memory: int
    port: int | None
    listen: str | None
    version: str | None
    program: str | None

    @property
    def uptime(self) -> float:
        """Seconds since it was started."""
        return max(0.0, time.time() - self.started)


class Found(NamedTuple):
    """A process of this user: its number, its command line, the name of the program that started it.

    That name is empty when that program has ended.
    """

    pid: int
    words: tuple[str, ...]
    parent: str


class PortState(NamedTuple):
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

    A number in gateway.pid proves nothing, numbers are used again: the process must be this user's, must have started
    when the file says, and must run serve.py of this folder, with our configuration and the file's random word.
    """
    record = _record(layout)
    if not record:
        return None
    import psutil

    try:
        process = psutil.Process(int(record.get("pid", "")))
        if not _ours(process, record, layout):
            return None
        port = int(record["port"]) if record.get("port", "").isdigit() else None
        known = (record.get("listen"), record.get("litellm"), record.get("program"))
        return Instance(process.pid, record["instance"], process.create_time(), _memory(process), port, *known)
    except (ValueError, OverflowError, psutil.Error):
        return None


def is_alive(instance: Instance) -> bool:
    """Whether this very process still runs."""
    import psutil

    try:
        process = psutil.Process(instance.pid)
        is_same = process.create_time() == instance.started
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def find_started_with(program: Path) -> Iterator[Found]:
    """This user's processes that run *program*, not an editor of it. Looks at every process."""
    import psutil

    paths = {str(program), str(program.resolve())}
    for process in psutil.process_iter(["cmdline", "uids", "status"]):
        known = process.info
        words = known["cmdline"] or ()
        is_running = any(has_words(words, path, "--config") for path in paths)
        if not is_running or known["uids"] is None:
            continue
        is_ours = known["uids"].real == os.getuid()
        if is_ours and known["status"] != psutil.STATUS_ZOMBIE:
            yield Found(process.pid, tuple(words), _find_parent(process))


def _find_parent(process: psutil.Process) -> str:
    """The name of the program that started it; process 1 took over what has lost its own."""
    import psutil

    try:
        parent = process.parent()
        if parent is None or parent.pid == 1:
            return ""
        return str(parent.name())
    except psutil.Error:
        return ""


def end(pid: int, seconds: float) -> None:
    """End a process at once, with what it has started; wait *seconds* at most."""
    import psutil

    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        workers = process.children(recursive=True)
        # Its workers end with it; one that hangs does not.
        process.kill()
        for worker in workers:
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()
        psutil.wait_procs([process, *workers], seconds)


def hang_up(instance: Instance) -> None:
    """Ask it to serve what stands now; how that goes is told in its status."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(instance.pid, signal.SIGHUP)


def finish(instance: Instance) -> None:
    """Ask it to end once what it is answering is answered."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(instance.pid, signal.SIGTERM)


def listener(port: int, layout: Layout) -> PortState:
    """Whether *port* of 127.0.0.1 is free, ours, or somebody else's."""
    if not is_answered(port):
        return PortState("free")
    instance = running(layout)
    if instance and _listens(instance, port):
        return PortState("ours", instance.pid, "LiteLLM")
    return _stranger(port)


def is_answered(port: int) -> bool:
    """Whether a program accepts connections at *port* of 127.0.0.1."""
    import socket

    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        # The kernel may have picked this very port for our end: then we have reached ourselves.
        return bool(connection.getsockname() != connection.getpeername())
    return False


def free_port() -> int:
    """A port of this machine that nobody has at the moment."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _record(layout: Layout) -> dict[str, str]:
    """What the start script wrote: NAME=value lines."""
    text = (files.read(layout.pid_file) or b"").decode(errors="replace")
    return {name: value for name, _, value in (line.partition("=") for line in text.splitlines())}


def _ours(process: psutil.Process, record: Mapping[str, str], layout: Layout) -> bool:
    """The same proof as in gateway-process.sh.j2."""
    started, word = record.get("started"), record.get("instance", "")
    if not started or not WORD.fullmatch(word):
        return False
    if _mark(process) != started or process.uids().real != os.getuid():
        return False
    folder = layout.gateway.resolve()
    program, config = str(folder / layout.supervisor.name), str(folder / layout.config.name)
    line = process.cmdline()
    return has_words(line, program, "--config", config) and has_words(line, "--instance", word)


def has_words(line: Sequence[str], *words: str) -> bool:
    """Whether *line* has *words*, one behind the other."""
    size = len(words)
    return any(tuple(line[at : at + size]) == words for at in range(len(line) - size + 1))


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


def _memory(process: psutil.Process) -> int:
    """The bytes that a process and what it started have; a worker may end in that very moment."""
    import psutil

    found = 0
    for each in _family(process):
        with contextlib.suppress(psutil.Error):
            found += each.memory_info().rss
    return found


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


def patience(layout: Layout) -> int:
    """Seconds that LiteLLM may take until it is ready: GATEWAY_START_TIMEOUT here or in .env, as the start script."""
    name = "GATEWAY_START_TIMEOUT"
    given = os.environ.get(name) or env_file.deployed(layout).get(name, "")
    return int(given) if given.isascii() and given.isdigit() else 300
