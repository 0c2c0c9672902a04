"""Runs a command again and again, each time with a fault at another of its system calls that change a file.

The faults are strace's: `inject` kills before a call takes effect, makes it fail, or sends a signal. Its counter is per
process and per name of a call, so a point is "the n-th openat of a process", counted in a first run without faults.
A command that starts programs has several processes, and the point may be met by each of them. The interpreter must be
the real one, not a shim of a version manager. Nothing may be cached between runs (PYTHONDONTWRITEBYTECODE).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

CHANGING = (
    "open", "openat", "creat", "write", "pwrite64", "writev", "truncate", "ftruncate", "fallocate",
    "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat",
    "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat",
    "fsync", "fdatasync", "setxattr", "fsetxattr", "removexattr", "fremovexattr", "utimensat",
)  # fmt: skip
OPENING = ("open", "openat")
WRITING = ("write", "pwrite64", "writev")
MODES = ("KILL", "ENOSPC", "EIO", "EROFS", "EROFS+", "INT", "TERM")
"""KILL, an error, an error from here on (+), a signal."""

UNDETERMINED = 75
_LINE = re.compile(r"(?P<process>\d+) +(?P<name>[a-z0-9_]+)\((?P<rest>.*)")


@dataclass(frozen=True)
class Point:
    """The *count*-th call of *name* in a process; *before*: how many of each name were made before it."""

    name: str
    count: int
    text: str
    before: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.name} #{self.count} {self.text[:100]}"


@dataclass
class Experiment:
    """What is run: every callable gets the root of a sandbox, in which all that is changed lies."""

    prepare: Callable[[Path], None]
    command: Callable[[Path], list[str]]
    environment: Callable[[Path], Mapping[str, str]]
    recover: Callable[[Path], object]
    state: Callable[[Path], Any]


@dataclass
class Report:
    """How it went: one line per failure, and how often which state followed which exit code."""

    points: int
    tally: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def runs(self) -> int:
        return sum(self.tally.values())

    def __str__(self) -> str:
        return f"{self.runs - len(self.failures)} of {self.runs} at {self.points} points ({dict(self.tally)})"


def available() -> str:
    """Why no faults can be injected here; empty when they can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "strace may not trace here"


def run(experiment: Experiment, place: Path, modes: Iterable[str] = MODES, every: int = 1, jobs: int = 2) -> Report:
    """Every *every*-th point of every mode, in sandboxes below *place*."""
    old = _fresh(experiment, place / "old")
    before = experiment.state(old)
    done = _fresh(experiment, place / "new")
    points = trace(experiment, done)
    after = experiment.state(done)
    assert after != before, "the command changes nothing"
    report = Report(len(points))
    tasks = [
        (mode, point)
        for shift, mode in enumerate(modes)
        for point in points[shift % every :: every]
        if _applies(mode, point)
    ]

    def one(task: tuple[int, tuple[str, Point]]) -> tuple[str, str]:
        number, (mode, point) = task
        root = _fresh(experiment, place / f"run{number}")
        try:
            code, told = _struck(experiment, root, mode, point)
            state = experiment.state(root)
            label = "old" if state == before else "new" if state == after else "neither"
            return f"{label} after {'a kill' if mode == 'KILL' else code}", _failure(mode, point, code, label, told)
        finally:
            shutil.rmtree(root, ignore_errors=True)

    with ThreadPoolExecutor(jobs) as pool:
        for label, failure in pool.map(one, enumerate(tasks)):
            report.tally[label] += 1
            report.failures += [failure] if failure else []
    return report


def trace(experiment: Experiment, root: Path) -> list[Point]:
    """The file-changing calls below *root* of a run without faults, which must succeed."""
    log = root.with_name(root.name + ".trace")
    options = ["-y", "-o", str(log), "-e", f"trace={','.join(CHANGING)}"]
    result = _strace(experiment, root, options)
    assert result.returncode == 0, result.stderr
    return _points(log.read_text(errors="replace").splitlines(), str(root))


def _points(lines: Iterable[str], root: str) -> list[Point]:
    found, counts = [], {}  # type: ignore[var-annotated]
    for line in lines:
        match = _LINE.match(line)
        if match is None:  # "<... resumed>", signals, exits
            continue
        count = counts.setdefault(match["process"], Counter())
        before = dict(count)
        count[match["name"]] += 1
        reads = match["name"] in OPENING and not re.search(r"O_(CREAT|TRUNC|WRONLY|RDWR)", match["rest"])
        if root in match["rest"] and not reads:
            text = match["rest"].replace(root, "")
            found.append(Point(match["name"], count[match["name"]], text, before))
    return found


def _applies(mode: str, point: Point) -> bool:
    """A lasting error spares opening and writing: it would hit modules and the terminal as well."""
    return not (mode.endswith("+") and point.name in (*OPENING, *WRITING))


def _struck(experiment: Experiment, root: Path, mode: str, point: Point) -> tuple[int, str]:
    """The exit code and the errors of a run with a fault; afterwards the next command was run."""
    result = _strace(experiment, root, _injection(mode, point))
    experiment.recover(root)
    return result.returncode, result.stderr


def _failure(mode: str, point: Point, code: int, label: str, told: str) -> str:
    """What was wrong with the state, or with what the exit code says about it; empty when nothing was."""
    if mode == "KILL":
        right = label != "neither" and code != 0  # 0: it was not even met
    elif code == UNDETERMINED:
        right = label != "neither"
    else:
        right = label == ("new" if code == 0 else "old")
    return "" if right else f"{mode} at {point}: exit {code}, {label}\n{told[-600:]}"


def _injection(mode: str, point: Point) -> list[str]:
    if not mode.endswith("+"):
        kind = f"signal={mode}" if mode in ("KILL", "INT", "TERM", "HUP") else f"error={mode}"
        return ["-o", "/dev/null", "-e", f"trace={point.name}", "-e", f"inject={point.name}:{kind}:when={point.count}"]
    lasting = [name for name in CHANGING if name not in (*OPENING, *WRITING)]
    options = ["-o", "/dev/null", "-e", f"trace={','.join(lasting)}"]
    for name in lasting:
        options += ["-e", f"inject={name}:error={mode[:-1]}:when={point.before.get(name, 0) + 1}+"]
    return options


def _strace(experiment: Experiment, root: Path, options: list[str]) -> subprocess.CompletedProcess[str]:
    # Stopping at the traced calls only is faster, but strace 6.1 then injects errors and no signals.
    fast = [] if any("signal=" in option for option in options) else ["--seccomp-bpf"]
    command = ["strace", "-f", "-qq", *fast, *options, *experiment.command(root)]
    return subprocess.run(
        command,
        env=dict(experiment.environment(root)),
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _fresh(experiment: Experiment, root: Path) -> Path:
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    experiment.prepare(root)
    return root
