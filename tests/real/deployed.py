"""A gateway deployed as its user would do it, with the real LiteLLM."""

from __future__ import annotations

import socket
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from asking import ask

from tasks.core.http import gateway
from tasks.core.model.layout import Layout
from tests.artifacts.fakes import Folder, clear, free_port
from tests.conftest import Result, Sandbox, make_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIERS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5")
"""What Claude Code asks for, one of each tier."""


class Demo:
    """The demo preset on a port of its own, in a home of its own."""

    def __init__(self, root: Path, litellm: Path) -> None:
        self.box: Sandbox = make_sandbox(root)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.words = ("--preset", "demo", "--port", str(self.port), "--litellm", str(litellm))
        self.layout = Layout.of({"HOME": str(self.box.home)}, project=self.box.project)
        self.folder = Folder(self.box.gateway, self.box.home, self.port)

    @property
    def key(self) -> gateway.Secret:
        return gateway.own_key(self.layout)

    def start(self) -> Result:
        return self.box.deploy(*self.words, "--start")


class Served:
    """A preset, deployed and started, in a home of its own."""

    def __init__(self, root: Path, litellm: Path, *words: str) -> None:
        self.box, self.port = make_sandbox(root), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.layout = Layout.of({"HOME": str(self.box.home)}, project=self.box.project)
        self.folder = Folder(self.box.gateway, self.box.home, self.port)
        self.words = (*words, "--port", str(self.port), "--litellm", str(litellm))

    def start(self, **led: str) -> None:
        """Deploy, lead LiteLLM to the servers of the tests, start."""
        self.box.deploy(*self.words)
        with self.layout.env_file.open("a") as file:
            file.writelines(f"{name}={value}\n" for name, value in {**led, "NO_PROXY": "127.0.0.1"}.items())
        self.box.deploy("--start")

    def ask(self, model: str, *, stream: bool = False) -> str:
        return ask(self.url, gateway.own_key(self.layout), model, stream=stream)

    def claude(self, program: Path, *words: str) -> str:
        work = self.box.root / "work"
        work.mkdir(exist_ok=True)
        base = {"PATH": "/usr/bin:/bin", "HOME": str(self.box.home), "TERM": "dumb", "CLAUDE_CODE_MAX_RETRIES": "0"}
        done = subprocess.run(
            [program, "-p", "say hi", *words],
            cwd=work,
            env=base,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


def led_to(template: Path, url: str) -> None:
    """What somebody does whose Anthropic is at another address."""
    template.write_text(template.read_text().replace("params:\n", f"params:\n  api_base: {url}\n"))


@contextmanager
def demo(root: Path, litellm: Path) -> Iterator[Demo]:
    """The demo, deployed and not started; whatever runs is ended at the end."""
    made = Demo(root, litellm)
    try:
        yield made
    finally:
        clear(made.folder)


@contextmanager
def counted() -> Iterator[tuple[str, list[str]]]:
    """A proxy that lets nothing through: its address, and the first line of every request that came."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(2)
                    came.append(connection.recv(1000).decode(errors="replace").splitlines()[0])

        threading.Thread(target=listen, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", came
        server.shutdown(socket.SHUT_RDWR)
