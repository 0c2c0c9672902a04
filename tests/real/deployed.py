"""A gateway deployed as its user would do it, with the real LiteLLM."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

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
