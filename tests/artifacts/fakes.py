"""A folder with the rendered scripts, and a LiteLLM that costs nothing to start."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tasks.model.layout import PROJECT, Layout
from tasks.tools import templating

SCRIPTS = ("start-gateway.sh", "stop-gateway.sh")
KEY = "sk-0123456789abcdef0123456789abcdef"
PATH = f"{Path(sys.executable).parent}:/usr/bin:/bin"

FAKE = r"""
import json, os, signal, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

mode = os.environ.get("FAKE_MODE", "ready")
if "FAKE_DUMP" in os.environ:
    json.dump({"environ": dict(os.environ), "argv": sys.argv, "cwd": os.getcwd(), "sid": os.getsid(0)},
              open(os.environ["FAKE_DUMP"], "w"))
time.sleep(float(os.environ.get("FAKE_DELAY", "0")))
print("loading", os.environ.get("LITELLM_MASTER_KEY"))
if mode == "dies":
    print(*range(100), sep="\n")
    sys.exit("the configuration is no good")
if mode in ("never", "deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN if mode == "deaf" else signal.SIG_DFL)

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers.get("Authorization") == "Bearer " + os.environ.get("LITELLM_MASTER_KEY", "")
        self.send_response(503 if mode == "never" else 400 if "models" in self.path and not known else 200)
        self.end_headers()
        models = [{"id": name} for name in os.environ.get("FAKE_MODELS", "demo").split(",")]
        self.wfile.write(json.dumps({"data": models}).encode())
    def do_POST(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"content": [{"type": "text", "text": "Hello from the fake."}]}')
    def log_message(self, *_): pass

port = int(sys.argv[sys.argv.index("--port") + 1])
HTTPServer(("127.0.0.1", port if mode != "elsewhere" else 0), Answer).serve_forever()
"""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def make_litellm(venv: Path, version: str = "1.106.2", body: str = FAKE) -> Path:
    """A virtual environment as pip leaves it, in which litellm is *body*."""
    python, program = venv / "bin" / "python3", venv / "bin" / "litellm"
    program.parent.mkdir(parents=True)
    python.symlink_to(os.path.realpath(sys.executable))
    (venv / "lib" / "python3.11" / "site-packages" / f"litellm-{version}.dist-info").mkdir(parents=True)
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
        values = {"port": self.port, "litellm": "", "oldest": "1.84.0", "needed": ["LITELLM_MASTER_KEY"]}
        for name in SCRIPTS:
            template = PROJECT / "templates" / "artifacts" / f"{name}.j2"
            script = self.path / name
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
        process.kill()
