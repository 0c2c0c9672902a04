"""How much slower than doit itself we are: ratios against a floor that is measured in the same run.

    python tests/bench.py [--runs 9] [--check]

The floor is a generated dodo.py with as many trivial tasks, beside the same pyproject.toml, which doit reads on every
start. Floor and ours take turns; medians are compared, CPU seconds decide, because wall seconds say more about what
else the machine does. Nothing outside a temporary folder is touched.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
COPIED = ("dodo.py", "tasks", "templates", "requirements", "pyproject.toml")
FLOOR = """
DOIT_CONFIG = {{"backend": "sqlite3", "dep_file": "doit.db"}}
"""
TASK = '''
def task_t{number}():
    """A trivial task."""
    return {{"actions": ["true"], "uptodate": [True]}}
'''


@dataclass
class Case:
    """One command of ours beside doit's own for as many tasks."""

    name: str
    target: float
    floor: Path
    ours: Path
    floor_command: list[str]
    command: list[str]
    home: Path
    cpu: dict[str, list[float]] = field(default_factory=lambda: {"floor": [], "ours": []})
    wall: dict[str, list[float]] = field(default_factory=lambda: {"floor": [], "ours": []})

    def measure(self) -> None:
        """One run of each."""
        environ = sandboxed(self.home)
        for side, folder, command in (("floor", self.floor, self.floor_command), ("ours", self.ours, self.command)):
            cpu, wall = seconds(command, folder, environ)
            self.cpu[side].append(cpu)
            self.wall[side].append(wall)

    def ratio(self, seconds: dict[str, list[float]]) -> float:
        """Ours over the floor, by medians."""
        return statistics.median(seconds["ours"]) / statistics.median(seconds["floor"])

    @property
    def ok(self) -> bool:
        """Whether the target is kept, by CPU seconds."""
        return self.ratio(self.cpu) <= self.target

    def row(self) -> str:
        """This case as a line of the table."""
        floor, ours = (f"{statistics.median(self.cpu[side]) * 1000:6.0f}" for side in ("floor", "ours"))
        ratios = f"{self.ratio(self.cpu):6.2f} {self.ratio(self.wall):6.2f}"
        return f"{self.name:16} {floor} {ours} {ratios} {self.target:7.2f}  {'ok' if self.ok else 'over'}"


def main() -> int:
    """Measure, print the table; 1 only with --check and a ratio that is over its target."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=9, help="measurements of each (default: 9)")
    parser.add_argument("--check", action="store_true", help="exit 1 when a ratio is over its target")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        cases = prepared(Path(folder))
        for _ in range(options.runs):
            for case in cases:
                case.measure()
    print(f"{'':16} {'floor':>6} {'ours':>6} {'ratio':>6} {'wall':>6} {'target':>7}   (CPU ms, {options.runs} runs)")
    print("\n".join(case.row() for case in cases))
    return int(options.check and not all(case.ok for case in cases))


def prepared(folder: Path) -> list[Case]:
    """The cases, after one run of each: bytecode is compiled, the demo is deployed."""
    ours, home = deployed(folder / "standing", "4101")
    back, its_home = deployed(folder / "back", "4101", "4102")  # each rollback leads to the other one
    environ = sandboxed(home)
    steps = len(output(doit("list", "-q"), ours, environ).split())
    tasks = len(output(doit("list", "-q", "--all", "--private"), ours, environ).split())
    few, many = floor_of(folder / "few", steps), floor_of(folder / "many", tasks)
    cases = [
        Case("doit list", 1.15, few, ours, bare("list"), doit("list"), home),
        Case("no-op deploy", 1.25, many, ours, bare(), doit("deploy"), home),
        Case("rollback", 1.5, many, back, bare(), doit("rollback"), its_home),
    ]
    for case in cases:
        output(case.floor_command, case.floor, sandboxed(case.home))
        output(case.command, case.ours, sandboxed(case.home))
    return cases


def deployed(folder: Path, *ports: str) -> tuple[Path, Path]:
    """A copy of this project and a home, into which the demo was deployed, once for every port."""
    project, home = folder / "project", folder / "home"
    home.mkdir(parents=True)
    copy_of_project(project)
    for port in ports:
        output(doit("deploy", "--preset", "demo", "--port", port), project, sandboxed(home))
    return project, home


def sandboxed(home: Path) -> dict[str, str]:
    """A home of its own, and equal hashing in every run."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return kept | {"HOME": str(home), "PYTHONHASHSEED": "0", "NO_COLOR": "1"}


def copy_of_project(folder: Path) -> Path:
    """What a clone holds of this checkout, as far as commands read it."""
    folder.mkdir()
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    (folder / "build").mkdir()
    return folder


def floor_of(folder: Path, tasks: int) -> Path:
    """A folder whose dodo.py has so many tasks that never have anything to do."""
    folder.mkdir()
    text = FLOOR.format() + "".join(TASK.format(number=number) for number in range(tasks))
    (folder / "dodo.py").write_text(text)
    shutil.copy(PROJECT / "pyproject.toml", folder)
    return folder


def doit(*arguments: str) -> list[str]:
    """The command line of ours, in the copy of the project that one is in."""
    return [sys.executable, "-I", "tasks/core/frame/launch.py", *arguments]


def bare(*arguments: str) -> list[str]:
    """The command line of doit itself, in this Python."""
    return [sys.executable, "-m", "doit", *arguments]


def output(command: list[str], folder: Path, environ: dict[str, str]) -> str:
    """What *command* prints; the end of this script when it fails."""
    done = subprocess.run(command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"exit {done.returncode} of {' '.join(command[1:])}:\n{done.stdout}{done.stderr}")
    return done.stdout


def seconds(command: list[str], folder: Path, environ: dict[str, str]) -> tuple[float, float]:
    """CPU and wall seconds of one run."""
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as it:
        _, status, usage = os.wait4(it.pid, 0)
        it.returncode = os.waitstatus_to_exitcode(status)
    if it.returncode != 0:
        sys.exit(f"exit {it.returncode} of {' '.join(command[1:])} while measuring")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
