"""One sequence of commands, struck again and again: what stood before, what stands after, and whether that is right.

Each time: the command with its fault, the next command (`status`), then deployment A once more, and all taken away.

What follows is done once for all states that are alike (tree.py says what that means) and that may be the same of old
and new: commands cannot tell them apart, so what they do is the same, and so is the verdict on it. So with what follows
each further command. What the struck command itself told is judged every time.

The command is not run again to be killed: what it had done before a call is on record.
"""

from __future__ import annotations

import functools
import shutil
import time
from typing import TYPE_CHECKING, NamedTuple

from tests.conftest import machine_environment, make_sandbox
from tests.crash import judge, tree
from tests.crash.injector.faults import ERRORS, MODES, SIGNALS
from tests.crash.injector.power import KILLED, TORN, Disk
from tests.crash.injector.program import Run
from tests.crash.sequences import THEIRS, prepare
from tests.forking import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from collections.abc import Sequence as Several
    from pathlib import Path

    from tests.conftest import Sandbox
    from tests.crash.injector.program import Ended
    from tests.crash.sequences import Sequence

UNDETERMINED = 75
DEATHS = {"kill": KILLED, "torn": TORN}
"""What each kind of death leaves on the disk."""

NOTHING_TO_TELL = tuple(DEATHS)
"""A killed command has no exit code that could be true."""

STAGED = "/.gw-"

Claim = tuple[str, ...]
"""What may stand: "old", "new"; and whether something was left by a fault that lasted."""

EITHER: Claim = ("old", "new")
LEFT = "left"


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

    IS_ALONE = True
    """Whether the command is the only process, so that what it had done is all there is when it is killed."""

    OF_DEAD: Claim = EITHER

    def __init__(self, place: Path, sequence: Sequence) -> None:
        self.box: Sandbox = make_sandbox(place / "box")
        self.remembers = True
        """Whether what follows is done once for states that are alike."""
        self._followed: dict[Hashable, tuple[str, ...]] = {}
        self._place, self._sequence = place, sequence
        self.folders = [self.box.home, self.box.project / "build"]
        self._set_up()
        self.reset()
        self.old, self._old_names = self.state(), judge.names(self.box)
        if self.box.gateway.exists():
            self._old_names |= judge.KEPT
        self._names = self._old_names | judge.KEPT
        with self.run(places=self.folders) as run:
            self._recording = run.recording
            self.calls = [event.call for event in self._recording.events]
            self.new = self.state()
            self._names |= judge.names(self.box)
            self.again = self._do_again()
            self._names |= judge.names(self.box)

    def reset(self) -> None:
        """Back to what stood before the command."""
        for folder in self.folders:
            self._restore(folder)

    def _restore(self, folder: Path) -> None:
        shutil.rmtree(folder)
        shutil.copytree(self._place / folder.name, folder, symlinks=True)

    def state(self) -> judge.State:
        """What stands."""
        return judge.state(self.box)

    def situation(self, found: tree.Tree, *, is_laid: bool) -> Hashable:
        """All that a next command could find out, where *found* is in the folders; *is_laid*: nothing runs."""
        del is_laid
        return tree.digest_of(found)

    def settled(self, expected: list[judge.State]) -> judge.State:
        """What stands when all has ended that ends by itself, and is one of *expected* then."""
        del expected
        return self.state()

    def problems(self) -> Iterator[str]:
        """What must not be, whatever happened."""
        return judge.problems(self.box)

    def judge(self, point: Point) -> Verdict:
        """What is wrong after a fault."""
        if point.mode in DEATHS and self.IS_ALONE:
            return self._judge_death(point, DEATHS[point.mode])
        return self.strike(point)

    def strike(self, point: Point) -> Verdict:
        """See judge(); the command is run in every mode."""
        self.reset()
        with self.run(mode=point.mode, at=point.at) as run:
            misses = [*self._told(point, run.ended)]
            run.heal()
            is_over = self.IS_ALONE or point.mode not in NOTHING_TO_TELL
            misses += self._follow(self._claim(point, run.ended.code), is_over=is_over)
        return Verdict(point, run.ended.code, self._short(run.ended.struck), tuple(misses))

    def power_losses(self, model: str, chosen: range) -> Iterator[Verdict]:
        """What is wrong after a loss of power before each of the *chosen* calls (from 0), and after the last one."""
        for number in chosen:
            yield self._judge_death(Point(model, number + 1), model)
        yield self._judge_death(Point(model, len(self.calls) + 1), model)

    def tree(self) -> tree.Tree:
        """What is in the folders."""
        return tree.read({str(folder): folder for folder in self.folders})

    def dead_at(self, at: int, model: str) -> Disk:
        """What is on the disk after a death before call number *at*; torn: in the next one that writes."""
        disk = Disk(self._recording, model)
        events = self._recording.events
        while model == TORN and at <= len(events) and not events[at - 1].half:
            at += 1
        for event in events[: at - 1]:
            disk.take(event)
        if model == TORN and at <= len(events):
            disk.tear(events[at - 1])
        return disk

    def lay(self, disk: Disk) -> None:
        """Put what is left after a death in the place of what is there."""
        for folder in self.folders:
            shutil.rmtree(folder)
        disk.lay(self.targets)

    @property
    def targets(self) -> dict[str, str]:
        """The folders, as a disk is laid into them."""
        return {str(folder): str(folder) for folder in self.folders}

    def _judge_death(self, point: Point, model: str) -> Verdict:
        is_end = point.at > len(self.calls)
        claim = ("new",) if is_end else self.OF_DEAD
        call = "the end" if is_end else self._short(self.calls[point.at - 1])
        return Verdict(point, 0, call, self._follow(self._alone(claim), self.dead_at(point.at, model)))

    def _alone(self, claim: Claim) -> Claim:
        """What may stand where nothing runs any more."""
        return claim

    def _set_up(self) -> None:
        """Do what comes before the command, and keep what stands then."""
        prepare(self.box, self._sequence)
        time.sleep(1)  # names made of the time get one more number within one second
        for folder in self.folders:
            shutil.copytree(folder, self._place / folder.name, symlinks=True)

    def run(self, mode: str = "", at: int = 0, places: Several[Path] = ()) -> Run:
        """The command, with a fault or a recording."""
        command, environ = self.box.command(*self._sequence.command), self.box.environment()
        return Run(
            self.box.root,
            command,
            self.box.project,
            environ,
            mode=mode,
            at=at,
            places=places,
            server=injecting_server(),
        )

    def _short(self, call: str) -> str:
        return call.replace(f"{self.box.root}/", "")

    def _claim(self, point: Point, code: int) -> Claim:
        """What may stand after the next command."""
        left = (LEFT,) if point.mode.endswith("+") else ()
        if point.mode in NOTHING_TO_TELL or code == UNDETERMINED:
            return self.OF_DEAD + left
        return (("new",) if code == 0 else ("old",)) + left

    def _states(self, claim: Claim) -> list[judge.State]:
        return [self.old if word == "old" else self.new for word in claim if word != LEFT]

    def _told(self, point: Point, ended: Ended) -> Iterator[str]:
        """What was wrong as soon as the command had ended."""
        if point.mode not in NOTHING_TO_TELL and ended.code != UNDETERMINED:
            wanted = self.new if ended.code == 0 else self.old
            found = self.state()
            if point.mode in ERRORS:  # what the disk does not let go, or does not confirm, the next command removes
                found = {name: content for name, content in found.items() if STAGED not in name}
            if difference := judge.difference(found, wanted):
                yield f"untrue: {difference}"
        if ended.code < 0 and point.mode not in (*NOTHING_TO_TELL, *SIGNALS):
            yield "died"
        if "Traceback" in ended.err:
            yield f"traceback: {ended.err.splitlines()[-1]}"

    def _follow(self, claim: Claim, disk: Disk | None = None, *, is_over: bool = True) -> tuple[str, ...]:
        """What is wrong with what follows; *disk*: what is to be laid first.

        is_over: nothing of the struck command is about to end by itself, which no look at it would tell.
        """
        situation: Hashable = None
        if self.remembers and is_over:
            found = disk.tree(self.targets) if disk else self.tree()
            situation = self.situation(found, is_laid=disk is not None)
        return self._once((claim, situation), lambda: self._afterwards(claim, disk))

    def _once(self, key: tuple[Hashable, Hashable], find: Callable[[], Iterator[str]]) -> tuple[str, ...]:
        """What *find* finds; remembered under *key*, unless there is no situation in it."""
        _, situation = key
        if situation is None:
            return tuple(find())
        if key not in self._followed:
            self._followed[key] = tuple(find())
        return self._followed[key]

    def _from_here(self, what: str, find: Callable[[], Iterator[str]]) -> tuple[str, ...]:
        """What *find* finds, which depends on nothing but what is there now."""
        return self._once((what, self.situation(self.tree(), is_laid=False) if self.remembers else None), find)

    def _afterwards(self, claim: Claim, disk: Disk | None) -> Iterator[str]:
        """What is wrong after the next command, and after those that come then."""
        expected = self._states(claim)
        if disk:
            self.lay(disk)
        self.box.doit("status")
        if (found := self.settled(expected)) not in expected:
            yield f"mixture: {judge.difference(found, expected[0])}"
        yield from self.problems()
        allowed = self._old_names if found in self._states(("old",)) else self._names
        debris = [name for name in judge.names(self.box) - allowed if not judge.is_temporary(name)]
        if LEFT in claim:
            debris = [name for name in debris if not name.endswith(judge.OF_A_START)]
        if debris:
            yield f"debris: {', '.join(sorted(debris))}"
        yield from self._from_here("again", self._after_another)

    def _after_another(self) -> Iterator[str]:
        """What is wrong after deployment A."""
        try:
            found = self._do_again()
        except AssertionError as error:
            yield f"again: {error}"
            return
        if difference := judge.difference(found, self.again):
            yield f"again: {difference}"
        for problem in self.problems():
            yield f"again: {problem}"
        if debris := judge.names(self.box) - self._names:
            yield f"again: debris: {', '.join(sorted(debris))}"
        yield from self._from_here("away", self._after_all)

    def _after_all(self) -> Iterator[str]:
        """What is wrong once all is taken away."""
        done = self.box.doit("uninstall")
        if done.code or self.box.settings.read_text() != THEIRS:
            yield f"uninstall: exit {done.code}, settings.json is not as it was"

    def _do_again(self) -> judge.State:
        done = self.box.doit(*self._sequence.again)
        assert done.code == 0, f"exit {done.code}: {done.err[-300:]}"
        return self.state()


@functools.cache
def injecting_server() -> Server:
    """What forks injectors, and these the commands."""
    return Server(machine_environment())


def points(calls: list[str], mode: str, every: int = 0) -> list[Point]:
    """Every *every*-th call in *mode*, or two of all; in each mode they begin elsewhere."""
    step = every or len(calls) // 2
    begin = MODES.index(mode) * step // len(MODES)
    return [Point(mode, at + 1) for at in range(begin, len(calls), step)]


class Recovery(Experiment):
    """The next command after a death half way through the exchange is struck itself: what was begun is finished."""

    HALF_WAY = "renameat2"
    OF_DEAD = ("new",)

    def _set_up(self) -> None:
        """See Experiment; the sequence's command is killed at the third exchange."""
        super()._set_up()
        with self.run() as run:
            exchanges = [at for at, call in enumerate(run.ended.calls, 1) if call.startswith(self.HALF_WAY)]
        self.reset()
        with self.run(mode="kill", at=exchanges[2]) as run:
            assert run.ended.code < 0
        for folder in self.folders:
            shutil.rmtree(self._place / folder.name)
            shutil.copytree(folder, self._place / folder.name, symlinks=True)
        self._sequence = self._sequence._replace(command=("status",))

    def _claim(self, point: Point, code: int) -> Claim:
        return self.OF_DEAD

    def _told(self, point: Point, ended: Ended) -> Iterator[str]:
        """See Experiment; what `status` ends with says nothing of what was deployed."""
        if "Traceback" in ended.err:
            yield f"traceback: {ended.err.splitlines()[-1]}"
