"""`deploy --start` connects Claude Code last: however it fails, nothing is left, and settings.json is as it was."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tasks.core.model.catalogue import NOTHING
from tests.artifacts.fakes import FAKE, Folder, clear, free_port, make_litellm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

pytestmark = pytest.mark.slow

OWN = '{\n  "model": "opus",\n  "env": {"ANTHROPIC_BASE_URL": "https://old.example.com"}\n}\n'
AS_BEFORE = "settings.json is unchanged"
MODE = 'mode = os.environ.get("FAKE_MODE", "ready")'
NO_ANSWER = FAKE.replace("status = 400 if", 'status = 500 if scope["path"] == "/v1/messages" else 400 if')
REFUSES_CONNECTIONS = "http://127.0.0.1:9/simple"
INDEX = ("PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX")


class Way(NamedTuple):
    """One way to fail: the exit code, the fake LiteLLM (None: none is there), what is set, when which signal comes."""

    code: int
    body: str | None = FAKE
    environ: Mapping[str, str] = NOTHING
    words: tuple[str, ...] = ()
    signal: int = 0
    seen: str = ""


def in_mode(mode: str) -> str:
    """A LiteLLM that always behaves in this way."""
    return FAKE.replace(MODE, f'mode = "{mode}"')


NO_INDEX = dict.fromkeys(INDEX, REFUSES_CONNECTIONS) | {"PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"}

WAYS = {
    "the configuration is refused": Way(6, in_mode("dies")),
    "the packages cannot be had": Way(1, None, NO_INDEX),
    "the port is taken": Way(1),
    "it is not ready in time": Way(6, in_mode("never"), {"GATEWAY_START_TIMEOUT": "2"}),
    "it is ready and does not answer": Way(6, NO_ANSWER),
    "this LiteLLM is too old": Way(1),
    "Ctrl-C while it starts": Way(130, in_mode("never"), signal=signal.SIGINT, seen="gateway.pid"),
    "the terminal is closed while it starts": Way(129, in_mode("never"), signal=signal.SIGHUP, seen="gateway.pid"),
    "it is ended while it starts": Way(143, in_mode("never"), signal=signal.SIGTERM, seen="gateway.pid"),
    "Ctrl-C while packages come": Way(130, None, signal=signal.SIGINT, seen="venv-*/pyvenv.cfg"),
    "it is ended while packages come": Way(143, None, signal=signal.SIGTERM, seen="venv-*/pyvenv.cfg"),
}


@pytest.fixture
def box(sandbox):
    """A home with settings of its user's, and no gateway."""
    sandbox.claude.mkdir()
    sandbox.settings.write_text(OWN)
    sandbox.port = free_port()
    sandbox.folder = Folder(sandbox.gateway, sandbox.home, sandbox.port)
    yield sandbox
    clear(sandbox.folder)


@contextlib.contextmanager
def silent_index() -> Iterator[dict[str, str]]:
    """A package index that takes every request and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = []

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken.append(server.accept())

        threading.Thread(target=take, daemon=True).start()
        yield dict.fromkeys(INDEX, f"http://127.0.0.1:{server.getsockname()[1]}/simple")
        server.shutdown(socket.SHUT_RDWR)
        for connection, _ in taken:
            connection.close()


def words(box, way: Way, version: str) -> list[str]:
    program = []
    if way.body is not None:
        program = ["--litellm", str(make_litellm(box.root / "fake venv", version, way.body))]
    return ["deploy", "--preset", "demo", "--port", str(box.port), "--start", "--yes", *program]


def until(found: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def interrupted(box, command: list[str], way: Way, environ: dict[str, str]) -> tuple[int, str]:
    """The command gets its signal, alone, when what it waits for is there: its exit code, and what it said."""
    environ = box.environment(**environ)
    with subprocess.Popen(command, cwd=box.project, env=environ, stderr=subprocess.PIPE, text=True) as deployment:
        until(lambda: list(box.gateway.glob(way.seen)))
        time.sleep(0.5)
        deployment.send_signal(way.signal)
        _, said = deployment.communicate(timeout=60)
    return deployment.returncode, said


def programs(box) -> list[str]:
    """The command lines of this home's processes."""
    said = subprocess.run(["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True).stdout
    return [line for line in said.splitlines() if str(box.home) in line]


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", WAYS)
def test_a_start_that_fails_leaves_nothing_and_claude_as_it_was(box, name):
    way = WAYS[name]
    typed = words(box, way, "1.80.0" if "too old" in name else "1.106.2")
    before = box.state(box.home)
    with contextlib.ExitStack() as stack:
        caches = {f"{name}_CACHE_DIR": str(box.root / "cache") for name in ("UV", "PIP")}
        environ = caches | dict(way.environ)
        if name == "the port is taken":
            stack.enter_context(socket.create_server(("127.0.0.1", box.port)))
        if way.signal and way.body is None:
            environ |= stack.enter_context(silent_index())
        if way.signal:
            code, said = interrupted(box, box.command(*typed), way, environ)
        else:
            result = box.doit(*typed, env=environ)
            code, said = result.code, result.err
    assert code == way.code, said
    assert box.settings.read_text() == OWN
    assert box.state(box.home) == before, said
    assert said.splitlines()[-1].endswith(AS_BEFORE), said
    until(lambda: not programs(box))


def test_killed_in_the_proof_the_next_command_takes_it_back(box):
    typed = words(box, Way(0, in_mode("never")), "1.106.2")
    command = box.command(*typed)
    with subprocess.Popen(command, cwd=box.project, env=box.environment(), stderr=subprocess.DEVNULL) as deployment:
        until(box.folder.processes)
        deployment.kill()
    assert box.settings.read_text() == OWN
    result = box.doit("status")
    assert "an interrupted deploy was undone" in result.err
    assert "Nothing is deployed" in result.out
    assert box.settings.read_text() == OWN
    until(lambda: not programs(box))
    left = {path.name for path in box.gateway.glob("*")}
    assert left <= {"backups", "history", ".lock", ".digest-key"}
