"""Does a swap of the configuration lose anything? And what does the supervisor cost?

    python tests/load.py [--swaps 5]        clients of every kind at a steady rate while configurations are swapped
    python tests/load.py --start [--runs 3] time to healthy beside bare `litellm --config`, memory of the supervisor

Exit 1 when a request failed or a stream was cut, when the start takes more than 1.05 of LiteLLM's own. Needs a Python
that has LiteLLM (--python; else the one that the tests have installed under build/). All of it stays on 127.0.0.1 and
in a temporary folder. Clients never repeat a request, so that nothing is hidden.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

PROJECT = Path(__file__).resolve().parents[1]
ARTIFACTS = PROJECT / "templates" / "artifacts"
KEY = "sk-0123456789abcdef0123456789abcdef"
MOST = 1.05
PIECE = 0.1
"""Seconds between two words of a streamed answer."""


# --- a model, and a gateway -----------------------------------------------------------------------------------------


class Upstream(BaseHTTPRequestHandler):
    """A model that speaks OpenAI's chat completions: asked `40`, it streams 40 numbered words; `0`, until told."""

    enough = threading.Event()

    def do_POST(self) -> None:
        """Answer, one word every tenth of a second."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = asked["messages"][-1]["content"]
        words = int(text if isinstance(text, str) else text[-1]["text"])
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # whoever asked was killed
            for number in range(words or 10_000):
                if not words and self.enough.is_set():
                    break
                self._event({"content": f"w{number} "}, None)
                time.sleep(PIECE)
            self._event({}, "stop")
            self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, delta: dict[str, str], reason: str | None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def upstream() -> Iterator[str]:
    """Its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def write_program(path: Path) -> None:
    """serve.py as it is deployed."""
    from tasks.core.catalogue import templating

    path.write_text(templating.render(ARTIFACTS / "serve", {}))


class Gateway:
    """serve.py in a folder and a home of its own."""

    def __init__(self, root: Path, python: Path, model_url: str = "http://127.0.0.1:9/v1") -> None:
        self.python, self.model_url, self.port = python, model_url, free_port()
        self.home, self.path = root / "home", root / "gateway"
        self.config = self.path / "litellm_config.yaml"
        self.home.mkdir(parents=True)
        self.path.mkdir()
        self.env_file = self.path / ".env"
        self.env_file.write_text(f"LITELLM_MASTER_KEY={KEY}\n")
        self.configure()
        self.program = self.path / "serve.py"
        write_program(self.program)
        self.process: subprocess.Popen[bytes] | None = None

    def configure(self, *models: str, text: str = "") -> None:
        """Write a configuration with `demo`, `slow` and these models, and *text* at its end."""
        mock = "    litellm_params: {model: hosted_vllm/demo, mock_response: hello}"
        lines = [f"  - model_name: {name}\n{mock}" for name in ("demo", *models)]
        slow = f"    litellm_params: {{model: hosted_vllm/m, api_base: '{self.model_url}', api_key: none}}"
        new = self.config.with_suffix(".new")
        new.write_text(
            "\n".join(["model_list:", *lines, f"  - model_name: slow\n{slow}"])
            + "\nlitellm_settings: {use_chat_completions_url_for_anthropic_messages: true}"
            + "\ngeneral_settings: {master_key: os.environ/LITELLM_MASTER_KEY, trusted_proxy_ranges: []}\n"
            + text
        )
        new.replace(self.config)

    @property
    def environ(self) -> dict[str, str]:
        return {"HOME": str(self.home), "PATH": "/usr/bin:/bin"}

    def start(self, *words: str) -> None:
        """Start it; do not wait."""
        command = [str(self.python), str(self.program), "--config", str(self.config), "--port", str(self.port), *words]
        self.spawn(command, self.environ)

    def spawn(self, command: list[str], environ: dict[str, str]) -> None:
        with (self.path / "litellm.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=self.path, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def send(self, sig: int) -> None:
        assert self.process is not None
        self.process.send_signal(sig)

    @property
    def log(self) -> str:
        return (self.path / "litellm.log").read_text(errors="replace")

    def status(self) -> dict[str, Any]:
        """What it says of itself; nothing before it has said anything."""
        with contextlib.suppress(OSError):
            return dict(json.loads((self.path / "gateway.status.json").read_text()))
        return {"state": "starting", "attempt": 0, "worker": None, "revision": None, "leaving": [], "reason": ""}

    def settled(self, after: int, seconds: float = 180) -> dict[str, Any]:
        """The status once an attempt later than *after* has come to its end."""
        return self.until(lambda now: now["attempt"] > after and now["state"] != "starting", seconds)

    def until(self, told: Callable[[dict[str, Any]], bool], seconds: float = 180) -> dict[str, Any]:
        """The status once it is as *told* says."""
        deadline = time.monotonic() + seconds
        while not told(now := self.status()):
            assert self.process is not None
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{now}\n{self.log[-3000:]}")
            time.sleep(0.1)
        return now

    def ready(self) -> float:
        """Wait for the first good answer; the seconds that it took."""
        begun = time.monotonic()
        while time.monotonic() < begun + 180:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.get("/health/readiness", timeout=180)[0] == 200:  # one that listens already lets us wait
                    return time.monotonic() - begun
            assert self.process is not None
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(self.log[-3000:])

    def swap(self) -> dict[str, Any]:
        """Have the configuration as it stands taken over."""
        before = self.status()["attempt"]
        self.send(signal.SIGHUP)
        return self.settled(before)

    def get(self, path: str, key: str = KEY, timeout: float = 30) -> tuple[int, str, bytes]:
        """Ask on a connection of its own: the status, the revision and the body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Connection": "close", "Authorization": f"Bearer {key}"})
            answer = connection.getresponse()
            return answer.status, answer.headers.get("x-gateway-revision", ""), answer.read()

    def models(self) -> list[str]:
        """What it serves."""
        return sorted(model["id"] for model in json.loads(self.get("/v1/models")[2])["data"])

    def end(self) -> int:
        """End it at once; how it ended."""
        if self.process is None:
            return 0
        for sig in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            self.process.send_signal(sig)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(5)
        return self.process.wait(5)


# --- clients --------------------------------------------------------------------------------------------------------


class Client:
    """HTTP/1.1 without a second try: a connection that broke is a failure."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, body: dict[str, Any] | None, path: str, *, close: bool = False) -> tuple[int, bytes]:
        """One request and its whole answer: the status and the body."""
        reader, writer = self.streams or await asyncio.open_connection("127.0.0.1", self.port)
        self.streams = None
        data = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {KEY}\r\n"
        )
        head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n" + "Connection: close\r\n" * close
        writer.write(head.encode() + b"\r\n" + data)
        await writer.drain()
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        found = b"".join([piece async for piece in self._body(reader, headers)])
        if headers.get("connection") == "close":
            writer.close()
        else:
            self.streams = reader, writer
        return int(first.split()[1]), found

    @staticmethod
    async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> AsyncIterator[bytes]:
        if "content-length" in headers:
            yield await reader.readexactly(int(headers["content-length"]))
            return
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            yield await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)

    def leave(self) -> None:
        if self.streams:
            self.streams[1].close()


@dataclass
class Load:
    """Clients of every kind, and what they have seen."""

    port: int
    longest: int
    crowd: int = 1
    over: asyncio.Event = field(default_factory=asyncio.Event)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Ask until it is over; then see every answer to its end."""
        message = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 9}
        chat = ("/v1/chat/completions", {**message, "model": "demo"})
        kinds: list[tuple[str, int, Callable[[], float], tuple[str, dict[str, Any] | None], bool]] = [
            ("keep-alive", 3, lambda: 1.0, chat, False),
            ("keep-alive, idle", 3, lambda: random.uniform(1, 6), chat, False),
            ("keep-alive, /v1/messages", 1, lambda: 1.0, ("/v1/messages", {**message, "model": "demo"}), False),
            ("fresh", 2, lambda: 1.0, chat, True),
            ("fresh, /health", 1, lambda: 0.5, ("/health/liveliness", None), True),
            ("keep-alive, /health", 1, lambda: 1.0, ("/health/readiness", None), False),
        ]
        async with asyncio.TaskGroup() as group:
            for name, count, pause, (path, body), fresh in kinds:
                for _ in range(count * self.crowd):
                    group.create_task(self._asking(name, pause, path, body, fresh=fresh))
            for words in (20, 20, 20, self.longest * 10):
                group.create_task(self._streaming(words))

    async def _asking(
        self, name: str, pause: Callable[[], float], path: str, body: dict[str, Any] | None, *, fresh: bool
    ) -> None:
        client = Client(self.port)
        await asyncio.sleep(random.random())
        while not self.over.is_set():
            begun = time.monotonic()
            with self._counted(name):
                status, found = await asyncio.wait_for(client.ask(body, path, close=fresh), 60)
                self._see(name, status == 200, f"{status} {found[:200]!r}")
            await asyncio.sleep(max(0.0, pause() - (time.monotonic() - begun)))
        client.leave()

    async def _streaming(self, words: int) -> None:
        name = f"stream of {words * PIECE:.0f} s"
        body = {"model": "slow", "stream": True, "max_tokens": 999}
        client = Client(self.port)
        while not self.over.is_set():
            with self._counted(name):
                asked = body | {"messages": [{"role": "user", "content": str(words)}]}
                status, found = await asyncio.wait_for(client.ask(asked, "/v1/messages"), words * PIECE + 60)
                events = [json.loads(line[6:]) for line in found.splitlines() if line.startswith(b"data: {")]
                text = "".join(event["delta"].get("text", "") for event in events if "text" in event.get("delta", {}))
                whole = text.split() == [f"w{number}" for number in range(words)]
                whole = whole and events[-1]["type"] == "message_stop"
                self._see(name, status == 200 and whole, f"{status}, {len(text.split())} of {words} words")
        client.leave()

    @contextlib.contextmanager
    def _counted(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self._see(name, False, f"{type(error).__name__} {error}")
        self.seconds.setdefault(name, []).append(time.monotonic() - begun)

    def _see(self, name: str, good: bool, what: str) -> None:
        if not good:
            self.failures[name] += 1
            self.samples.append(f"{time.strftime('%H:%M:%S')} {name}: {what}")

    @property
    def asked(self) -> int:
        return sum(map(len, self.seconds.values()))

    def report(self) -> Iterator[str]:
        """A table, in milliseconds."""
        yield f"{'':28}{'requests':>9}{'failed':>8}{'p50':>9}{'p95':>9}{'p99':>9}  ms"
        for name, seconds in self.seconds.items():
            cuts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else seconds * 99
            marks = "".join(f"{cuts[at - 1] * 1000:9.0f}" for at in (50, 95, 99))
            yield f"{name:28}{len(seconds):9}{self.failures[name]:8}{marks}"
        yield f"{'all':28}{self.asked:9}{self.failures.total():8}"
        yield from self.samples[:20]


async def under_load(gateway: Gateway, swaps: int, longest: int = 20, crowd: int = 1) -> tuple[Load, list[float]]:
    """Swap the configuration *swaps* times while clients ask, for streams of *longest* seconds among others.

    What they saw, and the seconds that each swap took.
    """
    load, took = Load(gateway.port, longest, crowd), []
    clients = asyncio.create_task(load.run())
    try:
        for number in range(1, swaps + 1):
            await asyncio.sleep(3)
            gateway.configure(f"added-{number}")
            begun = time.monotonic()
            status = await asyncio.to_thread(gateway.swap)
            took.append(time.monotonic() - begun)
            assert status["state"] == "serving", status
            assert f"added-{number}" in await asyncio.to_thread(gateway.models)
        await asyncio.sleep(3)
    finally:
        load.over.set()
        await clients
    return load, took


# --- the two reports ------------------------------------------------------------------------------------------------


def swapping(root: Path, python: Path, swaps: int, crowd: int) -> bool:
    """Print what clients see during *swaps*; whether nothing was lost."""
    with upstream() as url:
        gateway = Gateway(root, python, url)
        try:
            gateway.start()
            gateway.ready()
            begun = time.monotonic()
            load, took = asyncio.run(under_load(gateway, swaps, crowd=crowd))
            elapsed = time.monotonic() - begun
        finally:
            gateway.end()
    print("\n".join(load.report()))
    print(f"{swaps} swaps, seconds until the new configuration served: {' '.join(f'{each:.1f}' for each in took)}")
    print(f"{load.asked / elapsed:.1f} requests per second for {elapsed:.0f} s on {os.cpu_count()} CPUs")
    return not load.failures


def starting(root: Path, python: Path, runs: int) -> bool:
    """Print what the start costs beside LiteLLM's own; whether it is little enough."""
    runs_of: dict[str, list[Start]] = {"litellm --config": [], "serve.py": []}
    for number in range(runs):
        for name, done in runs_of.items():
            gateway = Gateway(root / f"{name.split()[0]}-{number}", python)
            try:
                _begin(gateway, bare=name != "serve.py")
                done.append(Start(gateway.ready(), *_spent(gateway)))
            finally:
                gateway.end()
    for name, done in runs_of.items():
        wall = " ".join(f"{each.wall:.1f}" for each in done)
        print(
            f"{name:18}healthy after {_median(done, 'wall'):.2f} s ({wall}) and {_median(done, 'cpu'):.2f} CPU seconds"
        )
    bare, ours = runs_of.values()
    wall = min(each.wall for each in ours) / min(each.wall for each in bare)
    cpu = _median(ours, "cpu") / _median(bare, "cpu")
    print(
        f"ratio {wall:.3f} in time (the best of each: others use this machine too), {cpu:.3f} in CPU time; most {MOST}"
    )
    print(f"memory: {ours[-1].memory}; bare {bare[-1].memory}")
    return max(wall, cpu) <= MOST


@dataclass
class Start:
    """What one start took: seconds until healthy, CPU seconds, memory of each process in words."""

    wall: float
    cpu: float
    memory: str


def _median(done: list[Start], what: str) -> float:
    return statistics.median(getattr(each, what) for each in done)


def _begin(gateway: Gateway, *, bare: bool) -> None:
    if not bare:
        gateway.start()
        return
    from serve.environment import worker_environment

    environ = worker_environment(gateway.environ, gateway.env_file.read_text(), gateway.config)
    del environ["CONFIG_FILE_PATH"]
    litellm = gateway.python.with_name("litellm")
    command = [str(litellm), "--config", str(gateway.config), "--host", "127.0.0.1", "--port", str(gateway.port)]
    gateway.spawn(command, environ)


def _spent(gateway: Gateway) -> tuple[float, str]:
    import psutil

    assert gateway.process is not None
    process = psutil.Process(gateway.process.pid)
    family = [process, *process.children(recursive=True)]
    full = [(_what(each), each.memory_full_info()) for each in family]
    memory = ", ".join(f"{what} {getattr(info, 'pss', info.rss) / 1e6:.0f} MB" for what, info in full)
    return sum(sum(each.cpu_times()[:2]) for each in family), memory


def _what(process: Any) -> str:
    line = " ".join(process.cmdline())
    return "supervisor" if "serve.py" in line else "its helper" if "resource_tracker" in line else "LiteLLM"


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--python", type=Path, help="a Python that has LiteLLM")
    parser.add_argument("--swaps", type=int, default=5)
    parser.add_argument("--crowd", type=int, default=1, help="so many times as many clients")
    parser.add_argument("--start", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    python = given.python or next(iter(sorted((PROJECT / "build").glob("litellm-*/bin/python"))), None)
    if python is None:
        parser.error("no Python with LiteLLM is under build/: give one with --python")
    with tempfile.TemporaryDirectory() as root:
        good = (
            starting(Path(root), python, given.runs)
            if given.start
            else swapping(Path(root), python, given.swaps, given.crowd)
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.path[:0] = [str(PROJECT), str(ARTIFACTS)]
    sys.exit(main())
