"""Does the deployed gateway run, does it serve what is deployed, does it answer: one judgement.

remote      another machine runs it: there is no process to look at
stopped     it does not run
moved       it still runs on another port than the deployed one
starting    a worker is starting with the deployed configuration
failed      the deployed configuration could not be served; the one before it still is
behind      it runs with another configuration or .env than the deployed ones
current     it serves what is deployed
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from tasks.core.console import console
from tasks.core.disk import files
from tasks.core.http import gateway
from tasks.core.model.errors import Unhealthy
from tasks.core.service import processes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tasks.core.http.gateway import Key
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest
    from tasks.core.service.processes import Instance, PortState

Condition = Literal["remote", "stopped", "moved", "starting", "failed", "behind", "current"]

NOT_RUNNING = "the gateway does not run"
START_IT = "Start it: doit start"
"""What every command says of a stopped gateway, and its fix."""


class Lag(NamedTuple):
    """Why it does not serve what is deployed, the fix, and our command that does it (its words)."""

    says: str
    fix: str
    verb: tuple[str, ...] = ()


RESTART = ("restart",)
BEFORE = "the gateway serves an earlier configuration"
LAGS: dict[Condition, Lag] = {
    "moved": Lag("the gateway still runs on port {port}", "Restart it: doit restart", RESTART),
    "starting": Lag(
        "the gateway is starting with the deployed configuration",
        "Wait a moment, then look again: doit status",
    ),
    "failed": Lag(
        BEFORE + ", since the deployed one cannot be served ({reason})",
        "Fix what could not be served, then: doit deploy",
    ),
    "behind": Lag(BEFORE, "Load the deployed one: doit restart", RESTART),
}

PATIENCE = 10.0
"""Seconds to wait for /health/readiness."""


class Status(NamedTuple):
    """How the last attempt to start a worker went, and which worker serves what: see serve.py."""

    attempt: int
    state: str
    reason: str
    error: tuple[str, ...]
    revision: str | None
    environment: str | None
    code: str
    leaving: tuple[int, ...]

    @property
    def served(self) -> tuple[str | None, str | None]:
        """Which configuration and which .env."""
        return self.revision, self.environment


def read_status(layout: Layout, instance: Instance) -> Status | None:
    """What this very process says about itself; None when it has not said anything."""
    try:
        data = files.read(layout.status_file)
        found: Any = json.loads(data or b"null")
        if found["supervisor"] != instance.pid:
            return None
        known = {name: found[name] for name in Status._fields}
        lists = {name: tuple(found[name]) for name in ("error", "leaving")}
        return Status(**known | lists)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def revision(path: Path) -> str:
    """The revision of a file, as x-gateway-revision has it for the configuration."""
    return hashlib.sha256(files.read(path) or b"").hexdigest()[:12]


def serves_disk(layout: Layout, instance: Instance, status: Status) -> bool:
    """Whether it serves the configuration and the .env that are on the disk."""
    key = instance.word.encode()[:64]
    data = files.read(layout.env_file) or b""
    environment = hashlib.blake2b(data, key=key, digest_size=6).hexdigest()
    return status.served == (revision(layout.config), environment)


def is_behind(layout: Layout) -> bool:
    """Whether a gateway runs that does not serve what is on the disk, or not yet."""
    instance = processes.running(layout)
    if instance is None:
        return False
    status = read_status(layout, instance)
    if status is None or status.state == "starting":
        return True
    return not serves_disk(layout, instance, status)


@dataclass(frozen=True)
class State:
    """What is known about the deployed gateway. Each fact is looked up when first needed, and once.

    *key* is what it is asked with; without one, the key in its .env.
    """

    layout: Layout
    manifest: Manifest
    key: Key | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """The deployed address."""
        return self.manifest.gateway_url

    @property
    def is_local(self) -> bool:
        """Whether it is a process of this machine: then a script to start it was deployed."""
        return self.layout.start_script.name in self.manifest.modes

    @property
    def port(self) -> int | None:
        """The deployed port; None for a remote gateway."""
        if not self.is_local:
            return None
        return urlsplit(self.url).port

    @cached_property
    def port_state(self) -> PortState | None:
        """Which program listens on the deployed port; None for a remote gateway."""
        if self.port is None:
            return None
        return processes.listener(self.port, self.layout)

    @cached_property
    def instance(self) -> Instance | None:
        """The running process."""
        return processes.running(self.layout)

    @cached_property
    def status(self) -> Status | None:
        """What the running process says about itself."""
        if self.instance is None:
            return None
        return read_status(self.layout, self.instance)

    @cached_property
    def serves_disk(self) -> bool:
        """Whether it serves the configuration and the .env that are on the disk."""
        if self.instance is None or self.status is None:
            return False
        return serves_disk(self.layout, self.instance, self.status)

    @property
    def condition(self) -> Condition:
        """The one word of the list above."""
        if self.instance is None:
            return "stopped" if self.is_local else "remote"
        if self.instance.port not in (None, self.port):
            return "moved"
        attempt = self.status.state if self.status else ""
        if attempt == "starting":
            return "starting"  # also when it starts with what it serves already
        if self.serves_disk:
            return "current"
        if attempt == "failed":
            return "failed"
        return "behind"

    @property
    def is_silent(self) -> bool:
        """Whether asking is useless: it does not run, and no other program has its port.

        A LiteLLM that was started by hand has the port without being ours, and answers.
        """
        if self.condition != "stopped" or self.port_state is None:
            return False
        return self.port_state.kind == "free"

    @property
    def is_first_start(self) -> bool:
        """Whether it has not served anything yet: asked, it would answer only once it is ready."""
        status = self.status
        return status is not None and status.state == "starting" and status.revision is None

    @property
    def lag(self) -> Lag | None:
        """Why a running gateway does not serve what is deployed; None when it does."""
        known = LAGS.get(self.condition)
        if known is None:
            return None
        facts = {"port": "", "reason": ""}
        if self.instance:
            facts["port"] = str(self.instance.port)
        if self.status:
            facts["reason"] = console.printable(self.status.reason)
        return known._replace(says=known.says.format_map(facts))

    @cached_property
    def is_ready(self) -> bool:
        """Whether it has loaded its configuration and takes requests."""
        return gateway.readiness(self.url, timeout=PATIENCE)

    @property
    def access(self) -> Key:
        """What it is asked with."""
        return self.key or gateway.own_key(self.layout)

    @cached_property
    def served(self) -> list[str] | Unhealthy:
        """The models that it lists, or why it lists none."""
        try:
            return gateway.served_models(self.url, self.access)
        except Unhealthy as error:
            return error

    def find_missing(self, names: Iterable[str]) -> list[str]:
        """Those of *names* that it does not list; none when there is no list."""
        if isinstance(self.served, Unhealthy):
            return []
        return [name for name in names if name not in self.served]
