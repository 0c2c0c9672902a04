"""Situations of Claude Code from public threads and our own, and a player for them.

Each YAML file beside this one holds the cases of one kind. A case says what is in the home, how it is
deployed, what our commands must say (patterns over their output, with single blanks), and what the real
client asks two recorders for: GW, which was deployed, and OTHER.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Sandbox

FOLDER = Path(__file__).parent
TOKEN = "tok-of-gateway-0123456789"
ONCE = {
    "CLAUDE_CODE_MAX_RETRIES": "0",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
}
DEPLOY = ("deploy", "--preset", "enterprise", "--scope", "user", "--no-input")
LISTED = {"data": [{"id": "claude-opus-5-5"}, {"id": "my-model"}]}
MISSING = {"type": "error", "error": {"type": "not_found_error", "message": "no"}}
ANSWER = [
    ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "ANSWERED"}}),
    ("content_block_stop", {"index": 0}),
    ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}),
    ("message_stop", {}),
]


@dataclass(frozen=True)
class Said:
    """What one command must end with and say."""

    words: tuple[str, ...] = ()
    exit: tuple[int, ...] = ()
    must: tuple[str, ...] = ()
    mustnot: tuple[str, ...] = ()

    def find_faults(self, code: int, text: str) -> Iterator[str]:
        """What is not as it must be."""
        plain = " ".join(text.split())
        name = " ".join(self.words) or "claude"
        if self.exit and code not in self.exit:
            yield f"{name}: exit {code}, not {self.exit}: {plain}"
        for pattern in self.must:
            if not re.search(pattern, plain, re.IGNORECASE):
                yield f"{name}: lacks /{pattern}/: {plain}"
        for pattern in self.mustnot:
            if re.search(pattern, plain, re.IGNORECASE):
                yield f"{name}: has /{pattern}/: {plain}"


@dataclass(frozen=True)
class Case:
    """One situation; *facts* are those of its file."""

    name: str
    facts: dict[str, Any] = field(repr=False)

    @property
    def asks(self) -> list[Said]:
        """What our commands must say, in order."""
        return [make_said(facts) for facts in self.facts.get("ask", ())]

    @property
    def client(self) -> Said | None:
        """What the real client must do; None where that is not the point."""
        facts = self.facts.get("client")
        return None if facts is None else make_said(facts)


def make_said(facts: dict[str, Any]) -> Said:
    """The expectation that a file describes."""
    return Said(**{key: tuple(value) for key, value in facts.items()})


def named(start: str = "") -> list[Case]:
    """The cases whose names begin so, of all files."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        for name, facts in documents.load_yaml(path).items():
            if name.startswith(start):
                found.append(Case(name, facts))
    return found


class Recorder(ThreadingHTTPServer):
    """A gateway that answers, and remembers who asked it for what."""

    name: str
    seen: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self._send(404, b"")

    def do_GET(self) -> None:
        if self.path.startswith("/v1/models"):
            self._send(200, json.dumps(LISTED).encode())
        else:
            self._send(404, b"{}")

    def do_POST(self) -> None:
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)))
        except ValueError:
            body = {}
        assert isinstance(self.server, Recorder)
        path = self.path.partition("?")[0]
        facts = {
            "port": self.server.name,
            "path": path,
            "model": body.get("model"),
            "bearer": self.headers.get("authorization"),
            "key": self.headers.get("x-api-key"),
        }
        self.server.seen.append(" ".join(f"{name}={value}" for name, value in facts.items()))
        if path != "/v1/messages" or not body.get("stream"):
            self._send(404, json.dumps(MISSING).encode())
            return
        message = {"id": "m", "type": "message", "role": "assistant", "model": body["model"]}
        message |= {"content": [], "usage": {"input_tokens": 1, "output_tokens": 1}}
        events = [("message_start", {"message": message}), *ANSWER]
        lines = [f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n" for kind, data in events]
        self._send(200, "".join(lines).encode(), "text/event-stream")

    def _send(self, code: int, data: bytes, kind: str = "application/json") -> None:
        self.send_response(code)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def recording() -> Iterator[tuple[Recorder, Recorder]]:
    """The two recorders, GW and OTHER."""
    made = []
    for name in ("GW", "OTHER"):
        server = Recorder(("127.0.0.1", 0), _Handler)
        server.daemon_threads = True
        server.name, server.seen = name, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        made.append(server)
    yield made[0], made[1]
    for server in made:
        server.shutdown()
        server.server_close()


@dataclass(frozen=True)
class Play:
    """One case in a sandbox, with the recorders and, where it is there, the real client."""

    case: Case
    box: Sandbox
    gateways: tuple[Recorder, Recorder]
    claude: Path | None = None

    def find_faults(self) -> list[str]:
        """Everything that is not as the case expects."""
        self._prepare()
        found = [*self._deploy()]
        self._lay("files")
        for said in self.case.asks:
            result = self.box.doit(*self._words(said), env=self.env)
            found += said.find_faults(result.code, result.text)
        if self.case.client and self.claude:
            found += self._ask_client(self.case.client, self.claude)
        return found

    @cached_property
    def folder(self) -> Path:
        """Where claude is started."""
        return self.box.home / self.case.facts.get("dir", "proj")

    @cached_property
    def env(self) -> dict[str, str]:
        """What is exported there."""
        return {name: self._fill(value) for name, value in self.case.facts.get("env", {}).items()}

    def _prepare(self) -> None:
        self.box.claude.mkdir()
        (self.box.home / "proj").mkdir()
        self.box.extra |= {"GATEWAY_TOKEN": TOKEN, "COLUMNS": "400"}
        if self.case.facts.get("config_dir", True):
            self.box.extra["CLAUDE_CONFIG_DIR"] = str(self.box.claude)
        if self.claude:
            self.box.extra["PATH"] = f"{self.claude.parent}:{self.box.environment()['PATH']}"
        self._lay("before")

    def _deploy(self) -> Iterator[str]:
        options = self.case.facts.get("deploy")
        if options is not None:
            words = [*DEPLOY, *[self._fill(option) for option in options]]
            if "--gateway-url" not in options:
                words += ["--gateway-url", self.gateways[0].url]
            if "--auth" not in options:
                words += ["--auth", "bearer"]
            result = self.box.doit(*words)
            said = make_said({"words": ["deploy"], **self.case.facts.get("deployed", {"exit": [0]})})
            yield from said.find_faults(result.code, result.text)
        for line in self.case.facts.get("git", ()):
            proj = self.box.home / "proj"
            subprocess.run(line, shell=True, cwd=proj, check=True, capture_output=True)

    def _lay(self, part: str) -> None:
        for name, content in self.case.facts.get(part, {}).items():
            path = self.box.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(self._fill(text))
            path.chmod(0o600)

    def _fill(self, text: str) -> str:
        first, second = self.gateways
        filled = text.replace("{GW}", first.url).replace("{OTHER}", second.url)
        return filled.replace("{HOME}", str(self.box.home))

    def _words(self, said: Said) -> list[str]:
        words = [self._fill(word) for word in said.words]
        if words[0] in ("doctor", "explain") and "--message" not in words:
            words += ["--dir", str(self.folder)]
        return words

    def _ask_client(self, said: Said, claude: Path) -> Iterator[str]:
        for gateway in self.gateways:
            gateway.seen.clear()
        done = subprocess.run(
            [claude, "-p", "say hi"],
            cwd=self.folder,
            env=self.box.environment(**self.env, **ONCE),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        seen = [line for gateway in self.gateways for line in gateway.seen]
        yield from said.find_faults(done.returncode, "\n".join([done.stdout, done.stderr, *seen]))
