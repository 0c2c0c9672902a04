"""A plan as data (templates/schemas/plan.schema.json); no secret is in it: what would change, and how."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tasks.core.console import diff
from tasks.core.secrets import hide
from tasks.core.service import processes, state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tasks.core.claude.settings_edit import Outcome
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Change

RESTART_SECONDS = 20
"""About how long a restarted LiteLLM loads; requests wait, or are turned away, for that time."""

STAYS = ("unchanged", "keep")
"""The actions that write nothing."""


def file_entry(change: Change, digest: str, *, secret: bool) -> dict[str, Any]:
    """What happens to one file; *digest* is of what will stand."""
    added, removed = diff.counted(change.found or b"", change.data or b"") if change.writes else (0, 0)
    known = {"file": change.file, "action": change.kind, "mode": f"{change.mode:04o}", "note": change.note}
    return {**known, "added": added, "removed": removed, "secret": secret, "digest": digest}


def keys(
    outcome: Outcome, before: Callable[[tuple[str, ...]], Any], after: Callable[[tuple[str, ...]], Any]
) -> Iterator[dict[str, Any]]:
    """What happens to each key of settings.json, with what stands and what will stand; secrets are hidden."""
    receipt = outcome.receipt
    acted = (("set", receipt.written), ("restore", receipt.restored), ("withhold", receipt.withheld))
    for action, paths in (*acted, ("keep", receipt.kept)):
        for path in paths:
            name, old, new = ".".join(path), before(path), after(path)
            if action == "keep" or old != new:
                yield {"key": name, "action": action, "before": shown(name, old), "after": shown(name, new)}


def shown(name: str, value: object) -> str | None:
    """A value of settings.json, hidden where the name of its key tells that it may be a secret."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return hide.hide_value(name.rpartition(".")[2], text)


def process(layout: Layout, deployment: Deployment, written: set[str], *, start: bool) -> dict[str, Any]:
    """What happens to the gateway's process when the files *written* are; and how many seconds requests wait for it."""
    instance = processes.running(layout)
    if not deployment.gateway.process:
        done = ("stop", "nothing that is deployed needs it any more") if instance else ("none", "it runs elsewhere")
        return _process(*done)
    if instance is None:
        return (
            _process("start", "it does not run")
            if start
            else _process("none", "it does not run; start it with: doit start")
        )
    status = state.read_status(layout, instance)
    address = (deployment.port, deployment.listen)
    reasons = {
        "what runs says nothing of itself": status is None,
        "serve.py is another one": layout.supervisor.name in written,
        "it listens elsewhere from now on": (instance.port, instance.listen) != address,
    }
    if why := next((reason for reason, holds in reasons.items() if holds), ""):
        return _process("restart", why, RESTART_SECONDS)
    if written & {layout.config.name, layout.env_file.name}:
        return _process("swap", "it takes the new configuration without a pause")
    return _process("none", "it runs, and nothing that it reads changes")


def _process(action: str, why: str, wait: int = 0) -> dict[str, Any]:
    return {"action": action, "why": why, "wait_seconds": wait}


def changes(plan: Mapping[str, Any]) -> int:
    """How many files would be written, settings.json among them."""
    return sum(each["action"] not in STAYS for each in (*plan["files"], plan["settings"]))
