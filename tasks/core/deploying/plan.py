"""A plan as data (templates/schemas/plan.schema.json); no secret is in it: what would change, and how."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import own
from tasks.core.claude import settings_edit
from tasks.core.console import console, diff
from tasks.core.deploying import (
    asked,
    caveats,
    choices_page,
    install,
    plan_file,
    prerequisites,
    render,
    value_sources,
)
from tasks.core.deploying.file_changes import describe_losses
from tasks.core.disk import files
from tasks.core.history import history
from tasks.core.model.secret import Secret
from tasks.core.secrets import hide
from tasks.core.service import processes, state
from tasks.core.text import json_edit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from tasks.core.claude.settings_edit import Outcome
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Change

PROXIES = (*settings_edit.ALL_PROXIES, "NO_PROXY", "no_proxy")
"""Variables of the shell that decide about the settings."""

RESTART_SECONDS = 20
"""About how long a restarted LiteLLM loads; requests wait, or are turned away, for that time."""

STAYS = ("unchanged", "keep")
"""The actions that write nothing."""


def make_plan(resolved: Resolved, key: bytes) -> tuple[dict[str, Any], list[str]]:
    """The plan, and the diff of every change, line by line; nothing is written.

    *key*: for digests, from plan_file. GatewayError when this cannot be deployed.
    """
    layout = resolved.layout
    request = resolved.request
    missing, warnings = _find_obstacles(resolved)
    before = history.installed(layout)
    rendered = resolved.render_all()
    file_changes = install.find_changes(resolved, rendered, before)
    warnings += describe_losses(file_changes)
    install.refuse_invalid_edits(layout, file_changes)
    settings, patch, after = _describe_settings(resolved, key)
    written = {change.file for change in file_changes if change.writes}
    plan = {
        "version": plan_file.VERSION,
        "gateway": str(layout.gateway),
        "deployment": _describe_deployment(resolved),
        "files": [_describe_file(resolved, change, key) for change in file_changes],
        "settings": settings,
        "asks": asked.describe_planned(resolved, after),
        "process": process(
            layout,
            resolved.deployment,
            written,
            start=request.flags.start,
        ),
        "missing": missing,
        "warnings": warnings,
        "choices": request.choices.to_json(),
        "profile": request.profile,
        "flags": request.flags._asdict(),
        "inputs": _digest_inputs(resolved, file_changes, key),
    }
    lines: list[str] = []
    for change in file_changes:
        lines += make_patch(layout, change)
    return plan, lines + patch


def make_patch(layout: Layout, change: Change) -> Iterator[str]:
    """The diff of one file, secrets hidden; nothing for one that stays."""
    if not change.writes:
        return
    hide_secrets = hide.hide_text
    if change.file == layout.env_file.name:
        hide_secrets = hide.hide_env
    path = str(layout.gateway / change.file)
    yield f"{change.kind:9}  {path}  {change.mode:04o}"
    before = hide_secrets(change.found or b"")
    after = hide_secrets(change.data or b"")
    yield from diff.unified(before, after, path)


def _find_obstacles(resolved: Resolved) -> tuple[list[dict[str, str]], list[str]]:
    """The values for which deploying would stop, and what may surprise.

    GatewayError when this cannot be deployed here whatever the values are.
    """
    with console.kept_warnings() as warnings, choices_page.explained(resolved.request):
        request = resolved.request
        if pending := choices_page.describe_pending(request.remembered, request.choices):
            console.warn(pending)
        for text in caveats.find_caveats(resolved):
            console.warn(text)
        for text in _find_pending(resolved):
            console.warn(text)
        for text in prerequisites.find_place_doubts(resolved):
            console.warn(text)
        for text in prerequisites.find_port_doubts(resolved):
            console.warn(text)
        problems, doubts = prerequisites.sort_problems(resolved)
        for text in doubts:
            console.warn(text)
    missing = []
    for problem in problems:
        described = {
            "variable": problem.variable,
            "problem": problem.problem,
            "fix": problem.remedy,
        }
        missing.append(described)
    return missing, warnings


def _find_pending(resolved: Resolved) -> Iterator[str]:
    """Which value this plan does without: a program of the user's would have to run for it."""
    reference = value_sources.pending_token(resolved.request)
    if reference:
        token = resolved.deployment.credential
        yield f"{token} is what {reference} prints; that is run when this is deployed"


def _describe_deployment(resolved: Resolved) -> dict[str, Any]:
    """What would be deployed, in short."""
    deployment = resolved.deployment
    return {
        "preset": deployment.preset.id,
        "gateway_type": deployment.gateway.id,
        "url": deployment.url,
        "models": [model.id for model in deployment.models],
        "own_templates": resolved.own_templates,
        "tiers": dict(deployment.names),
        "revision": history.next_number(resolved.layout),
    }


def _describe_file(
    resolved: Resolved,
    change: Change,
    key: bytes,
) -> dict[str, Any]:
    """What happens to one file."""
    return file_entry(
        change,
        _digest_result(resolved, change.data, key),
        secret=change.file == resolved.layout.env_file.name,
    )


def _describe_settings(
    resolved: Resolved,
    key: bytes,
) -> tuple[dict[str, Any], list[str], bytes | None]:
    """What happens to settings.json, its diff, and its new content."""
    path = resolved.layout.settings
    before = files.read(files.real_target(path))
    outcome = install.make_edit(resolved).outcome(before)
    if outcome.conflicts:
        raise settings_edit.conflict(resolved.layout, outcome)
    after = outcome.data
    old = json_edit.parse(before or json_edit.NEW_FILE, str(path))
    new = json_edit.parse(after or json_edit.NEW_FILE, str(path))
    entry = {
        "file": str(path),
        "action": _name_action(before, after),
        "keys": [*keys(outcome, old.value, new.value)],
        "digest": _digest_result(resolved, after, key),
    }
    if before == after:
        return entry, [], after
    heading = f"{entry['action']:9}  {path}"
    lines = diff.unified(
        hide.hide_json(before or b""),
        hide.hide_json(after or b""),
        str(path),
    )
    return entry, [heading, *lines], after


def _name_action(before: bytes | None, after: bytes | None) -> str:
    if before == after:
        return "unchanged"
    if before is None:
        return "create"
    return "update"


def _digest_result(
    resolved: Resolved,
    data: bytes | None,
    key: bytes,
) -> str:
    """The digest of a file as it will be.

    Keys that were made for this plan do not count: a deployment makes others.
    """
    made = []
    for name, found in resolved.findings.items():
        value = resolved.complete_values.get(name)
        if found.needs_key and isinstance(value, Secret):
            made.append(value.reveal())
    return plan_file.digest(key, plan_file.without(data, made))


def _digest_inputs(
    resolved: Resolved,
    file_changes: Iterable[Change],
    key: bytes,
) -> dict[str, str]:
    """The digest of everything that the plan depends on."""
    digests = {}
    for name, data in _read_inputs(resolved, file_changes).items():
        digests[name] = plan_file.digest(key, data)
    return digests


def _read_inputs(
    resolved: Resolved,
    file_changes: Iterable[Change],
) -> dict[str, bytes | None]:
    """Everything that the plan depends on, by the name that a person knows it by."""
    layout = resolved.layout
    inputs: dict[str, bytes | None] = {}
    for path in sorted(_find_sources(resolved)):
        inputs[_name_path(path, layout.project)] = files.read(path)
    deployed = [layout.gateway / change.file for change in file_changes]
    for path in (*deployed, layout.manifest, layout.ledger, layout.settings):
        inputs[str(path)] = plan_file.stated(path)
    values = {name: found.plain for name, found in resolved.findings.items()}
    for name in PROXIES:
        values[f"{name} in the environment"] = os.environ.get(name)
    for name, text in values.items():
        inputs[name] = None
        if text is not None:
            inputs[name] = text.encode("utf-8", "surrogateescape")
    return inputs


def _find_sources(resolved: Resolved) -> set[Path]:
    """The templates that the deployment is rendered from."""
    deployment = resolved.deployment
    layout = resolved.layout
    paths = {*render.described(deployment, layout), *own.find_all(layout, own.VARIABLES)}
    for artifact in deployment.artifacts:
        made_by = resolved.makers[artifact.file]
        paths |= {*render.sources(artifact, deployment, layout, made_by)}
    return paths


def _name_path(path: Path, project: Path) -> str:
    """A path as seen from the checkout, if it is in there."""
    if path.is_relative_to(project):
        return str(path.relative_to(project))
    return str(path)


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
    acted = {
        "set": receipt.written,
        "restore": receipt.restored,
        "remove": receipt.removed,
        "withhold": receipt.withheld,
        "keep": receipt.kept,
    }
    for action, paths in acted.items():
        for path in paths:
            name, old, new = ".".join(path), before(path), after(path)
            if action == "keep" or old != new:
                yield {"key": name, "action": action, "before": shown(name, old), "after": shown(name, new)}


def shown(name: str, value: object) -> str | None:
    """A value of settings.json, hidden where the name of its key tells that it may be a secret."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json_edit.spelled(value)
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
