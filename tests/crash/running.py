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
        program = self.make_program(place)
        ports = {port: str(free_port()) for port in PORTS}

        def complete(words: tuple[str, ...]) -> tuple[str, ...]:
            """With a program, and ports that are free."""
            here = tuple(ports.get(word, word) for word in words)
            return here + program * (words[0] == "deploy")

        before, command, again = sequence
        self._is_running = any({START, "start"} & {*words} for words in before)
        self._home: Hashable = None
        super().__init__(place, Sequence(tuple(map(complete, before)), complete(command), complete(again)))

    def make_program(self, place: Path) -> tuple[str, ...]:
        """A LiteLLM at *place*, as an option."""
        return ("--litellm", str(make_litellm(place / "fake")))

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


UV = """#!/bin/sh
case $1 in
    venv) for last in "$@"; do :; done; cp -a {fake}/. "$last" ;;
esac
"""
"""It installs what is there."""


class Upgrading(Running):
    """The sequence in which LiteLLM is installed, by a uv that costs nothing, and then another one is to be."""

    def make_program(self, place: Path) -> tuple[str, ...]:
        """See Running; it is installed into the gateway's folder, so no option says where it is."""
        fake = make_litellm(place / "fake").parents[1]
        uv = place / "bin" / "uv"
        uv.parent.mkdir()
        uv.write_text(UV.format(fake=fake))
        uv.chmod(0o755)
        self._path = uv.parent
        return ()

    def _set_up(self) -> None:
        """See Experiment."""
        environ = self.box.environment()
        self.box.extra["PATH"] = f"{self._path}:{environ['PATH']}"
        super()._set_up()
        lock = self.box.project / "requirements" / "litellm.txt"
        text = lock.read_text()
        lock.unlink()  # it may be a link to ours
        lock.write_text(text + "# another one\n")

    def state(self) -> judge.State:
        """See Experiment; with the environment that is used."""
        venv = self.box.gateway / "venv"
        found = {name: content for name, content in super().state().items() if "/venv-" not in name}
        return found | {"venv": (venv.readlink().name,)}

    def _do_again(self) -> judge.State:
        """See Experiment; a deployment uses whichever is there."""
        found = super()._do_again()
        return {name: content for name, content in found.items() if name != "venv"}

    def problems(self) -> Iterator[str]:
        """See Experiment; what is used is whole."""
        yield from super().problems()
        if not (self.box.gateway / "venv" / "bin" / "litellm").exists():
            yield "venv: no LiteLLM in it"


def processes(root: Path) -> list[psutil.Process]:
    """What runs with something below *root* on its command line."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(str(root) in word for word in process.cmdline()):
                found.append(process)
    return found
