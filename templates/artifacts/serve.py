"""Serve LiteLLM on one address, and take a new configuration without a dropped request.

    python serve.py --config /absolute/litellm_config.yaml --port 4000

Run it with the Python that has LiteLLM. This process holds the listening socket and never loads LiteLLM; a worker,
its child, does. SIGHUP starts a second worker on the same socket. When that one has loaded the configuration, the
first one takes no new connections, finishes what it is answering, and ends. When that one fails, the first one never
notices. SIGTERM ends everything as soon as the answers under way are finished; a second SIGTERM ends it now.

Beside the configuration lie:
    .env                  read anew for each worker, line by line; nothing in it is executed or expanded:
                          [export ]NAME=value, the value plain (up to a blank and #), or in one pair of ' or "
    gateway.status.json   0600: the last attempt to start a worker (`attempt`, `state` starting | serving | failed,
                          `reason`, `error`: the end of its log), who serves (`worker`, `revision`), who is finishing
    litellm.log           when it is where the output goes to: kept below 5 MB, the former part in litellm.log.1

Every answer says in x-gateway-revision which configuration it comes from: 12 digits of the SHA-256 of the file.
GATEWAY_DRAIN_SECONDS (600), in .env, is how long answers may take to finish. What LiteLLM's own command line does
beyond serving, migrations of a database for instance, is not done. Exit: 0 it was ended, 1 it cannot be started,
2 wrong usage, 6 no worker became ready.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

try:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from uvicorn.supervisors.multiprocess import Multiprocess, Process
except ImportError:
    sys.exit(f"{sys.executable} has no uvicorn that can be used here. Upgrade LiteLLM: 'litellm[proxy]' brings it.")

OLDEST_UVICORN = (0, 51)
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than clients keep theirs, so that it is they who close."""
START_SECONDS = 300
DRAIN_SECONDS = 600
HUNG_SECONDS = 60
MOST_FAILURES = 5
MOST_LOG = 5 * 1024 * 1024

INHERITED = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|GATEWAY_DRAIN_SECONDS"
)
LOOPS = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE", "ANTHROPIC_AUTH_TOKEN")
"""Claude Code's own: with them LiteLLM would call itself."""
DEFAULTS = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
    "LITELLM_TELEMETRY_DISABLED": "true",
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "WARNING",
    "LITELLM_DONT_SHOW_FEEDBACK_BOX": "True",
    "LITELLM_SUPPRESS_STARTUP_OUTPUT": "true",
    "NO_DOCS": "True",
    "NO_REDOC": "True",
    "NO_OPENAPI": "True",
    "DISABLE_ADMIN_UI": "True",
    "PYTHONUNBUFFERED": "1",
}
"""Nothing is downloaded or reported at the start, .env is not read twice; .env can say otherwise."""
SECRET = re.compile("KEY|SECRET|TOKEN|PASSW|CREDENTIAL|_URL", re.IGNORECASE)

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]


# --- pure ---------------------------------------------------------------------------------------------------------------


def env_values(text: str) -> dict[str, str]:
    """The variables of a .env, as start-gateway.sh reads it."""
    found = {}
    for line in text.split("\n"):
        name, equals, value = line.removesuffix("\r").removeprefix("export ").partition("=")
        if equals and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) and not name.startswith("gw_") and "\0" not in line:
            found[name] = _unquoted(value)
    return found


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"'):
        return value[1:].split(value[0], 1)[0]
    return re.split(r"[ \t]#", value, maxsplit=1)[0].rstrip(" \t")


def worker_environment(inherited: Mapping[str, str], text: str, config: Path) -> dict[str, str]:
    """The environment of a worker: .env, what programs need to find their way, and what LiteLLM needs."""
    told = {name: value for name, value in inherited.items() if INHERITED.fullmatch(name)} | env_values(text)
    made = {name: value for name, value in told.items() if name not in LOOPS}
    made |= {name: value for name, value in DEFAULTS.items() if not made.get(name)}
    for name in ("NO_PROXY", "no_proxy"):  # what is on this machine is not reached through a proxy
        if name == "NO_PROXY" or made.get(name):
            made[name] = ",".join(filter(None, [made.get(name), "127.0.0.1,localhost"]))
    made.setdefault("GRACEFUL_SHUTDOWN_TIMEOUT", str(drain_seconds(made)))
    return made | {"CONFIG_FILE_PATH": str(config)}


def drain_seconds(environment: Mapping[str, str]) -> int:
    """How long answers may take to finish."""
    given = environment.get("GATEWAY_DRAIN_SECONDS", "")
    return int(given) if re.fullmatch(r"[0-9]{1,6}", given) else DRAIN_SECONDS


def revision_of(config: bytes) -> str:
    """What x-gateway-revision says of a configuration."""
    return hashlib.sha256(config).hexdigest()[:12]


def hidden(text: str, environment: Mapping[str, str]) -> str:
    """*text* without the values of secret variables."""
    secrets = {value for name, value in environment.items() if SECRET.search(name) and len(value) > 7}  # noqa: PLR2004
    for value in sorted(secrets, key=len, reverse=True):
        text = text.replace(value, "[hidden]")
    return text


def reason_in(lines: list[str]) -> str:
    """The line of a log that says best why LiteLLM ended: the last error, else the last line."""
    errors = [line for line in lines if re.match(r"([a-z_]\w*\.)*[A-Z]\w*(Error|Exception|Warning): ", line)]
    return (errors or lines or [""])[-1].strip()[:500]


# --- files --------------------------------------------------------------------------------------------------------------


def write_private(path: Path, text: str) -> None:
    """Make *path* hold *text*, all of it or what stood before."""
    new = path.with_name(f"{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        new.unlink()
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


class Log:
    """The file that the output of this process and its workers goes to, if it goes to one.

    It is opened before this program starts and inherited by every worker, so it cannot be replaced: when it is too
    long, its content is moved and it goes on empty, which is why it must have been opened for appending (`>>`).
    """

    def __init__(self, path: Path, descriptor: int = 2) -> None:
        self.path = path
        with contextlib.suppress(OSError):
            if not os.path.samestat(os.fstat(descriptor), path.stat()):
                self.path = Path(os.devnull)

    def size(self) -> int:
        """Bytes in it."""
        with contextlib.suppress(OSError):
            status = self.path.stat()
            return status.st_size if stat.S_ISREG(status.st_mode) else 0
        return 0

    def rotate(self, most: int = MOST_LOG) -> None:
        """Move what is in it to the file beside it, when it is longer than *most* bytes."""
        if self.size() <= most:
            return
        kept, new = (self.path.with_name(f"{self.path.name}.1{suffix}") for suffix in ("", ".new"))
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
            with self.path.open("rb") as source, os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as copy:
                shutil.copyfileobj(source, copy)
            os.truncate(self.path, 0)
            new.replace(kept)

    def lines_since(self, size: int) -> list[str]:
        """Its last 40 lines, those after the first *size* bytes only."""
        with contextlib.suppress(OSError), self.path.open("rb") as file:
            end = self.size()
            file.seek(max(size if size <= end else 0, end - 100_000))
            return [line for line in file.read(100_000).decode(errors="replace").splitlines() if line.strip()][-40:]
        return []


@contextlib.contextmanager
def environment_of(environment: Mapping[str, str]) -> Iterator[None]:
    """What is started inside has *environment* and nothing else."""
    own = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environment)
        yield
    finally:
        os.environ.clear()
        os.environ.update(own)


# --- in the worker ------------------------------------------------------------------------------------------------------


def application(complete: bool) -> Checked:
    """LiteLLM, as its own command line serves it."""
    from litellm.proxy.proxy_server import app

    return Checked(app, complete)


class Checked:
    """An application that does not start when *complete* and LiteLLM has left out a model of the configuration."""

    def __init__(self, app: Callable[..., Awaitable[None]], complete: bool) -> None:
        self.app, self.complete = app, complete

    async def __call__(self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Send) -> None:
        """Serve a request, or the start and the end."""
        if scope["type"] == "lifespan" and self.complete:
            return await self.app(scope, receive, functools.partial(self._judged, send))
        return await self.app(scope, receive, send)

    @staticmethod
    async def _judged(send: Send, message: Message) -> None:
        if message["type"] == "lifespan.startup.complete" and (missing := left_out()):
            names = ", ".join(sorted(missing))
            message = {"type": "lifespan.startup.failed", "message": f"ModelError: LiteLLM has left out {names}"}
        await send(message)


def left_out() -> set[str]:
    """The models of the configuration that LiteLLM has logged as broken and then gone on without."""
    from litellm.proxy import proxy_server

    wanted = proxy_server.proxy_config.get_config_state().get("model_list") or []
    served = proxy_server.llm_router.get_model_names() if proxy_server.llm_router else []
    return {str(model["model_name"]) for model in wanted} - {str(name) for name in served}


class Connection(H11Protocol):
    """A connection that is closed only after its client was told, or when the client leaves it idle too long."""

    stopping = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected; if no request comes, it is an idle connection too."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def shutdown(self) -> None:
        """The worker takes no new connections any more."""
        if self.stopping:
            super().shutdown()
        elif self.cycle:
            self.cycle.default_headers = self.server_state.default_headers  # with the announcement, if it is in time


class Server(uvicorn.Server):
    """Serves until SIGINT, which retires it, or SIGTERM, which ends it; neither cuts an answer off."""

    revision = ""
    loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Let LiteLLM load its configuration, then accept connections."""
        self.loop = asyncio.get_running_loop()
        revision = revision_of(Path(os.environ["CONFIG_FILE_PATH"]).read_bytes())
        self.config.encoded_headers.append((b"x-gateway-revision", revision.encode()))
        await super().startup(sockets)
        self.revision = revision

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more; announce with every answer from now on that its connection will be closed; wait for all."""
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: object) -> None:  # noqa: ARG002
        """Retire on SIGINT (LiteLLM answers health checks with 503 after a SIGTERM), end on SIGTERM."""
        if sig == signal.SIGTERM:
            Connection.stopping = True
            if self.should_exit and self.loop:
                self.loop.call_soon_threadsafe(self._hang_up)
        self.should_exit = True

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            connection.shutdown()


class Worker(Process):
    """A process with LiteLLM in it, as this one sees it and, in `target` and `pong`, as it is itself."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self.begun = time.monotonic()
        self.revision = ""
        self.asked: float | None = None
        self.retired: float | None = None

    @property
    def server(self) -> Server:
        """The server, in the worker."""
        if self._server is None:
            self._server = Server(self.config)
        assert isinstance(self._server, Server)
        return self._server

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve."""
        self.parent_conn.close()  # so that the pipe ends with the supervisor
        super().target(sockets)

    def always_pong(self) -> None:
        """Tell the supervisor which revision is served, "" as long as none is; end with it."""
        with contextlib.suppress(OSError, EOFError):
            while self.child_conn.recv():
                self.child_conn.send(self.server.revision)
        if not self.server.started:
            os._exit(0)
        os.kill(os.getpid(), signal.SIGTERM)

    def start(self) -> None:
        """Start it. The end of the pipe that is the worker's is closed here, so that its death ends the pipe."""
        super().start()
        self.child_conn.close()

    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.is_alive()

    def hear(self) -> str:
        """The revision that it serves; "" while it is starting. Does not wait."""
        with contextlib.suppress(OSError, EOFError):
            while self.parent_conn.poll():
                self.revision, self.asked = self.parent_conn.recv(), None
            if self.asked is None:
                self.parent_conn.send(b"ping")
                self.asked = time.monotonic()
        return self.revision

    def hung(self) -> bool:
        """Whether it has not answered for too long."""
        return self.asked is not None and time.monotonic() - self.asked > HUNG_SECONDS

    def signal(self, sig: int) -> None:
        """Send it a signal, if it still runs."""
        if self.alive() and self.pid:
            os.kill(self.pid, sig)


# --- the supervisor -----------------------------------------------------------------------------------------------------


class Supervisor(Multiprocess):
    """Keeps one worker serving; its loop and its signals are uvicorn's."""

    def __init__(self, config: Path, sockets: list[socket.socket], start_seconds: int) -> None:
        super().__init__(self._settings(complete=False), sockets)
        self.path, self.start_seconds = config, start_seconds
        self.log = Log(config.with_name("litellm.log"))
        self.status_file = config.with_name("gateway.status.json")
        self.environment: dict[str, str] = {}
        self.serving: Worker | None = None
        self.coming: Worker | None = None
        self.leaving: list[Worker] = []
        self.wanted = True
        self.attempt = self.failures = self.code = self.log_size = 0
        self.not_before = 0.0
        self.state, self.reason, self.error = "starting", "", [""]
        self.told = ""

    def _settings(self, *, complete: bool) -> uvicorn.Config:
        return uvicorn.Config(
            functools.partial(application, complete),
            factory=True,
            http=Connection,
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
        )

    def init_processes(self) -> None:
        """Start the first worker."""
        self.keep_subprocess_alive()

    def keep_subprocess_alive(self) -> None:
        """One turn of the loop: what has happened to each worker, and what follows from it."""
        if self.serving and (not self.serving.alive() or self.serving.hung()):
            self._lost(self.serving)
        if self.coming:
            self._judge(self.coming)
        elif self.wanted and time.monotonic() >= self.not_before:
            self._begin()
        self._part()
        self.log.rotate()
        self._tell()

    def _begin(self) -> None:
        """Start a worker with what .env says now."""
        self.wanted, self.state, self.reason, self.error = False, "starting", "", []
        self.attempt += 1
        self.log_size = self.log.size()
        try:
            text = self.path.with_name(".env").read_bytes().decode("utf-8", "surrogateescape")
            self.environment = worker_environment(os.environ, text, self.path)
            config = self._settings(complete=self.serving is not None)
            config.timeout_graceful_shutdown = drain_seconds(self.environment)
            with environment_of(self.environment):
                self.coming = Worker(config, self.sockets)
                self.coming.start()
        except OSError as error:
            self._failed(str(error))

    def _judge(self, coming: Worker) -> None:
        """Put the new worker in the place of the old one, once it is ready."""
        if coming.hear():
            if self.serving:
                self._retire(self.serving)
            self.serving, self.coming, self.state = coming, None, "serving"
            say(f"worker {coming.pid} serves {coming.revision}")
        elif not coming.alive():
            self._failed(f"ended with code {coming.exitcode}")
        elif time.monotonic() - coming.begun > self.start_seconds:
            coming.kill()
            self._failed(f"was not ready within {self.start_seconds} s")

    def _failed(self, how: str) -> None:
        """Remember why the new worker is none; try again where nobody serves."""
        lines = [hidden(line, self.environment) for line in self.log.lines_since(self.log_size)]
        self.coming, self.state = None, "failed"
        self.reason, self.error = f"the new worker {how}: {reason_in(lines)}".rstrip(": "), lines
        say(self.reason + (f"; worker {self.serving.pid} goes on serving" if self.serving else ""))
        if not self.serving:
            self._again()

    def _again(self) -> None:
        self.failures += 1
        self.not_before = time.monotonic() + 2**self.failures
        self.wanted = True
        if self.attempt == 1 or self.failures > MOST_FAILURES:
            self.code = 6
            self.should_exit.set()

    def _lost(self, worker: Worker) -> None:
        """The worker that served has died or hangs: start another one, at once if this one had served for a while."""
        worker.kill()
        self.failures = self.failures if time.monotonic() - worker.begun < 2 * HUNG_SECONDS else 0
        self.serving = None
        self.wanted = True
        self.not_before = time.monotonic() + (2**self.failures if self.failures else 0)
        say(f"worker {worker.pid} is gone (code {worker.exitcode}); another one is started")

    def _retire(self, worker: Worker) -> None:
        worker.signal(signal.SIGINT)
        worker.retired = time.monotonic()
        self.leaving.append(worker)

    def _part(self) -> None:
        """Let go of retired workers that have ended; end those that had time enough."""
        for worker in self.leaving:
            if worker.retired and time.monotonic() - worker.retired > drain_seconds(self.environment) + 30:
                worker.kill()
        self.leaving = [worker for worker in self.leaving if worker.alive()]

    def _tell(self) -> None:
        """Write the status, if it is another one."""
        status = {
            "state": self.state,
            "attempt": self.attempt,
            "supervisor": os.getpid(),
            "worker": self.serving.pid if self.serving else None,
            "revision": self.serving.revision if self.serving else None,
            "leaving": [worker.pid for worker in self.leaving],
            "reason": self.reason,
            "error": self.error,
        }
        text = json.dumps(status, indent=2) + "\n"
        if text != self.told:
            with contextlib.suppress(OSError):
                write_private(self.status_file, text)
                self.told = text

    def terminate_all(self) -> None:
        """End every worker: those that serve finish what they are answering."""
        for worker in self._all():
            worker.signal(signal.SIGTERM if worker.revision else signal.SIGKILL)

    def join_all(self) -> None:
        """Wait until they have ended, for GATEWAY_DRAIN_SECONDS or until one more signal comes."""
        self.signal_queue.clear()
        deadline = time.monotonic() + drain_seconds(self.environment)
        for worker in self._all():
            while worker.alive():
                if time.monotonic() > deadline or {signal.SIGTERM, signal.SIGINT} & set(self.signal_queue):
                    worker.signal(signal.SIGKILL)
                time.sleep(0.05)
        with contextlib.suppress(OSError):
            self.status_file.unlink()

    def _all(self) -> list[Worker]:
        return [worker for worker in (self.serving, self.coming, *self.leaving) if worker]

    def handle_hup(self) -> None:
        """Swap; but a terminal that is closed takes what runs in it along."""
        self.wanted = True
        self.not_before = 0.0
        if sys.stderr.isatty():
            self.should_exit.set()

    def handle_ttin(self) -> None:
        """One worker is what there is."""

    handle_ttou = handle_ttin


def say(text: str) -> None:
    """One line in the log."""
    print(time.strftime("%Y-%m-%d %H:%M:%S"), "gateway:", text, file=sys.stderr, flush=True)


def bound(host: str, port: int) -> socket.socket:
    """The listening socket. Who was killed a moment ago may still hold it: a little patience."""
    for patience in range(30, -1, -1):
        try:
            return socket.create_server((host, port), backlog=2048)
        except OSError as error:
            if not patience:
                sys.exit(f"{host}:{port} cannot be listened on: {error.strerror}.")
        time.sleep(0.1)
    raise AssertionError


def main() -> int:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--start-timeout", type=int, default=START_SECONDS, metavar="SECONDS")
    given = parser.parse_args()
    if tuple(map(int, uvicorn.__version__.split(".")[:2])) < OLDEST_UVICORN:
        sys.exit(f"uvicorn {uvicorn.__version__} is too old, 0.51 is needed. Upgrade LiteLLM to 1.88 or newer.")
    if not given.config.is_absolute() or not given.config.is_file():
        sys.exit(f"{given.config} is no file, or its path is not absolute.")
    os.umask(0o077)
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [path for path in sys.path if path != here]  # what lies here is no module of LiteLLM's
    supervisor = Supervisor(given.config, [bound(given.host, given.port)], given.start_timeout)
    supervisor.run()
    return supervisor.code


if __name__ == "__main__":
    sys.exit(main())
