"""Whole commands with different choices at the same time, while a program like Claude Code writes settings.json.

One of them waits or gives up (exit 5); what stands then is what those that ended with 0 would have made one after the
other. By default one round, with GATEWAY_CRASH_ALL=1 forty of each pair.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import pytest

from tests.conftest import Sandbox, make_sandbox
from tests.crash import judge
from tests.crash.sequences import A, B, C, Sequence, prepare

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 40 if os.environ.get("GATEWAY_CRASH_ALL") else 1
WAITED = 5
"""The exit code of a command that others kept waiting too long."""

SETTINGS = ".claude/settings.json"
Words = tuple[str, ...]


class Race(NamedTuple):
    """What stands before, and two commands."""

    before: tuple[Words, ...]
    first: Words
    second: Words


RACES = {
    "two deployments": Race((), A, B),
    "two updates": Race((C,), A, B),
    "deploy and uninstall": Race((A,), B, ("uninstall",)),
    "deploy and rollback": Race((B, A), C, ("rollback",)),
    "deploy and use": Race(((*B, "--profile", "b"), A), C, ("use", "b")),
}

pytestmark = pytest.mark.slow


class Writer:
    """Writes settings.json all the time, in Claude Code's way: its lock, read again, another file takes the name."""

    def __init__(self, settings: Path) -> None:
        self._settings, self._over = settings, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.written = 0

    def lost(self) -> list[str]:
        """The keys that it wrote and that are not there."""
        found = json.loads(self._settings.read_bytes())
        return [f"k{number}" for number in range(self.written) if f"k{number}" not in found]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.005 * (self.written % 7)):
            self._write()
            self.written += 1

    def _write(self) -> None:
        lock = self._settings.with_name("settings.json.lock")
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            with suppress(FileExistsError):
                lock.mkdir()
                break
            time.sleep(0.001)
        new = self._settings.with_name(f"settings.json.tmp.{os.getpid()}.{self.written:x}")
        new.write_text(json.dumps({**json.loads(self._settings.read_bytes()), f"k{self.written}": self.written}))
        new.chmod(0o600)
        new.replace(self._settings)
        lock.rmdir()


def stands(box: Sandbox) -> dict[str, Any]:
    """The state, without what the writer wrote and without how it writes."""
    found: dict[str, Any] = dict(judge.state(box))
    _, text = found[SETTINGS]
    found[SETTINGS] = {name: value for name, value in json.loads(text).items() if not re.fullmatch(r"k\d+", name)}
    return found


def differences(found: dict[str, Any], allowed: list[dict[str, Any]]) -> list[str]:
    """The names of what differs from each of the *allowed* states; none if *found* is one of them."""
    return [] if found in allowed else [judge.difference(found, wanted) for wanted in allowed]


def start(box: Sandbox, words: Words) -> subprocess.Popen[str]:
    return subprocess.Popen(
        box.command(*words),
        cwd=box.project,
        env=box.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def both(pairs: list[tuple[Sandbox, Words]], delay: float) -> tuple[list[int], list[str]]:
    """Run the commands, the second after *delay* seconds: their exit codes and what they said."""
    processes = []
    for box, words in pairs:
        processes.append(start(box, words))
        time.sleep(delay if len(processes) == 1 else 0)
    said = [process.communicate(timeout=120)[0] for process in processes]
    return [process.returncode for process in processes], said


class Track:
    """A sandbox that is brought back to where it was, and what its commands make one after the other."""

    def __init__(self, root: Path, race: Race) -> None:
        self.box = make_sandbox(root / "box")
        prepare(self.box, Sequence(race.before, ()))
        self._folders = {folder: root / folder.name for folder in (self.box.home, self.box.project / "build")}
        for folder, copy in self._folders.items():
            shutil.copytree(folder, copy, symlinks=True)

    def reset(self) -> None:
        for folder, copy in self._folders.items():
            shutil.rmtree(folder)
            shutil.copytree(copy, folder, symlinks=True)

    def after(self, *commands: Words) -> dict[str, Any]:
        self.reset()
        for words in commands:
            done = self.box.doit(*words)
            assert done.code == 0, done.text
        return stands(self.box)


@pytest.mark.sample(1)
@pytest.mark.parametrize("name", RACES)
def test_different_choices_at_once_are_never_mixed(name, tmp_path):
    race, track = RACES[name], Track(tmp_path, RACES[name])
    commands = [race.first, race.second]
    orders = [order for length in (1, 2) for order in itertools.permutations(commands, length)]
    right = {order: track.after(*order) for order in orders}
    chance = random.Random(name)
    for _ in range(ROUNDS):
        track.reset()
        with Writer(track.box.settings) as writer:
            codes, said = both([(track.box, words) for words in commands], chance.uniform(0, 0.5))
        assert set(codes) in ({0}, {0, WAITED}), (codes, [text[-500:] for text in said])
        done = [words for words, code in zip(commands, codes, strict=True) if code == 0]
        allowed = [right[order] for order in itertools.permutations(done)]
        differing = differences(stands(track.box), allowed)
        assert not differing, (differing, codes, [text[-500:] for text in said])
        assert writer.written > 5
        assert not writer.lost()
        assert not [*judge.problems(track.box)]


def test_two_homes_with_one_checkout_are_never_mixed(tmp_path):
    tracks = [Track(tmp_path / "one", RACES["two deployments"]), Track(tmp_path / "two", RACES["two deployments"])]
    alone = [track.after(words) for track, words in zip(tracks, (A, B), strict=True)]
    one, two = tracks
    guest = Sandbox(one.box.root, {**two.box.extra, "HOME": str(two.box.home)})
    chance = random.Random(0)
    for _ in range(ROUNDS):
        for track in tracks:
            track.reset()
        codes, said = both([(one.box, A), (guest, B)], chance.uniform(0, 0.5))
        assert codes == [0, 0], [text[-500:] for text in said]
        for track, wanted in zip(tracks, alone, strict=True):
            differing = differences(stands(track.box), [wanted])
            assert not differing, differing
