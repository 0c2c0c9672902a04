"""One sequence of commands, struck again and again: what stood before, what stands after, and whether that is right.

Each time: the command with its fault, the next command (`status`), then deployment A once more, and all taken away.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

from tests.conftest import make_sandbox
from tests.crash import judge
from tests.crash.injector.faults import MODES, SIGNALS
from tests.crash.injector.power import Disk
from tests.crash.injector.program import Run
from tests.crash.sequences import THEIRS, prepare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence as Several
    from pathlib import Path

    from tests.conftest import Sandbox
    from tests.crash.injector.program import Ended
    from tests.crash.sequences import Sequence

UNDETERMINED = 75
NOTHING_TO_TELL = ("kill", "torn")
"""A killed command has no exit code that could be true."""


STAGED = "/.gw-"


class Point(NamedTuple):
    """A fault at one call."""

    mode: str
    at: int


class Verdict(NamedTuple):
    """What was wrong, if anything was."""

    point: Point
    code: int
    call: str
    misses: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.point.mode} at {self.point.at} ({self.call}), exit {self.code}: {'; '.join(self.misses)}"


class Experiment:
    """A sandbox at *place*, always at the same path, and copies of what is in it."""

    def __init__(self, place: Path, sequence: Sequence) -> None:
        self.box: Sandbox = make_sandbox(place / "box")
        self._place, self._sequence = place, sequence
        self._folders = [self.box.home, self.box.project / "build"]
        self._set_up()
        self.reset()
        self.old, self._old_names = self.state(), judge.names(self.box)
        if self.box.gateway.exists():
            self._old_names |= judge.KEPT
        self._names = self._old_names | judge.KEPT
        self.reset()
        with self._run() as run:
            self.calls = run.ended.calls
            self.new = self.state()
            self._names |= judge.names(self.box)
            self.again = self._do_again()
            self._names |= judge.names(self.box)

    def reset(self) -> None:
        """Back to what stood before the command."""
        for folder in self._folders:
            shutil.rmtree(folder)
            shutil.copytree(self._place / folder.name, folder, symlinks=True)

    def state(self) -> judge.State:
        """What stands."""
        return judge.state(self.box)

    def settled(self, expected: list[judge.State]) -> judge.State:
        """What stands when all has ended that ends by itself, and is one of *expected* then."""
        del expected
        return self.state()

    def problems(self) -> Iterator[str]:
        """What must not be, whatever happened."""
        return judge.problems(self.box)

    def judge(self, point: Point) -> Verdict:
        """What is wrong after a fault."""
        self.reset()
        with self._run(mode=point.mode, at=point.at) as run:
            misses = [*self._told(point, run.ended)]
            run.heal()
            misses += self._afterwards(self._expected(point, run.ended.code))
        return Verdict(point, run.ended.code, self._short(run.ended.struck), tuple(misses))

    def power_losses(self, model: str, chosen: range) -> Iterator[Verdict]:
        """What is wrong after a loss of power before each of the *chosen* calls (from 0), and after the last one."""
        self.reset()
        with self._run(places=self._folders) as run:
            recording = run.recording
        disk = Disk(recording, model)
        for number, event in enumerate([*recording.events, None]):
            if number in chosen or event is None:
                self._lay(disk)
                misses = tuple(self._afterwards([self.old, self.new] if event else [self.new]))
                yield Verdict(Point(model, number), 0, self._short(event.call if event else "the end"), misses)
            if event:
                disk.take(event)

    def _set_up(self) -> None:
        """Do what comes before the command, and keep what stands then."""
        prepare(self.box, self._sequence)
        for folder in self._folders:
            shutil.copytree(folder, self._place / folder.name, symlinks=True)

    def _run(self, mode: str = "", at: int = 0, places: Several[Path] = ()) -> Run:
        """The command, with a fault or a recording."""
        command, environ = self.box.command(*self._sequence.command), self.box.environment()
        return Run(self.box.root, command, self.box.project, environ, mode=mode, at=at, places=places)

    def _lay(self, disk: Disk) -> None:
        """Put what is left after a loss of power in the place of what is there."""
        for folder in self._folders:
            shutil.rmtree(folder)
        disk.lay({str(folder): str(folder) for folder in self._folders})

    def _short(self, call: str) -> str:
        return call.replace(f"{self.box.root}/", "")

    def _expected(self, point: Point, code: int) -> list[judge.State]:
        """What may stand after the next command."""
        if point.mode in NOTHING_TO_TELL or code == UNDETERMINED:
            return [self.old, self.new]
        return [self.new if code == 0 else self.old]

    def _told(self, point: Point, ended: Ended) -> Iterator[str]:
        """What was wrong as soon as the command had ended."""
        if point.mode not in NOTHING_TO_TELL and ended.code != UNDETERMINED:
            wanted = self.new if ended.code == 0 else self.old
            found = self.state()
            if point.mode.endswith("+"):  # what was staged cannot be removed from such a disk
                found = {name: content for name, content in found.items() if STAGED not in name}
            if difference := judge.difference(found, wanted):
                yield f"untrue: {difference}"
        if ended.code < 0 and point.mode not in (*NOTHING_TO_TELL, *SIGNALS):
            yield "died"
        if "Traceback" in ended.err:
            yield f"traceback: {ended.err.splitlines()[-1]}"

    def _afterwards(self, expected: list[judge.State]) -> Iterator[str]:
        """What is wrong after the next command, and after the last one."""
        self.box.doit("status")
        if (found := self.settled(expected)) not in expected:
            yield f"mixture: {judge.difference(found, expected[0])}"
        yield from self.problems()
        allowed = self._old_names if found == self.old else self._names
        if debris := [name for name in judge.names(self.box) - allowed if not judge.is_temporary(name)]:
            yield f"debris: {', '.join(sorted(debris))}"
        for problem in self._after_all():
            yield f"again: {problem}"

    def _after_all(self) -> Iterator[str]:
        try:
            found = self._do_again()
        except AssertionError as error:
            yield str(error)
            return
        if difference := judge.difference(found, self.again):
            yield difference
        yield from self.problems()
        if debris := judge.names(self.box) - self._names:
            yield f"debris: {', '.join(sorted(debris))}"
        done = self.box.doit("uninstall")
        if done.code or self.box.settings.read_text() != THEIRS:
            yield f"uninstall: exit {done.code}, settings.json is not as it was"

    def _do_again(self) -> judge.State:
        done = self.box.doit(*self._sequence.again)
        assert done.code == 0, f"exit {done.code}: {done.err[-300:]}"
        return self.state()


def points(calls: list[str], mode: str, every: int = 0) -> list[Point]:
    """Every *every*-th call in *mode*, or two of all; in each mode they begin elsewhere."""
    step = every or len(calls) // 2
    begin = MODES.index(mode) * step // len(MODES)
    return [Point(mode, at + 1) for at in range(begin, len(calls), step)]


class Recovery(Experiment):
    """The next command after a death half way through the exchange is struck itself: what was begun is finished."""

    HALF_WAY = "renameat2"

    def _set_up(self) -> None:
        """See Experiment; the sequence's command is killed at the third exchange."""
        super()._set_up()
        with self._run() as run:
            exchanges = [at for at, call in enumerate(run.ended.calls, 1) if call.startswith(self.HALF_WAY)]
        self.reset()
        with self._run(mode="kill", at=exchanges[2]) as run:
            assert run.ended.code < 0
        for folder in self._folders:
            shutil.rmtree(self._place / folder.name)
            shutil.copytree(folder, self._place / folder.name, symlinks=True)
        self._sequence = self._sequence._replace(command=("status",))

    def _expected(self, point: Point, code: int) -> list[judge.State]:
        return [self.new]

    def _told(self, point: Point, ended: Ended) -> Iterator[str]:
        """See Experiment; what `status` ends with says nothing of what was deployed."""
        if "Traceback" in ended.err:
            yield f"traceback: {ended.err.splitlines()[-1]}"
