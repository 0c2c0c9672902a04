"""plan: what deploying would change, worked out and shown; nothing is written anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks import install, preflight, settings
from tasks.tools import console, diffs, files, history, rendering
from tasks.tools.steps import Task, action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.model.release import Change
    from tasks.tools.asked import Asked


def task(asked: Asked) -> Task:
    """No dependencies and no targets: a plan looks at what is there, and leaves it so."""
    return {"actions": [(show, [asked])], "meta": {"quiet": True}}


@action
def show(asked: Asked) -> None:
    """Every file and key that would change, as a unified diff with secrets hidden."""
    deployment, layout = asked.deployment, asked.layout
    for text in (*preflight.doubts(deployment), *preflight.breaks(asked)):
        console.warn(text)
    preflight.refuse(asked)
    contents = {
        each.file: rendering.content(each, deployment, asked.values, layout.templates)
        for each in deployment.gateway.artifacts
    }
    planned = install.changes(asked, contents, history.installed(layout))
    install.check(asked, planned)
    patch = list(settings_shown(asked))
    for change in planned:
        console.tell("\n".join(file_shown(asked, change)))
    console.tell("\n".join(patch) or f"unchanged  {layout.settings}")
    writes = sum(change.writes for change in planned) + bool(patch)
    console.tell(
        f"{writes} of {len(planned) + 1} files would change. Nothing was written." if writes else "Nothing to do."
    )


def file_shown(asked: Asked, change: Change) -> Iterator[str]:
    """A line that says what happens to a file, and its diff."""
    path = asked.layout.gateway / change.file
    note = f"  ({change.note})" if change.note else ""
    yield f"{change.kind:9}  {path}  {change.mode:04o}{note}"
    if change.writes:
        secret = change.file == asked.layout.env_file.name
        before, after = change.found or b"", change.data or b""
        if secret:
            before, after = diffs.hidden_env(before), diffs.hidden_env(after)
        else:
            before, after = diffs.hidden_text(before), diffs.hidden_text(after)
        yield from diffs.unified(before, after, str(path))


def settings_shown(asked: Asked) -> Iterator[str]:
    """The diff of settings.json, secrets hidden; nothing when it stays."""
    path = asked.layout.settings
    before = files.read(files.real_target(path))
    after = settings.patched(asked, before)
    if after != before:
        yield f"{'create' if before is None else 'update':9}  {path}"
        yield from diffs.unified(diffs.hidden_json(before or b""), diffs.hidden_json(after or b""), str(path))
