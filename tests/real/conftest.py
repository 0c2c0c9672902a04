"""The real LiteLLM and the real Claude Code, installed once under build/; everything in this folder is marked real."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.core.litellm import packages
from tasks.core.model.layout import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK = PROJECT / "requirements" / "litellm.txt"
CLAUDE_VERSION = "2.1.332"
HERE = Path(__file__).parent
STRAYS = ("ANTHROPIC_", "CLAUDE", "LITELLM_", "DOIT_", "AWS_", "GOOGLE_", "VERTEX", "OPENAI_", "DATABASE_URL")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is here is real, and comes last, so that a mistake is seen early."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.real)
    items.sort(key=lambda item: item.get_closest_marker("real") is not None)


@pytest.fixture
def real_environ(tmp_path: Path) -> dict[str, str]:
    """The environment for a real program: a home of its own, and nothing of a gateway from the machine's."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(STRAYS)}
    return kept | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), "XDG_CACHE_HOME": str(home / ".cache")}


@pytest.fixture(scope="session")
def litellm_executable() -> Path:
    """The program of the locked LiteLLM."""
    venv = PROJECT / "build" / f"litellm-{packages.digest(LOCK)[:12]}"
    if not packages.installed(venv, LOCK):
        packages.install(venv, LOCK, takes="half a minute with uv, four with pip")
    return venv / "bin" / "litellm"


@pytest.fixture(scope="session")
def litellm_python(litellm_executable: Path) -> Path:
    """The interpreter of the locked LiteLLM."""
    return litellm_executable.with_name("python")


@pytest.fixture(scope="session")
def claude(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the pinned Claude Code; the test is skipped where npm or the package cannot be had."""
    if not (npm := shutil.which("npm")):
        pytest.skip("npm is not on PATH, so there is no real Claude Code to test with")
    home = tmp_path_factory.mktemp("claude-home")
    prefix = PROJECT / "build" / f"claude-{CLAUDE_VERSION}"
    program = prefix / "node_modules" / ".bin" / "claude"
    with _alone(prefix.with_name(f"{prefix.name}.lock")):
        if not _starts(program, home):
            _npm_install(npm, prefix)
            if not _starts(program, home):
                _finish(prefix)
    if not _starts(program, home):
        pytest.skip(f"{program} was installed by npm but does not start")
    return program


def _npm_install(npm: str, prefix: Path) -> None:
    shutil.rmtree(prefix, ignore_errors=True)
    prefix.mkdir(parents=True)
    command = [
        npm,
        "install",
        "--prefix",
        prefix,
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--loglevel=error",
    ]
    done = subprocess.run(
        [*command, f"@anthropic-ai/claude-code@{CLAUDE_VERSION}"],
        cwd=prefix,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        shutil.rmtree(prefix, ignore_errors=True)
        pytest.skip(f"npm cannot install Claude Code {CLAUDE_VERSION}: {' | '.join(done.stderr.splitlines()[-3:])}")


def _finish(prefix: Path) -> None:
    """Run the package's own script, which an npm that runs no scripts has left out."""
    package = prefix / "node_modules" / "@anthropic-ai" / "claude-code"
    subprocess.run(["node", "install.cjs"], cwd=package, stdin=subprocess.DEVNULL, capture_output=True)


def _starts(program: Path, home: Path) -> bool:
    if not os.access(program, os.X_OK):
        return False
    environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
    done = subprocess.run([program, "--version"], env=environ, cwd=home, stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode == 0 and CLAUDE_VERSION.encode() in done.stdout


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One installation at a time, also when two test runs meet."""
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
