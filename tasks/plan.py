"""plan: what deploying would change, worked out and shown; nothing is written but, where asked for, the plan itself."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tasks import install, preflight, settings
from tasks.core.claude import settings_edit
from tasks.core.cli import command_line
from tasks.core.cli.steps import EXIT_CODE, JSON, Task, action
from tasks.core.console import console
from tasks.core.console import diff as diff_lines
from tasks.core.deploying import plan as deploying_plan
from tasks.core.deploying import plan_file, plan_page, render, sources
from tasks.core.deploying.options import resolve_options
from tasks.core.deploying.resolve import resolve
from tasks.core.disk import files
from tasks.core.history import history
from tasks.core.model.errors import Changed
from tasks.core.model.secret import Secret
from tasks.core.secrets import hide
from tasks.core.text import json_edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.deploying.run import Run
    from tasks.core.model.release import Change

NOT_HERE = ("dry_run", "yes", "no_input", "include_secrets")
"""The options of a deployment that say nothing about what it would change."""

OPTIONS: list[dict[str, Any]] = [
    {"name": "diff", "long": "diff", "type": bool, "default": False, "help": "every change as a diff, secrets hidden"},
    JSON,
    EXIT_CODE,
    {"name": "out", "long": "out", "type": str, "default": "", "help": "save it in this file, for: doit apply FILE"},
]


def task(run: Run, deploying: Iterable[Mapping[str, Any]]) -> Task:
    """`doit plan`, with the options of *deploying* for what to plan, of which nothing is remembered.

    No dependencies and no targets: a plan looks at what is there, and leaves it so.
    """
    options = [dict(each) for each in deploying]
    params = [*(each for each in options if each["name"] not in NOT_HERE), *OPTIONS]
    same = ""
    if (words := command_line.behind("plan")) is not None:
        given, names = command_line.parsed(words, params)
        if names:
            raise command_line.refused(f"doit plan takes options only, not {names[0]!r}")
        defaults = {each["name"]: each["default"] for each in options}
        planned = resolve_options({name: given.get(name, default) for name, default in defaults.items()})
        request = replace(planned.request, is_read_only=not given["out"])
        run.begin(resolve(request, planned.context))
        same = shlex.join(["doit", "deploy", *repeated(options, given)])
    return {"actions": [(show, [run.resolved, same])], "params": params, "meta": {"quiet": True}}


def repeated(options: Iterable[Mapping[str, Any]], given: Mapping[str, Any]) -> Iterator[str]:
    """The words with which a deployment is given the same *options*."""
    for each in options:
        value, name = given.get(each["name"], each["default"]), f"--{each['long']}"
        if value == each["default"]:
            continue
        if each["type"] is bool:
            yield name
        else:
            yield from (word for one in ([value] if isinstance(value, str) else value) for word in (name, one))


@action
def show(resolved: Resolved, same: str, *, diff: bool, as_json: bool, exit_code: bool, out: str) -> None:
    """Print the plan, for a person or a program; save it where that was asked for."""
    key = plan_file.store_key(resolved.layout) if out else plan_file.key_of(resolved.layout)
    plan, patch = made(resolved, key)
    if out:
        plan_file.save(plan_file.place(out), plan, key)
    if as_json:
        console.document({**plan, "diff": diff_lines.bare(patch)} if diff else plan)
    else:
        console.tell("\n".join([*plan_page.lines(plan, console.width()), *(diff_lines.painted(patch) if diff else ())]))
        hints(plan, diff=diff, out=out)
    if exit_code and deploying_plan.changes(plan):
        command = f"doit apply {shlex.quote(out)}" if out else same
        raise Changed(f"{deploying_plan.changes(plan)} files would change", f"Do it: {command}")


def hints(plan: Mapping[str, Any], *, diff: bool, out: str) -> None:
    """What can be done next."""
    if out:
        console.say(f"Saved. To do exactly this, or nothing: doit apply {shlex.quote(out)}", "ok")
    elif deploying_plan.changes(plan) and not diff:
        console.say("Every changed line: doit plan --diff, with the same options")


def made(resolved: Resolved, key: bytes) -> tuple[dict[str, Any], list[str]]:
    """The plan (templates/schemas/plan.schema.json), and the diffs; GatewayError when this cannot be deployed."""
    deployment, layout = resolved.deployment, resolved.layout
    with console.kept_warnings() as warnings:
        for text in (*preflight.surprises(resolved), *later(resolved)):
            console.warn(text)
        preflight.refuse(resolved)
    manifest = history.installed(layout)
    changes = install.changes(resolved, rendered(resolved), manifest)
    install.check(resolved, changes)
    joined, patch = settings_entry(resolved, key)
    written = {each.file for each in changes if each.writes}
    plan = {
        "version": plan_file.VERSION,
        "gateway": str(layout.gateway),
        "deployment": described(resolved, history.next_number(layout)),
        "files": [file_entry(resolved, each, key) for each in changes],
        "settings": joined,
        "process": deploying_plan.process(layout, deployment, written, start=resolved.request.flags.start),
        "warnings": warnings,
        "choices": resolved.request.choices.to_json(),
        "profile": resolved.request.profile,
        "flags": resolved.request.flags._asdict(),
        "inputs": {name: plan_file.digest(key, data) for name, data in inputs(resolved, changes).items()},
    }
    return plan, [*(line for each in changes for line in patch_of(resolved, each)), *patch]


def later(resolved: Resolved) -> Iterator[str]:
    """Which value this plan does without, for a program of the user's would have to run to get it."""
    if reference := sources.pending_token(resolved.request):
        yield f"{resolved.deployment.credential} is what {reference} prints; that is run when this is deployed"


def rendered(resolved: Resolved) -> dict[str, bytes]:
    """Every artifact as it would be rendered."""
    templates = resolved.layout.templates
    return {
        each.file: render.content(each, resolved.deployment, resolved.values, templates)
        for each in resolved.deployment.artifacts
    }


def described(resolved: Resolved, revision: int) -> dict[str, Any]:
    """What would be deployed, in short."""
    deployment = resolved.deployment
    return {
        "preset": deployment.preset.id,
        "gateway_type": deployment.gateway.id,
        "url": deployment.url,
        "models": [model.id for model in deployment.models],
        "tiers": dict(deployment.names),
        "revision": revision,
    }


def generated(resolved: Resolved) -> list[str]:
    """The keys that were made for this plan only: a deployment makes others."""
    made = (resolved.complete_values[name] for name, each in resolved.findings.items() if each.needs_key)
    return [each.reveal() for each in made if isinstance(each, Secret)]


def file_entry(resolved: Resolved, change: Change, key: bytes) -> dict[str, Any]:
    """What happens to one file."""
    digest = plan_file.digest(key, plan_file.without(change.data, generated(resolved)))
    return deploying_plan.file_entry(change, digest, secret=change.file == resolved.layout.env_file.name)


def patch_of(resolved: Resolved, change: Change) -> Iterator[str]:
    """The diff of one file, secrets hidden."""
    if change.writes:
        hidden = hide.hide_env if change.file == resolved.layout.env_file.name else hide.hide_text
        path = resolved.layout.gateway / change.file
        yield f"{change.kind:9}  {path}  {change.mode:04o}"
        yield from diff_lines.unified(hidden(change.found or b""), hidden(change.data or b""), str(path))


def settings_entry(resolved: Resolved, key: bytes) -> tuple[dict[str, Any], list[str]]:
    """What happens to settings.json, and its diff."""
    path = resolved.layout.settings
    before = files.read(files.real_target(path))
    outcome = settings.outcome(resolved, before, settings_edit.ledger_of(resolved.layout))
    if outcome.conflicts:
        raise settings_edit.conflict(resolved.layout, outcome)
    after = outcome.data
    old, new = (json_edit.parse(data or json_edit.NEW_FILE, str(path)) for data in (before, after))
    entry = {
        "file": str(path),
        "action": "unchanged" if before == after else "create" if before is None else "update",
        "keys": list(deploying_plan.keys(outcome, old.value, new.value)),
        "digest": plan_file.digest(key, plan_file.without(after, generated(resolved))),
    }
    if before == after:
        return entry, []
    hidden = [hide.hide_json(data or b"") for data in (before, after)]
    return entry, [f"{entry['action']:9}  {path}", *diff_lines.unified(hidden[0], hidden[1], str(path))]


def inputs(resolved: Resolved, changes: Iterable[Change]) -> dict[str, bytes | None]:
    """Everything that the plan rests on, by the name by which a person knows it."""
    layout, deployment = resolved.layout, resolved.deployment
    sources = {path for each in deployment.artifacts for path in render.sources(each, deployment, layout.templates)}
    sources |= {layout.templates / "presets" / f"{deployment.preset.id}.yaml", layout.templates / "variables.yaml"}
    standing = [layout.gateway / each.file for each in changes]
    proxies = (*settings_edit.ALL_PROXIES, "NO_PROXY", "no_proxy")
    values = {name: found.plain for name, found in resolved.findings.items()}
    values |= {f"{name} in the environment": os.environ.get(name) for name in proxies}
    return {
        plan_file.CHOICES: files.read(layout.choices),
        **{_named(path, layout.project): files.read(path) for path in sorted(sources)},
        **{str(path): plan_file.stated(path) for path in (*standing, layout.manifest, layout.ledger, layout.settings)},
        **{name: None if text is None else text.encode("utf-8", "surrogateescape") for name, text in values.items()},
    }


def _named(path: Path, project: Path) -> str:
    return str(path.relative_to(project) if path.is_relative_to(project) else path)
