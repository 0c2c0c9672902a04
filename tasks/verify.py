"""verify: look at what stands, as a user of it would; ask the gateway, if it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, Task, action
from tasks.core.console import console
from tasks.core.deploying import checks, file_changes
from tasks.core.disk import files
from tasks.core.history import history
from tasks.core.model.errors import InvalidInput
from tasks.core.service import health, supervisor
from tasks.core.service.state import NOT_RUNNING, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.history.session import Session
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest


def task(layout: Layout) -> Task:
    """Always looks; after a commit it is what decides whether the commit stays."""
    return {"actions": [(look, [layout])], "params": [JSON], "meta": {"checks": True}}


def committed_task(layout: Layout, session: Session) -> Task:
    """The same within a deployment that changed something."""
    return {
        "actions": [(look_at_files, [layout])],
        "task_dep": ["_commit"],
        "uptodate": [lambda: not session.is_open],
    }


@action
def look(layout: Layout) -> None:
    """Schema, modes, digests, settings; readiness, models and the key of a running gateway."""
    manifest = files_and_settings(layout)
    ask_gateway(State(layout, manifest))


@action
def look_at_files(layout: Layout) -> None:
    """Schema, modes, digests, settings: what runs has not taken them over yet."""
    files_and_settings(layout)


def files_and_settings(layout: Layout) -> Manifest:
    """What was deployed here; InvalidInput when it is not what stands."""
    manifest = history.current(layout)
    findings = [*files_found(layout, manifest), *checks.settings(layout, manifest)]
    if findings:
        raise InvalidInput(
            "\n  ".join(["what stands is not what was deployed", *findings]), "Deploy again: doit deploy"
        )
    for name in edited(layout, manifest):
        console.warn(f"{name} was changed by you since it was deployed; a later deployment keeps your edits")
    return manifest


def files_found(layout: Layout, manifest: Manifest) -> Iterator[str]:
    """What is wrong with the deployed files."""
    yield from checks.manifest(layout.manifest, layout)
    contents = {}
    for name, mode in manifest.modes.items():
        path = layout.gateway / name
        if (found := files.read(path)) is None:
            yield f"{path}: is missing"
            continue
        contents[name] = found
        if f"{files.mode_of(path):04o}" != mode:
            yield f"{path}: has mode {files.mode_of(path):04o}, not {mode}"
    yield from checks.artifacts(contents, layout, f"{layout.gateway}/")


def edited(layout: Layout, manifest: Manifest) -> list[str]:
    """The deployed files whose content is not what was left there."""
    return [name for name, each in file_changes.find_files(layout, (), manifest).items() if each.edited]


def ask_gateway(state: State) -> None:
    """A running gateway serves all that is deployed, to our key alone; a remote one answers."""
    match state.condition:
        case "remote":
            health.require_remote(state)
        case "stopped":
            console.warn(f"{NOT_RUNNING}, so it was not asked; start it: doit start")
        case "moved":
            console.warn(state.lag)
        case _:
            if state.lag:
                console.warn(state.lag)
            supervisor.prove(state.layout, state.manifest)
