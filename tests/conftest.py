"""What the tests share: a sandbox with a copy of the project and a home of its own, in which the real doit runs."""

from __future__ import annotations

import compileall
import functools
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tasks.core.model.layout import Layout
from tests import forking, warming

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background may have inherited: ignored
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and one of nohup this
sys.dont_write_bytecode = False  # half of the time of collecting goes into rewriting asserts, in each worker
os.environ.pop("GATEWAY_COMMAND", None)  # messages name commands as doit does, however the tests were started
os.environ.pop("COLUMNS", None)  # xdist tells its workers; what is printed here is for no terminal

EVERYTHING = bool(os.environ.get("GATEWAY_TESTS_ALL"))
"""Whether all cases of all tests are wanted, and many examples for each property."""

settings.register_profile(
    "ours",
    deadline=None,  # how busy the machine is says nothing about the code
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=200 if EVERYTHING else 30,
)
settings.load_profile("ours")

PROJECT = Path(__file__).resolve().parents[1]
TIMEOUT = 400
"""Seconds for one command."""
PARTS = ("dodo.py", "pyproject.toml", "tasks", "templates", "requirements", "README.md")


def pytest_configure(config: pytest.Config) -> None:
    """Compile what every sandbox has a copy of, once: each would spend a third of a second on it."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(PROJECT / "tasks", quiet=2)
        compileall.compile_file(PROJECT / "dodo.py", quiet=2)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run a sample of what is slow, and nothing nightly; GATEWAY_TESTS_ALL=1, or naming a file, runs all of it."""
    if EVERYTHING or list(config.args) != config.getini("testpaths"):
        return
    left_out = [case for cases in _cases(items).values() for case in _left_out(cases)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def _left_out(cases: list[pytest.Item]) -> list[pytest.Item]:
    """The cases of one test that do not run by default: all of a nightly one, most of a sampled one."""
    if cases[0].get_closest_marker("nightly"):
        return cases
    sample = cases[0].get_closest_marker("sample")
    if sample is None:
        return []
    (most,) = sample.args
    step = max(1, -(-len(cases) // most))
    return [case for number, case in enumerate(cases) if number % step]


def _cases(items: list[pytest.Item]) -> dict[tuple[Path, str], list[pytest.Item]]:
    """The cases of each test, in order."""
    found: dict[tuple[Path, str], list[pytest.Item]] = {}
    for item in items:
        found.setdefault((item.path, getattr(item, "originalname", item.name)), []).append(item)
    return found


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """A finished transaction ignores the signals until its process ends; the tests go on in the same one."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@functools.cache
def forking_server() -> forking.Server:
    """What forks the commands of this process's sandboxes."""
    return forking.Server(machine_environment())


def machine_environment() -> dict[str, str]:
    """What commands see of the environment in which the tests run."""
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    return kept | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])}


def _text(data: bytes) -> str:
    """*data* as subprocess decodes it."""
    return io.TextIOWrapper(io.BytesIO(data)).read()


@dataclass
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass
class Sandbox:
    """A copy of the project and a home beside it; nothing of the machine's own home is seen."""

    root: Path
    extra: dict[str, str] = field(default_factory=dict)
    switch: str = "-I"
    """How Python is started; -P also hears PYTHONPATH."""
    server: forking.Server | None = field(default_factory=forking_server, repr=False)
    """What forks its commands; where it cannot, or there is none, they run in new processes."""

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def claude(self) -> Path:
        return self.home / ".claude"

    @property
    def gateway(self) -> Path:
        return self.claude / "gateway"

    @property
    def settings(self) -> Path:
        return self.claude / "settings.json"

    @property
    def layout(self) -> Layout:
        """Where its commands have things."""
        return Layout.of(self.environment(), project=self.project)

    @property
    def workshop(self) -> Path:
        """The part of build/ for the gateway's usual folder."""
        return self.layout.workshop

    def environment(self, **more: str) -> dict[str, str]:
        return {**machine_environment(), "HOME": str(self.home), **self.extra, **more}

    def doit(self, *words: str, env: Mapping[str, str] | None = None, input: str | None = None) -> Result:  # noqa: A002
        """Run `doit WORDS` in the copy of the project, in a forked process where that makes no difference."""
        environ, given = self.environment(**(env or {})), (input or "").encode()
        ended = self.server and self.server.run(self.command(*words), self.project, environ, given, TIMEOUT)
        if not ended:
            return self.run(self.command(*words), env=env, input=input)
        code, out, err = ended
        return Result(code, _text(out), _text(err))

    def command(self, *words: str) -> list[str]:
        """`doit WORDS` as our own entry starts it."""
        return [sys.executable, self.switch, str(self.project / "tasks" / "core" / "frame" / "launch.py"), *words]

    def run(self, command: list[str], env: Mapping[str, str] | None = None, input: str | None = None) -> Result:  # noqa: A002
        """Run any command in the copy of the project."""
        done = subprocess.run(
            command,
            cwd=self.project,
            env=self.environment(**(env or {})),
            input=input or "",
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def deploy(self, *words: str, **more: Any) -> Result:
        """A deployment that must succeed."""
        result = self.doit("deploy", *words, **more)
        assert result.code == 0, result.text
        return result

    def json(self, path: Path) -> Any:
        return json.loads(path.read_bytes())

    def env_json(self) -> dict[str, str]:
        return dict(self.json(self.settings)["env"])

    def state(self, *places: Path) -> dict[str, tuple[Any, ...]]:
        """Every file below *places* (the home and build/): kind, mode, time, content; doit's own database left out."""
        found = {}
        for place in places or (self.home, self.project):
            for path in sorted(place.rglob("*")):
                if path.name in ("doit.db", "lock", "__pycache__") or "__pycache__" in path.parts:
                    continue
                status = path.lstat()
                content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
                time = status.st_mtime_ns if path.is_file() else 0
                found[str(path.relative_to(self.root))] = (oct(status.st_mode), time, content)
        return found

    def secrets(self) -> list[str]:
        """The master key of this sandbox, which must show nowhere."""
        for line in (self.gateway / ".env").read_text().splitlines():
            if line.startswith("LITELLM_MASTER_KEY="):
                return [line.partition("=")[2]]
        return []


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """A fresh clone and an empty home."""
    return make_sandbox(tmp_path)


VERTEX = {"VERTEX_PROJECT": "my-project-1", "VERTEX_LOCATION": "us-central1"}


@pytest.fixture
def vertex(sandbox: Sandbox) -> Sandbox:
    """A sandbox with what Vertex AI needs."""
    credentials = sandbox.home / "key.json"
    credentials.write_text('{"type": "service_account"}')
    credentials.chmod(0o600)
    sandbox.extra |= VERTEX | {"GOOGLE_APPLICATION_CREDENTIALS": str(credentials)}
    return sandbox


def make_sandbox(root: Path, *, cold: bool = False) -> Sandbox:
    """A copy of what a clone holds, and an empty home, both below *root*.

    Its build/ holds what any first command would leave there: the catalogue, and that the templates were found to be
    right; *cold*: it is empty, as in a fresh clone.
    """
    box = Sandbox(root)
    box.home.mkdir(parents=True)
    box.project.mkdir()
    for part in (*PARTS, "__pycache__"):
        if (PROJECT / part).exists():
            warming.copy(str(PROJECT / part), str(box.project / part))
    (box.project / "build").mkdir()
    if not cold:
        warming.copy_into(box.layout, warmed())
    return box


@functools.cache
def warmed() -> Path:
    """The warmed build/ of this project as it is now, made by the first of all workers."""
    return warming.prepare(PROJECT / "build" / "warmed", [PROJECT / part for part in PARTS], _warm)


def _warm(root: Path) -> Layout:
    box = make_sandbox(root, cold=True)
    checked = box.run(box.command("_catalogue", "validate:templates"))
    assert checked.code == 0, checked.text
    return box.layout
