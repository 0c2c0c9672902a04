"""A folder with the rendered scripts, and a LiteLLM that costs nothing to start."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from tasks.core.catalogue import templating
from tasks.core.model.layout import PROJECT, Layout

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPTS = ("start-gateway.sh", "stop-gateway.sh", "serve.py")
ARTIFACTS = PROJECT / "templates" / "artifacts"
KEY = "sk-0123456789abcdef0123456789abcdef"
PATH = f"{Path(sys.executable).parent}:/usr/bin:/bin"
NEEDED = ("uvicorn", "h11", "click", "yaml")
"""The packages that the real serve.py and the fake LiteLLM are run with."""

FAKE = r"""
import asyncio, json, os, sys, time
import yaml

mode = os.environ.get("FAKE_MODE", "ready")
if "FAKE_DUMP" in os.environ:
    with open(os.environ["FAKE_DUMP"], "w") as file:
        json.dump({"environ": dict(os.environ), "cwd": os.getcwd(), "sid": os.getsid(0)}, file)
time.sleep(float(os.environ.get("FAKE_DELAY", "0")))
print("loading", os.environ.get("LITELLM_MASTER_KEY"), flush=True)
if mode == "dies":
    print(*range(100), sep="\n")
    sys.exit("the configuration is no good")
with open(os.environ["CONFIG_FILE_PATH"]) as file:
    config = yaml.safe_load(text := file.read())
if "# refused" in text:
    sys.exit("ValueError: this configuration is refused")
models = [model["model_name"] for model in config["model_list"] if "no-such" not in model["litellm_params"]["model"]]
master_key = os.environ.get("LITELLM_MASTER_KEY")

class proxy_config:
    get_config_state = staticmethod(lambda: config)

class llm_router:
    get_model_names = staticmethod(lambda: models)

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await asyncio.sleep(1e6 if mode == "never" else 0)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.sleep(1e6 if mode == "deaf" else 0)
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):  # a body that is left unread would reset the connection
        pass
    if scope["path"].startswith("/slow/"):
        await asyncio.sleep(float(scope["path"][6:]))
    known = (b"authorization", f"Bearer {master_key}".encode()) in scope["headers"]
    listed = [{"id": name} for name in models]
    answer = {"data": listed, "content": [{"type": "text", "text": "Hello from the fake."}]}
    status = 400 if "models" in scope["path"] and not known else 200
    answer = answer if status == 200 else {"error": {"message": "No connected db.", "code": "400"}}
    if scope["path"] == "/health/readiness" and os.path.exists(os.path.expanduser("~/not-ready")):
        status = 503
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
"""
"""LiteLLM's proxy_server.py, as far as serve.py and we know it."""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def make_litellm(venv: Path, version: str = "1.106.2", body: str = FAKE) -> Path:
    """A virtual environment as pip leaves it, in which LiteLLM's proxy is *body*."""
    python, program = venv / "bin" / "python3", venv / "bin" / "litellm"
    packages = venv / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    program.parent.mkdir(parents=True)
    python.symlink_to(os.path.realpath(sys.executable))
    python.with_name("python").symlink_to("python3")
    (venv / "pyvenv.cfg").write_text(f"home = {Path(os.path.realpath(sys.executable)).parent}\n")
    (packages / f"litellm-{version}.dist-info").mkdir(parents=True)
    (packages / f"uvicorn-{version_of('uvicorn')}.dist-info").mkdir()
    (packages / "litellm" / "proxy").mkdir(parents=True)
    (packages / "litellm" / "proxy" / "proxy_server.py").write_text(body)
    for name in NEEDED:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        (packages / name).symlink_to(Path(spec.origin).parent)
    program.write_text(f"#!/bin/sh\n'''exec' {shlex.quote(str(python))} \"$0\" \"$@\"\n' '''\n{body}")
    program.chmod(0o755)
    return program


@dataclass
class Folder:
    """A deployed gateway, made by hand."""

    path: Path
    home: Path
    port: int = field(default_factory=free_port)
    shell: str = "sh"
    proc: bool = True
    """False: the scripts do without /proc, as on macOS."""

    @property
    def layout(self) -> Layout:
        return Layout.of({"HOME": str(self.home)}, str(self.path))

    def render(self, **changes: Any) -> None:
        values = {"port": self.port, "listen": "127.0.0.1", "litellm": "", "oldest": "1.88.0"}
        values |= {"needed": ["LITELLM_MASTER_KEY"]}
        for name in SCRIPTS:
            script = self.path / name
            if name == "serve.py":
                script.write_text(templating.render(ARTIFACTS / "serve", {}))
                continue
            template = ARTIFACTS / f"{name}.j2"
            text = templating.render(template, {**values, "generated_by": "Made by a test", **changes})
            script.write_text(text if self.proc else text.replace("/proc/", "/no-proc/"))
            script.chmod(0o755)

    def env(self, **values: str) -> None:
        lines = [f"{name}={value}" for name, value in {"LITELLM_MASTER_KEY": KEY, **values}.items()]
        (self.path / ".env").write_text("\n".join(lines) + "\n")

    def command(self, name: str, *words: str, environ: dict[str, str] | None = None) -> dict[str, Any]:
        base = {"PATH": PATH, "HOME": str(self.home), "GATEWAY_START_TIMEOUT": "20"}
        return {
            "args": [self.interpreter(), str(self.path / name), *words],
            "env": {**base, **(environ or {})},
            "cwd": self.home,
            "stdin": subprocess.DEVNULL,
            "text": True,
        }

    def interpreter(self) -> str:
        """The shell; "bash as sh" is what macOS has as /bin/sh, with rules of its own."""
        found = str(shutil.which(self.shell.split()[0]))
        if self.shell != "bash as sh":
            return found
        link = self.home / "sh"
        if not link.exists():
            link.symlink_to(found)
        return str(link)

    def run(self, name: str, *words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(**self.command(name, *words, environ=environ), capture_output=True, timeout=60)

    def start(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return self.run("start-gateway.sh", *words, environ=environ)

    def stop(self, **environ: str) -> subprocess.CompletedProcess[str]:
        return self.run("stop-gateway.sh", environ=environ)

    @property
    def pid(self) -> int:
        return int((self.path / "gateway.pid").read_text().splitlines()[0].removeprefix("pid="))

    def status(self) -> dict[str, Any]:
        """What the gateway says of itself; nothing when it does not run."""
        with contextlib.suppress(OSError):
            return dict(json.loads((self.path / "gateway.status.json").read_text()))
        return {}

    def until(self, said: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The status once it is as *said* wants it."""
        deadline = time.monotonic() + 30
        while not said(now := self.status()):
            assert time.monotonic() < deadline, f"{now}\n{(self.path / 'litellm.log').read_text()[-3000:]}"
            time.sleep(0.05)
        return now

    def processes(self) -> list[psutil.Process]:
        """Everything that runs with this folder on its command line: nothing but ours."""
        found = []
        for process in psutil.process_iter():
            try:
                if str(self.path / "litellm_config.yaml") in process.cmdline():
                    found.append(process)
            except psutil.Error:
                continue
        return found


def make_folder(root: Path, name: str = "gateway", **changes: Any) -> Folder:
    """A gateway's folder below *root* with scripts, .env, an empty configuration and a LiteLLM of its own."""
    path, home = root / name, root / "home"
    path.mkdir(parents=True)
    home.mkdir(exist_ok=True)
    folder = Folder(path, home, **changes)
    folder.render()
    folder.env()
    (path / "litellm_config.yaml").write_text("model_list: []\n")
    make_litellm(path / "venv")
    return folder


def clear(folder: Folder) -> None:
    """End what was started from this folder."""
    for process in folder.processes():
        for each in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                each.kill()
