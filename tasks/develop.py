"""test, bench, docs, lock: for people who change this project; run as `python3 dodo.py test`, they have their tools."""

from __future__ import annotations

import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.cli.checkout import in_checkout
from tasks.core.console import console
from tasks.core.disk import programs
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.model.layout import PROJECT, Layout

if TYPE_CHECKING:
    from tasks.core.cli.steps import Task

CHECKS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
LOCKS: dict[str, tuple[str, ...]] = {
    "run.txt": ("pyproject.toml",),
    "test.txt": ("pyproject.toml", "--extra", "test", "--constraint", "requirements/run.txt"),
    "litellm.txt": ("requirements/litellm.in",),
}
"""What each lock is made from; test.txt holds all of run.txt, in the same versions."""
UNIVERSAL = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet")
WITH_EXTRAS = "--no-strip-extras"
EXTRA = re.compile(r"^([a-z0-9-]+)\[[a-z0-9,-]+\](==.*\n(?:    .*\n)*)", re.MULTILINE)
"""A package with an extra, in a lock, with its hashes."""


def test_task() -> Task:
    """`doit test [--fast] [PATH…]`: the checks and the suite; with paths, only these tests."""
    fast = {
        "name": "fast",
        "long": "fast",
        "type": bool,
        "default": False,
        "help": "leave out what needs the real ones",
    }
    return {"actions": [(run_tests,)], "params": [fast], "pos_arg": "paths", "meta": {"quiet": True}}


def bench_task() -> Task:
    """`doit bench [--runs N] [--gateway]`: how much slower than bare doit this is, or the gateway than LiteLLM."""
    runs = {"name": "runs", "long": "runs", "type": int, "default": 9, "help": "measurements of each (default: 9)"}
    gateway = {
        "name": "gateway",
        "long": "gateway",
        "type": bool,
        "default": False,
        "help": "measure the gateway: starts beside bare LiteLLM's, memory, and swaps under load",
    }
    return {"actions": [(run_bench,)], "params": [runs, gateway], "meta": {"quiet": True}}


def docs_task() -> Task:
    """`doit docs`: the tables of the guide that are made from the catalogue and the code."""
    return {"actions": [(write_docs,)]}


def lock_task() -> Task:
    """`doit lock [--upgrade]`: requirements/*.txt, from pyproject.toml and litellm.in."""
    upgrade = {"name": "upgrade", "long": "upgrade", "type": bool, "default": False, "help": "take newer versions"}
    return {"actions": [(write_locks,)], "params": [upgrade]}


@in_checkout
def run_tests(fast: bool, paths: list[str]) -> None:
    """Every check, then the suite, whose summary is the last that is printed unless a check failed."""
    _need("pytest", "ruff", "mypy")
    failed = [] if paths else [" ".join(check) for check in CHECKS if _python(*check) != 0]
    workers = str((os.cpu_count() or 1) + 1)  # one more than cores: there is always one that waits for a program
    cores = () if paths else ("-n", workers, "--dist", "worksteal")
    if _python("pytest", "-rs", *cores, *(("-m", "not real") if fast else ()), *paths) != 0:
        raise SystemExit(1)
    if failed:
        raise GatewayError(f"failed: {', '.join(failed)}", "See above; `ruff check --fix` and `ruff format` mend most.")


@in_checkout
def run_bench(runs: int, gateway: bool) -> None:
    """The table of ratios; or the gateway's, each of whose limits must be kept."""
    if not gateway:
        if _run(sys.executable, "tests/bench.py", "--runs", str(runs)) != 0:
            raise GatewayError("the benchmark could not be run", where="tests/bench.py")
    elif any([_run(sys.executable, "tests/load.py", "--start"), _run(sys.executable, "tests/load.py")]):
        raise GatewayError("a limit was not kept, or it could not be measured; see above", where="tests/load.py")


@in_checkout
def write_docs() -> None:
    """Write the tables of README and docs/ that are made from the catalogue and the code."""
    import dodo
    from tasks.core.catalogue import catalogue
    from tasks.core.disk import files
    from tasks.core.frame import guide, pages

    known = catalogue.load(Layout.of(os.environ).without_own_templates())
    tables = pages.tables(known, guide.read(vars(dodo)))
    for path in sorted((PROJECT / "docs").glob("*.md")):
        name = path.relative_to(PROJECT).as_posix()
        page = pages.filled(path.read_text(), tables, name)
        changed = files.write(path, page.encode(), 0o644)
        console.say(f"{name} {'written' if changed else 'unchanged'}")


@in_checkout
def write_locks(upgrade: bool) -> None:
    """Make the locks anew, keeping versions that still fit unless newer ones are wanted."""
    _need("uv")
    for name, source in LOCKS.items():
        options = (*UNIVERSAL, WITH_EXTRAS, *(["--upgrade"] if upgrade else []), "-o", f"requirements/{name}")
        if _python("uv", "pip", "compile", *source, *options) != 0:
            raise GatewayError("cannot be made", where=f"requirements/{name}")
        path = PROJECT / "requirements" / name
        path.write_text(doubled(path.read_text()))


def doubled(lock: str) -> str:
    """*lock* with each package that has an extra a second time, without it: some pip take the two for two packages."""
    return EXTRA.sub(lambda found: f"{found[1]}{found[2]}{found[0]}", lock)


def _need(*modules: str) -> None:
    """The packages of the developer set-up, which an environment for deploying does not have."""
    if missing := [module for module in modules if find_spec(module) is None]:
        remedy = "Run it as `python3 dodo.py …`, which installs them into .venv."
        raise UsageError(f"this Python has no {', '.join(missing)}", remedy, where=sys.executable)


def _python(module: str, *arguments: str) -> int:
    """Run a tool of this Python in the project's folder, on our own terminal: its exit code."""
    return _run(sys.executable, "-m", module, *arguments)


def _run(*command: str) -> int:
    beside = Path(sys.executable).parent  # shellcheck and uv
    environ = os.environ | {"PATH": f"{beside}{os.pathsep}{os.environ.get('PATH', '')}"}
    sys.stdout.flush()
    return programs.show(command, environ, PROJECT)
