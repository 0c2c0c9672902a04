"""verify: look at what is deployed, as a user of it would; ask the gateway, if it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, Task, action
from tasks.core.console import console
from tasks.core.deploying import checks, drift
from tasks.core.history import history
from tasks.core.model.errors import InvalidInput
from tasks.core.service import replies, status_page, supervisor
from tasks.core.service.state import NOT_RUNNING, State

if TYPE_CHECKING:
    from tasks.core.deploying.drift import Comparison
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest
KEPT = "a later deployment keeps your edits"


def task(resolved: Resolved) -> Task:
    """Always looks; after a commit it is what decides whether the commit stays."""
    return {"actions": [(look, [resolved])], "params": [JSON], "meta": {"checks": True}}


def committed_task(resolved: Resolved, session: Session) -> Task:
    """The same within a deployment that changed something."""
    return {
        "actions": [(action(files_and_settings), [resolved])],
        "task_dep": ["_commit"],
        "uptodate": [lambda: not session.is_open],
    }


@action
def look(resolved: Resolved) -> None:
    """Schema, modes, content, settings; readiness, models and the key of a running gateway."""
    manifest = files_and_settings(resolved)
    ask_gateway(State(resolved.layout, manifest))


def files_and_settings(resolved: Resolved) -> Manifest:
    """What was deployed here; InvalidInput when it is not what is there, or not what was chosen."""
    layout = resolved.layout
    manifest = history.current(layout)
    comparison = drift.compare(resolved, manifest)
    findings = [*checks.deployed_files(layout, manifest)]
    findings += drift.find_mistakes(layout, manifest, comparison)
    findings += checks.settings(layout, comparison)
    if findings:
        listing = "\n  ".join(findings)
        problem = f"what is there is not what was deployed\n  {listing}"
        raise InvalidInput(problem, "Deploy again: doit deploy")
    report_differences(layout, manifest, comparison)
    return manifest


def report_differences(layout: Layout, manifest: Manifest, comparison: Comparison) -> None:
    """What differs and is not wrong: your edits, and what this checkout would render."""
    for item in drift.find_drift(layout, manifest):
        if item.name in manifest.files and item.state == drift.CHANGED:
            console.warn(f"{item.name} was changed by you since it was deployed; {KEPT}")
    for line in status_page.checkout_lines(comparison.checkout):
        console.say(line, "skip")


def ask_gateway(state: State) -> None:
    """A running gateway serves all that is deployed, to our key alone; a remote one answers."""
    match state.condition:
        case "remote":
            replies.require_remote(state)
        case "stopped":
            console.warn(f"{NOT_RUNNING}, so it was not asked; start it: doit start")
        case "moved":
            warn_of_lag(state)
        case _:
            warn_of_lag(state)
            supervisor.prove(state.layout, state.manifest)


def warn_of_lag(state: State) -> None:
    """Say why a running gateway does not serve what is deployed, where that is so."""
    if state.lag:
        console.warn(f"{state.lag.says}\n  {state.lag.fix}")
