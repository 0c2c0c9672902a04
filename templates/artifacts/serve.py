"""Serve LiteLLM on one address, and take a new configuration without a dropped request.

    python serve.py --config /absolute/litellm_config.yaml --port 4000

Run it with the Python that has LiteLLM. This process, the supervisor, holds the listening socket and never loads
LiteLLM; a worker, its child, does. SIGHUP starts another worker on the same socket. When that one has loaded the
configuration, the former one takes no new connections, finishes what it is answering, and ends; when it fails, the
former one never notices. A worker that dies is started anew with what stands; when that fails, with what served last.
SIGTERM ends everything once the answers under way are finished, a second SIGTERM at once.

Beside the configuration lie
    .env                  read anew for each worker, line by line, nothing executed or expanded: [export ]NAME=value;
                          the value in one pair of ' or ", else up to the first blank with a # behind it
    gateway.status.json   0600; of the last worker that was started: attempt (counts them), state (starting, serving
                          or failed), reason and error (the end of its log); and who serves which revision, who leaves;
                          environment and code: digests of the .env that is served (keyed with --instance) and of this
    litellm.log           if that is where the output goes: kept below 5 MB, what was in it before in litellm.log.1
    .litellm_config.served.yaml   0600; only while what stands failed: the configuration that is served
(the last three elsewhere with --status).

x-gateway-revision in every answer: the first 12 digits of the SHA-256 of the configuration that it was made with.
GATEWAY_DRAIN_SECONDS in .env (600): how long answers may take to finish. --instance is a word by which others know
this very process. With a --host that more than this machine can reach LiteLLM is not served without a key. What
LiteLLM's own command does besides serving, such as migrating a database, is not done.
Exit: 0 ended by a signal, 1 cannot be started, 2 wrong usage, 6 no worker became ready.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import hashlib
import ipaddress
import itertools
import json
import os
import re
import shutil
import signal
import socket
import stat
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

try:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from uvicorn.supervisors.multiprocess import Multiprocess, Process
except ImportError:
    sys.exit(f"{sys.executable} has no uvicorn that can be used here: install or upgrade 'litellm[proxy]'.")

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

OLDEST_UVICORN = (0, 51)
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than clients keep theirs, so that it is they who close it."""
DRAIN_SECONDS = 600
MOST_FAILURES = 5
MOST_LOG = 5 * 1024 * 1024

NAME = re.compile(r"(?!gw_)[A-Za-z_][A-Za-z0-9_]*")
INHERITED = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|GATEWAY_DRAIN_SECONDS"
)
"""What a worker has from the shell; so it is the same from every shell and at login."""
LOOPS = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE", "ANTHROPIC_AUTH_TOKEN")
"""Claude Code's: with them LiteLLM would call itself."""
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
    "NO_PROXY": "",
    "PYTHONUNBUFFERED": "1",
}
"""Nothing is downloaded or reported at the start, and .env is not read once more; .env can say otherwise."""
SECRET = re.compile("KEY|SECRET|TOKEN|PASSW|CREDENTIAL|_URL", re.IGNORECASE)
ERROR = re.compile(r"(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception): ")
COLOUR = re.compile(r"\x1b\[[\d;]*m")
FRAME = re.compile(r'[ |+]{2,}File "')
INNER = re.compile(r"[ |+]{4}")
"""How a place in a traceback begins, and the lines below it; those of a group of errors have a bar before them."""

Message = dict[str, Any]


# --- what can be said without doing anything ------------------------------------------------------------------------


def env_values(text: str) -> dict[str, str]:
    """The variables of a .env."""
    lines = [line.removesuffix("\r").removeprefix("export ").partition("=") for line in text.split("\n")]
    good = [line for line in lines if line[1] and NAME.fullmatch(line[0]) and "\0" not in line[2]]
    return {name: _unquoted(value) for name, _, value in good}


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"'):
        return value[1:].split(value[0], 1)[0]
    return re.split(r"[ \t]#", value, maxsplit=1)[0].rstrip(" \t")


def worker_environment(inherited: Mapping[str, str], text: str, config: Path) -> dict[str, str]:
    """All that a worker has in its environment: of the shell's, of this .env's *text*, and what LiteLLM needs."""
    made = {name: value for name, value in inherited.items() if INHERITED.fullmatch(name)} | env_values(text)
    made |= {name: value for name, value in DEFAULTS.items() if not made.get(name)}
    for name in {"NO_PROXY", "no_proxy"} & set(made):  # what is on this machine is not reached through a proxy
        made[name] = f"{made[name]},127.0.0.1,localhost".lstrip(",")
    made |= {"CONFIG_FILE_PATH": str(config), "GRACEFUL_SHUTDOWN_TIMEOUT": str(drain_seconds(made))}
    made |= {f"BEARER_{name}": f"Bearer {made[name]}" for name in bearers(config) if made.get(name)}
    return {name: value for name, value in made.items() if name not in LOOPS}


def bearers(config: Path) -> set[str]:
    """The variables of which the configuration wants `Bearer ` and the value: LiteLLM cannot put the two together."""
    with contextlib.suppress(OSError):
        return set(re.findall(r"os\.environ/BEARER_([A-Z][A-Z0-9_]*)", config.read_text(errors="replace")))
    return set()


def drain_seconds(environment: Mapping[str, str]) -> int:
    """How long answers may take to finish."""
    given = environment.get("GATEWAY_DRAIN_SECONDS", "")
    return int(given) if re.fullmatch(r"[0-9]{1,6}", given) else DRAIN_SECONDS


def revision(config: Path) -> str:
    """What x-gateway-revision says of this configuration."""
    return hashlib.sha256(config.read_bytes()).hexdigest()[:12]


def keyed(word: str, data: bytes) -> str:
    """A short digest of *data*, which says nothing to who does not know *word*."""
    return hashlib.blake2b(data, key=word.encode()[:64], digest_size=6).hexdigest()


def address(text: str) -> str:
    """An address of IPv4 or IPv6 in its usual form; ValueError when it is none."""
    return str(ipaddress.ip_address(text))


def addresses(host: str) -> list[str]:
    """Where to listen: on *host*, and always where this machine itself asks."""
    return [host] if host in ("127.0.0.1", "0.0.0.0", "::") else ["127.0.0.1", host]  # noqa: S104 - asked for


def exposed(host: str) -> bool:
    """Whether others than this machine can connect to *host*."""
    return not ipaddress.ip_address(host).is_loopback


def hidden(text: str, environment: Mapping[str, str]) -> str:
    """*text* without the values of secret variables."""
    secrets = {value for name, value in environment.items() if SECRET.search(name) and len(value) > 7}  # noqa: PLR2004
    return functools.reduce(lambda left, value: left.replace(value, "[hidden]"), sorted(secrets, key=len)[::-1], text)


def told_by(lines: list[str]) -> list[str]:
    """Lines of a log without colours, without the inner of tracebacks and without blank ones."""
    told, inner = [], False
    for line in (COLOUR.sub("", each) for each in lines):
        inner = bool(FRAME.match(line) or (inner and INNER.match(line)))
        told += [] if inner or not line.strip() else [line]
    return told


def reason(lines: list[str]) -> str:
    """Where a log says why LiteLLM ended: the last error, with a few lines of explanation; else the last line."""
    at = max((number for number, line in enumerate(lines) if ERROR.match(line)), default=-1)
    whole = itertools.takewhile(
        lambda line: not line.startswith("ERROR: "), lines[at : at + 3] if at >= 0 else lines[-1:]
    )
    return " ".join(line.strip() for line in whole)[:500] or "its output says why"


# --- files ----------------------------------------------------------------------------------------------------------


def write_private(path: Path, text: str) -> None:
    """Make *path* hold *text*: all of it, or what stood there before."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
    new.replace(path)


class Log:
    """The file that the output of this process and its workers goes to, if it goes to a file.

    It was opened (for appending) before this program began and is inherited by every worker, so it cannot be replaced:
    when it is too long, what is in it is copied, and it goes on empty.
    """

    def __init__(self, path: Path, descriptor: int = 2) -> None:
        self.path = path
        with contextlib.suppress(OSError):
            self.path = path if os.path.samestat(os.fstat(descriptor), path.stat()) else Path(os.devnull)

    def size(self) -> int:
        """Bytes in it."""
        with contextlib.suppress(OSError):
            status = self.path.stat()
            return status.st_size if stat.S_ISREG(status.st_mode) else 0
        return 0

    def rotate(self, most: int = MOST_LOG) -> None:
        """When it has more than *most* bytes, put them into the file beside it."""
        with contextlib.suppress(OSError):
            if self.size() > most:
                kept = self.path.with_name(f"{self.path.name}.1")
                write_private(kept, "")
                shutil.copyfile(self.path, kept)
                os.truncate(self.path, 0)

    def since(self, size: int) -> list[str]:
        """What came after its first *size* bytes, in lines; if that is long, the end of it."""
        with contextlib.suppress(OSError), self.path.open("rb") as file:
            end = self.size()
            file.seek(max(size if size <= end else 0, end - 100_000))
            return file.read().decode(errors="replace").splitlines()
        return []


@contextlib.contextmanager
def environment_of(environment: Mapping[str, str]) -> Iterator[None]:
    """What is started within has *environment*, and this process has its own again afterwards."""
    own = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environment)
        yield
    finally:
        os.environ.clear()
        os.environ.update(own)


# --- in the worker --------------------------------------------------------------------------------------------------


def application(complete: bool, guarded: bool) -> Callable[..., Awaitable[None]]:
    """LiteLLM as its own command serves it.

    When *complete*, it does not start without a model that it should have; when *guarded*, not without a key.
    """
    from litellm.proxy import proxy_server

    litellm: Callable[..., Awaitable[None]] = proxy_server.app

    async def checked(scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[..., Any]) -> None:
        async def judged(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete" and (error := fault(complete, guarded)):
                print(error, file=sys.stderr, flush=True)
                os._exit(3)  # nothing is served yet
            await send(message)

        await litellm(scope, receive, judged if scope["type"] == "lifespan" else send)

    return checked


def fault(complete: bool, guarded: bool) -> str:
    """Why the configuration that LiteLLM has loaded must not be served."""
    from litellm.proxy import proxy_server

    if guarded and proxy_server.master_key in (None, "", "sk-1234"):
        return "KeyError: others than this machine could connect, and no LITELLM_MASTER_KEY keeps them out"
    if complete and (missing := left_out()):
        return f"ModelError: LiteLLM cannot serve {', '.join(sorted(missing))}; it says why above"
    return ""


def left_out() -> set[str]:
    """The models of the configuration that LiteLLM found broken; it goes on without them."""
    from litellm.proxy import proxy_server

    wanted: Any = proxy_server.proxy_config.get_config_state().get("model_list") or []
    served = proxy_server.llm_router.get_model_names() if proxy_server.llm_router else []
    return {str(model["model_name"]) for model in wanted} - {str(name) for name in served}


class Connection(H11Protocol):
    """A connection that ends only after its client was told so, or has left it idle for long."""

    stopping = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected. As long as no request comes it is idle, which uvicorn lets last for ever."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def shutdown(self) -> None:
        """The worker leaves. uvicorn would close here, while a request may be on its way."""
        if self.stopping:
            super().shutdown()
        elif self.cycle:  # if its answer has not begun, it can still tell
            self.cycle.default_headers = self.server_state.default_headers


class Server(uvicorn.Server):
    """Serves until SIGINT, which retires it, or SIGTERM, which ends it; neither breaks an answer off."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[str], None]) -> None:
        super().__init__(config)
        self.tell = tell
        self.loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Let LiteLLM load its configuration, then accept connections."""
        self.loop = asyncio.get_running_loop()
        served = revision(Path(os.environ["CONFIG_FILE_PATH"]))
        self.config.encoded_headers.append((b"x-gateway-revision", served.encode()))
        await super().startup(sockets)
        self.tell(served)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more; say in each answer from now on that it is the last of its connection; wait for all."""
        for each in self.servers:
            each.close()
        with contextlib.suppress(OSError):
            self.tell("")
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: object) -> None:  # noqa: ARG002
        """A signal has come. Some LiteLLM answer health checks with 503 from a SIGTERM on: not for one that retires."""
        if sig == signal.SIGTERM:
            Connection.stopping = True
            if self.should_exit and self.loop:
                self.loop.call_soon_threadsafe(self._hang_up)
        self.should_exit = True

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            connection.shutdown()


class Source(NamedTuple):
    """What a worker is started with: a configuration, its environment, and the digest of the .env of that."""

    config: bytes
    environment: dict[str, str]
    digest: str


class Worker(Process):
    """A process that serves: as the supervisor sees it, and, in `server`, `target` and `always_pong`, from within."""

    source: Source
    revision = ""
    accepts = False
    leaves_by = float("inf")

    def start(self) -> None:
        """Start it."""
        super().start()
        self.child_conn.close()  # uvicorn keeps it open, and so would not see the worker's death in the pipe
        self.begun = time.monotonic()

    def accepting(self) -> bool:
        """Whether it takes connections: from the moment when it is ready until it leaves."""
        with contextlib.suppress(OSError, EOFError):
            while self.parent_conn.poll():
                said = self.parent_conn.recv()
                self.accepts, self.revision = bool(said), said or self.revision
        return self.accepts and self.alive()

    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.is_alive()

    def send(self, sig: int) -> None:
        """Send it a signal, if it still runs."""
        if self.alive() and self.pid:
            os.kill(self.pid, sig)

    @functools.cached_property
    def server(self) -> Server:
        """The server in it."""
        return Server(self.config, self.child_conn.send)

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve; a thread watches the pipe."""
        self.parent_conn.close()
        super().target(sockets)
        sys.stdout.flush()
        os._exit(0)  # all is shut down; Python's own cleaning up of what LiteLLM has loaded takes seconds

    def always_pong(self) -> None:
        """Nothing is ever asked: the pipe ends with the supervisor, however that ends, and so does the worker."""
        with contextlib.suppress(OSError, EOFError):
            self.child_conn.recv()
        if not self.server.started:
            os._exit(0)
        os.kill(os.getpid(), signal.SIGTERM)


# --- the supervisor -------------------------------------------------------------------------------------------------


class Supervisor(Multiprocess):
    """Sees that one worker serves. The loop and the signals are uvicorn's."""

    def __init__(self, given: argparse.Namespace, sockets: list[socket.socket]) -> None:
        self.path, self.status = given.config, given.status or given.config.with_name("gateway.status.json")
        self.start_seconds, self.instance, self.guarded = given.start_timeout, given.instance, exposed(given.host)
        super().__init__(settings(complete=False, guarded=self.guarded, drain=DRAIN_SECONDS), sockets)
        self.code_revision = revision(Path(__file__))
        self.log = Log(self.status.with_name("litellm.log"))
        self.environment: dict[str, str] = {}
        self.last: Source | None = None
        self.served = self.status.with_name(".litellm_config.served.yaml")
        self.back = False
        self.serving: Worker | None = None
        self.coming: Worker | None = None
        self.leaving: list[Worker] = []
        self.wanted, self.not_before, self.at_once = True, 0.0, False
        self.attempt = self.failures = self.exit_code = self.log_size = 0
        self.state, self.reason, self.told = "starting", "", ""
        self.error: list[str] = []

    def init_processes(self) -> None:
        """The loop begins."""
        self.keep_subprocess_alive()

    def keep_subprocess_alive(self) -> None:
        """One turn of the loop, twice a second: what has become of each worker, and what follows from it."""
        if self.serving and not self.serving.alive():
            self._lost(self.serving)
        if self.coming:
            self._judge(self.coming)
        elif self.wanted and time.monotonic() >= self.not_before:
            self._begin()
        self._part()
        self.log.rotate()
        self._tell()

    def _begin(self) -> None:
        """Start a worker."""
        self.wanted = False
        if not self.back:  # else it is to be told on why what stands failed
            self.state, self.reason, self.error = "starting", "", []
        self.attempt += 1
        self.log_size = self.log.size()
        try:
            if revision(Path(__file__)) != self.code_revision:
                raise OSError("serve.py is another one by now: stop and start the gateway")  # noqa: TRY301
            source = self._former(self.last) if self.back and self.last else self._standing()
            self.environment = source.environment
            drain, complete = drain_seconds(self.environment), self.serving is not None
            with environment_of(self.environment):
                self.coming = Worker(settings(complete=complete, guarded=self.guarded, drain=drain), self.sockets)
                self.coming.start()
                self.coming.source = source
        except OSError as error:
            self._failed(str(error))

    def _standing(self) -> Source:
        """What stands beside this."""
        data = self.path.with_name(".env").read_bytes()
        environment = worker_environment(os.environ, data.decode("utf-8", "surrogateescape"), self.path)
        return Source(self.path.read_bytes(), environment, keyed(self.instance, data))

    def _former(self, last: Source) -> Source:
        """What served last, from a copy of its own."""
        say("what served last is started again")
        write_private(self.served, last.config.decode("utf-8", "surrogateescape"))
        return last._replace(environment=last.environment | {"CONFIG_FILE_PATH": str(self.served)})

    def _judge(self, coming: Worker) -> None:
        """If the new worker is ready, it takes the place of the one that serves."""
        if coming.accepting():
            if self.serving:
                self.serving.send(signal.SIGINT)
                self.serving.leaves_by = time.monotonic() + drain_seconds(self.environment) + 30
                self.leaving.append(self.serving)
            self.serving, self.coming = coming, None
            if coming.revision == hashlib.sha256(coming.source.config).hexdigest()[:12]:
                self.last = coming.source
            if not self.back:
                self.served.unlink(missing_ok=True)
            self.back = False
        elif not coming.alive():
            self._failed(f"it ended with code {coming.exitcode}")
        elif time.monotonic() - coming.begun > self.start_seconds:
            coming.kill()
            self._failed(f"it was not ready within {self.start_seconds} s")

    def _part(self) -> None:
        """See the former workers off. The new one serves when none of them takes connections any more."""
        for worker in self.leaving:
            if time.monotonic() > worker.leaves_by:
                worker.send(signal.SIGKILL)
        self.leaving = [worker for worker in self.leaving if worker.alive()]
        settled = self.serving and not self.coming and not any(worker.accepting() for worker in self.leaving)
        if settled and self.serving and self.state == "starting":
            self.state = "serving"
            say(f"worker {self.serving.pid} serves {self.serving.revision}")

    def _failed(self, how: str) -> None:
        """Keep why the new worker failed. Where none serves, try again, in turn what served last, but not for ever."""
        self.error = [hidden(line, self.environment) for line in told_by(self.log.since(self.log_size))][-40:]
        self.coming, self.state, self.reason = None, "failed", f"{how}: {reason(self.error)}"
        say(f"the new worker failed, {self.reason}")
        if not self.serving:
            self.failures += 1
            self.back = self.last is not None and not self.back
            self.wanted, self.not_before = True, time.monotonic() + (0 if self.back else 2**self.failures)
            if self.attempt == 1 or self.failures > MOST_FAILURES:
                self.exit_code = 6
                self.should_exit.set()

    def _lost(self, worker: Worker) -> None:
        """The one that served has died: start another, at once unless that happens again and again."""
        say(f"worker {worker.pid} has died with code {worker.exitcode}; another one is started")
        self.failures = 0 if time.monotonic() - worker.begun > 120 else self.failures + 1  # noqa: PLR2004
        self.serving, self.wanted = None, self.wanted or not self.coming
        self.not_before = time.monotonic() + min(2**self.failures - 2, 60)

    def _tell(self) -> None:
        """Write the status, when it has changed."""
        status = {
            "attempt": self.attempt,
            "state": self.state,
            "reason": self.reason,
            "supervisor": os.getpid(),
            "worker": self.serving.pid if self.serving else None,
            "revision": self.serving.revision if self.serving else None,
            "environment": self.serving.source.digest if self.serving else None,
            "code": self.code_revision,
            "leaving": [worker.pid for worker in self.leaving],
            "error": self.error,
        }
        text = json.dumps(status, indent=2) + "\n"
        if text != self.told:
            with contextlib.suppress(OSError):
                write_private(self.status, text)
                self.told = text

    def terminate_all(self) -> None:
        """Accept nothing more, and ask every worker to end."""
        for each in self.sockets:
            each.close()
        for worker in self._all():
            worker.send(signal.SIGTERM if worker.revision else signal.SIGKILL)

    def join_all(self) -> None:
        """Wait until they have; for GATEWAY_DRAIN_SECONDS, or until one more signal comes."""
        deadline = time.monotonic() + drain_seconds(self.environment)
        while any(worker.alive() for worker in self._all()):
            self.handle_signals()
            if self.at_once or time.monotonic() > deadline:
                for worker in self._all():
                    worker.send(signal.SIGKILL)
            time.sleep(0.05)
        with contextlib.suppress(OSError):
            self.status.unlink()
        self.served.unlink(missing_ok=True)

    def _all(self) -> list[Worker]:
        return [worker for worker in (self.serving, self.coming, *self.leaving) if worker]

    def handle_hup(self) -> None:
        """Swap. A terminal that is closed says the same, and means the end."""
        self.wanted, self.not_before, self.back = True, 0.0, False
        if sys.stderr.isatty():
            self.should_exit.set()

    def handle_term(self) -> None:
        """End; when that was said before, at once."""
        self.at_once = self.should_exit.is_set()
        self.should_exit.set()

    handle_int = handle_term

    def handle_ttin(self) -> None:
        """Stay with one worker."""

    handle_ttou = handle_ttin


def settings(*, complete: bool, guarded: bool, drain: int) -> uvicorn.Config:
    """What a worker is told."""
    return uvicorn.Config(
        functools.partial(application, complete, guarded),
        factory=True,
        http=Connection,
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=drain,
    )


def say(text: str) -> None:
    """One line in the log."""
    print(time.strftime("%Y-%m-%d %H:%M:%S"), "gateway:", text, file=sys.stderr, flush=True)


def listening(host: str, port: int) -> socket.socket:
    """The socket. The workers of one that was killed a moment ago may still hold the port: a little patience."""
    deadline = time.monotonic() + 3
    while True:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            return socket.create_server((host, port), family=family, backlog=2048, dualstack_ipv6=host == "::")
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f"{host}:{port} cannot be listened on: {os.strerror(error.errno or 0)}")
        time.sleep(0.1)


def main() -> int:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(description="Serve LiteLLM, and take new configurations without a pause.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--host", type=address, default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--start-timeout", type=int, default=300, metavar="SECONDS")
    parser.add_argument("--instance", default="", metavar="WORD")
    parser.add_argument("--status", type=Path, metavar="FILE")
    given = parser.parse_args()
    if tuple(map(int, uvicorn.__version__.split(".")[:2])) < OLDEST_UVICORN:
        sys.exit(f"uvicorn {uvicorn.__version__} is too old, 0.51 is needed: upgrade LiteLLM to 1.88 or newer.")
    if not given.config.is_absolute() or not given.config.is_file():
        sys.exit(f"{given.config} is no file, or not an absolute path.")
    os.umask(0o077)
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [path for path in sys.path if path != here]  # no file that lies here is a module of LiteLLM
    supervisor = Supervisor(given, [listening(host, given.port) for host in addresses(given.host)])
    supervisor.run()
    return supervisor.exit_code


if __name__ == "__main__":
    sys.exit(main())
