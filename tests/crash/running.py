"""Sequences that start, change or stop a gateway: what it serves is part of what stands, and so are its processes."""

from __future__ import annotations

import json
import time
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from tests.artifacts.fakes import free_port, make_litellm
from tests.crash import judge, tree
from tests.crash.experiment import LEFT, Experiment
from tests.crash.sequences import PORTS, START, Sequence

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import Path

    from tests.crash.experiment import Claim
    from tests.crash.injector.power import Disk

PATIENCE = 5.0
"""Seconds in which what was left alone may end by itself, and a gateway takes what stands."""


class Running(Experiment):
    """An experiment with a LiteLLM that costs nothing to start."""

    IS_ALONE = False

    def __init__(self, place: Path, sequence: Sequence) -> None:
        program = ("--litellm", str(make_litellm(place / "fake")))
        ports = {port: str(free_port()) for port in PORTS}

        def complete(words: tuple[str, ...]) -> tuple[str, ...]:
            """With a program, and ports that are free."""
            here = tuple(ports.get(word, word) for word in words)
            return here + program * (words[0] == "deploy")

        before, command, again = sequence
        self._is_running = any(START in words for words in before)
        self._home: Hashable = None
        super().__init__(place, Sequence(tuple(map(complete, before)), complete(command), complete(again)))

    def _set_up(self) -> None:
        """See Experiment; a start that cannot say that it serves is given up in time."""
        self.box.extra["GATEWAY_START_TIMEOUT"] = "30"
        super()._set_up()

    def reset(self) -> None:
        """See Experiment; a gateway that ran then runs again, or still."""
        if self._home and self._home == self._look_home():
            self._restore(self.folders[1])
            return
        self.clear()
        super().reset()
        if self._is_running:
            done = self.box.doit("start")
            assert done.code == 0, done.text
            self._home = self._look_home()

    def clear(self) -> None:
        """End all that runs in the sandbox."""
        for process in processes(self.box.root):
            with suppress(psutil.Error):
                process.kill()
                process.wait(5)

    def lay(self, disk: Disk) -> None:
        """See Experiment; nothing runs after a loss of power."""
        self.clear()
        super().lay(disk)

    def state(self) -> judge.State:
        """What stands, with the models that are served, and whether anything else runs."""
        return judge.state(self.box) | {"served": (self._served(),)}

    def situation(self, found: tree.Tree, *, is_laid: bool) -> Hashable:
        """See Experiment; with what is served, and what runs."""
        if is_laid:
            return super().situation(found, is_laid=True)
        return super().situation(found, is_laid=False), self._served(), *self._running()

    def _look_home(self) -> Hashable:
        """The situation, without what is in build/."""
        return self.situation(tree.read({"home": self.box.home}), is_laid=False)

    def _running(self) -> list[str]:
        """What runs: its command lines."""
        found = []
        for process in processes(self.box.root):
            with suppress(psutil.Error):
                found.append(tree.WORDS.sub(b"#", " ".join(process.cmdline()).encode()).decode())
        return sorted(found)

    def _alone(self, claim: Claim) -> Claim:
        """See Experiment; it may be started again, and need not."""
        return (*claim, *(f"{word} off" for word in claim))

    def _states(self, claim: Claim) -> list[judge.State]:
        claim = tuple(word for word in claim if word != LEFT)
        states = super()._states(tuple(word.partition(" ")[0] for word in claim))
        off = {"served": (None,)}
        return [state | (off if " " in word else {}) for word, state in zip(claim, states, strict=True)]

    def settled(self, expected: list[judge.State]) -> judge.State:
        """See Experiment."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.state()) not in expected and time.monotonic() < deadline:
            time.sleep(0.1)
        return found

    def problems(self) -> Iterator[str]:
        """See Experiment; nothing runs but the gateway, and that only where it answers."""
        yield from super().problems()
        deadline = time.monotonic() + PATIENCE
        while (strays := self._strays()) and time.monotonic() < deadline:
            time.sleep(0.1)
        for command in strays:
            yield f"process: {command}"

    def _strays(self) -> list[str]:
        """The command lines of what runs and is not the gateway."""
        known = set()
        if self._served():
            pid = (self.box.gateway / "gateway.pid").read_text().splitlines()[0].removeprefix("pid=")
            gateway = psutil.Process(int(pid))
            known = {gateway, *gateway.children(recursive=True)}
        running = [process for process in processes(self.box.root) if process not in known]
        return [" ".join(process.cmdline())[-160:] for process in running]

    def _served(self) -> tuple[str, ...] | None:
        """The models that are served where Claude Code asks for them; None if nothing answers."""
        try:
            settings = json.loads(self.box.settings.read_bytes())["env"]
            asked = urllib.request.Request(
                f"{settings['ANTHROPIC_BASE_URL']}/v1/models",
                headers={"Authorization": f"Bearer {settings[judge.TOKEN]}"},
            )
            with urllib.request.urlopen(asked, timeout=5) as answer:
                return tuple(model["id"] for model in json.load(answer)["data"])
        except (OSError, KeyError, ValueError):
            return None


def processes(root: Path) -> list[psutil.Process]:
    """What runs with something below *root* on its command line."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(str(root) in word for word in process.cmdline()):
                found.append(process)
    return found
