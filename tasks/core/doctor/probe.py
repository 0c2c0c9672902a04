"""What the installed Claude Code really does here: it is run in a private copy of all its settings.

Every address in the copy leads to a recorder on this machine, which is also the only proxy: nothing
leaves the machine. The copy and all processes are gone afterwards. It is run twice:

    -p          one question without a terminal
    terminal    a session in which one sentence is typed
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.claude import private_copy
from tasks.core.claude.model_entries import strip_mark
from tasks.core.claude.settings_edit import ALL_PROXIES
from tasks.core.claude.stand_ins import NO_PROXY, find_bare
from tasks.core.disk import programs
from tasks.core.doctor import terminal_run
from tasks.core.http.recorder import Recorder
from tasks.core.model.network import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.claude.layers import Layers
    from tasks.core.claude.private_copy import PrivateCopy
    from tasks.core.http.recorder import Seen

PATIENCE = 40
"""Seconds for each of the two runs; usually they take two and eight."""

PRINT, TERMINAL = "-p", "terminal"

SHOWN = ("authorization", "x-api-key")
"""The headers that are for a credential, whatever is in them."""

LOGGED_OUT = "it is not logged in"

UNKNOWN = "a value that none of its settings holds"


class Credential(NamedTuple):
    """A credential that was sent: in which header, the settings it came from, and itself."""

    header: str
    source: str
    value: str

    def to_json(self) -> dict[str, str]:
        """As it is printed for a program: without itself."""
        return {"header": self.header, "source": self.source}

    def __repr__(self) -> str:
        return f"Credential({self.header!r}, {self.source!r})"


class Request(NamedTuple):
    """One kind of request for a model: the address that it would go to, and what it shows there."""

    address: str
    path: str
    model: str
    is_proxied: bool
    credentials: tuple[Credential, ...]

    def to_json(self) -> dict[str, Any]:
        """As it is printed for a program: no secret is in it."""
        shown = [credential.to_json() for credential in self.credentials]
        return {**self._asdict(), "credentials": shown}


class Run(NamedTuple):
    """What one run did: its requests for models, each kind once, the session's own first.

    *hosts*: the others that it wanted to reach, and could not. *said*: its last line, where it
    asked for nothing.
    """

    name: str
    requests: list[Request]
    hosts: list[str]
    questions: list[str]
    said: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it is printed for a program."""
        requests = [request.to_json() for request in self.requests]
        return {**self._asdict(), "requests": requests}


def run(program: str, layers: Layers) -> list[Run]:
    """Both runs. ManagedElsewhere where nothing may be run; OSError where it cannot be started."""
    return [
        run_once(PRINT, program, layers),
        run_once(TERMINAL, program, layers),
    ]


def run_once(
    name: str,
    program: str,
    layers: Layers,
) -> Run:
    """One run in a copy of its own."""
    recorder = Recorder()
    folder = tempfile.TemporaryDirectory(
        prefix="gatehand-",
        ignore_cleanup_errors=True,
    )
    with recorder.run(), folder as root:
        copy = private_copy.make(
            layers,
            Path(root).resolve(),
            recorder.url,
        )
        guard = make_guard(layers, copy)
        environ = {**copy.environ, **guard}
        settings = json.dumps({"env": guard})
        command = [program, "--settings", settings]
        questions: list[str] = []
        if name == PRINT:
            said = print_once(command, environ, copy)
        else:
            questions, said = type_once(command, environ, copy, recorder)
    requests, hosts = describe(recorder, copy)
    if requests:
        said = ""
    return Run(
        name,
        requests,
        hosts,
        questions,
        said,
    )


def make_guard(layers: Layers, copy: PrivateCopy) -> dict[str, str]:
    """Variables that win over all files of the copy: the recorder is the only proxy.

    It is asked as the proxy in force would be. Where there is none, this machine is asked past it,
    and what is for another machine is refused.
    """
    stand_ins = copy.stand_ins
    guard = dict.fromkeys(ALL_PROXIES, "")
    proxy = stand_ins.recorder
    hosts = dict.fromkeys(NO_PROXY, ",".join(LOOPBACK))
    in_force = find_proxy(layers)
    if in_force:
        proxy = stand_ins.replace_proxy(in_force)
        for name in NO_PROXY:
            hosts[name] = stand_ins.replace_no_proxy(layers.text(name))
    return guard | hosts | {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy}


def find_proxy(layers: Layers) -> str:
    """The proxy that Claude Code would use; "" without one."""
    for name in ALL_PROXIES:
        proxy = layers.text(name)
        if proxy:
            return proxy
    return ""


def print_once(
    command: list[str],
    environ: Mapping[str, str],
    copy: PrivateCopy,
) -> str:
    """One question with -p: its last line."""
    code, output = programs.run_alone(
        [*command, "-p", "say hi"],
        environ,
        copy.folder,
        PATIENCE,
    )
    if code is None:
        return f"it did not end within {PATIENCE} seconds"
    lines = output.decode(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    if not said:
        return ""
    return said[-1].replace(str(copy.root), "")


def type_once(
    command: list[str],
    environ: Mapping[str, str],
    copy: PrivateCopy,
    recorder: Recorder,
) -> tuple[list[str], str]:
    """A session in a terminal: what it asked first, and why it asked no model."""
    session = terminal_run.run(
        command,
        environ,
        copy.folder,
        lambda: is_asked(recorder),
        PATIENCE,
    )
    if session.is_logged_out:
        return session.questions, LOGGED_OUT
    return session.questions, f"it asked for nothing within {PATIENCE} seconds"


def is_asked(recorder: Recorder) -> bool:
    """Whether the session itself has asked a model."""
    return any(seen.is_for_model and seen.tools for seen in recorder.seen)


def describe(
    recorder: Recorder,
    copy: PrivateCopy,
) -> tuple[list[Request], list[str]]:
    """What was recorded, with the originals of stand-ins: requests for models, and other hosts."""
    requests: dict[Request, None] = {}
    hosts: dict[str, None] = {}
    # A session's own requests come first: only they have tools.
    for seen in sorted(recorder.seen, key=lambda seen: not seen.tools):
        if not recorder.is_own(seen.host):
            hosts[seen.host] = None
        elif seen.is_for_model:
            requests[describe_request(seen, copy)] = None
    return [*requests], [*hosts]


def describe_request(seen: Seen, copy: PrivateCopy) -> Request:
    """One request for a model."""
    address, path = copy.stand_ins.find_address(seen.path)
    found = []
    for header, text in seen.headers.items():
        sources = copy.stand_ins.find_labels(text)
        is_empty = not find_bare(text)
        if not sources and (header not in SHOWN or is_empty):
            continue
        credential = Credential(
            header,
            ", ".join(sources) or UNKNOWN,
            copy.stand_ins.find_value(text),
        )
        found.append(credential)
    return Request(
        address,
        path,
        strip_mark(seen.model),
        bool(seen.host),
        tuple(found),
    )
