"""history, backups: what was deployed when, and which archives there are. Reads only."""

from __future__ import annotations

import calendar
import time
from typing import TYPE_CHECKING

from tasks.model.errors import UsageError
from tasks.tools import archives, console, diffs, history
from tasks.tools.steps import Task, action

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasks.model.layout import Layout
    from tasks.model.revision import Revision
    from tasks.tools.asked import Asked

TWO_DAYS = 48
"""Hours, from which an age is told in days."""


def task(asked: Asked) -> Task:
    """`doit history [N]`: all revisions, or one with what it changed."""
    return {"actions": [(show, [asked.layout])], "pos_arg": "which", "meta": {"quiet": True}}


def backups_task(asked: Asked) -> Task:
    """`doit backups`: every archive, read and verified."""
    return {"actions": [(show_backups, [asked.layout])], "meta": {"quiet": True}}


@action
def show(layout: Layout, which: Sequence[str]) -> None:
    """A line per revision, or one revision in full."""
    manifest = history.installed(layout)
    current = manifest.revision if manifest else 0
    known = [number for number in history.numbers(layout) if number <= current or manifest is None]
    if not which:
        lines = [line(history.revision(layout, number), current=number == current) for number in known]
        console.tell("\n".join(lines) or "Nothing has been deployed here yet: doit deploy")
    elif which[0].isascii() and which[0].isdecimal() and int(which[0]) in known:
        console.tell("\n".join(full(layout, int(which[0]))))
    else:
        raise UsageError(f"there is no revision {which[0]!r}", f"There are {', '.join(map(str, known)) or 'none'}.")


def line(revision: Revision, *, current: bool) -> str:
    """One revision in the table."""
    manifest = revision.manifest
    mark = "*" if current else " "
    models = ", ".join(manifest.models)
    return (
        f"{mark} {revision.number:4}  {manifest.timestamp}  {manifest.deployed_by:10}  {revision.action:14}  {models}"
    )


def full(layout: Layout, number: int) -> Iterator[str]:
    """One revision: its choices, and the diff of its files to the revision before."""
    revision = history.revision(layout, number)
    yield line(revision, current=False)
    for name, value in revision.manifest.choices.items():
        yield f"  {name:14}  {', '.join(value) if isinstance(value, list) else value}"
    after = history.stood(layout, number)
    earlier = [each for each in history.numbers(layout) if each < number]
    before = history.stood(layout, earlier[-1]) if earlier else {}
    for name in sorted({*before, *after}):
        old, new = (diffs.hidden_text(each.get(name, b"")) for each in (before, after))
        yield from diffs.unified(old, new, name)


@action
def show_backups(layout: Layout) -> None:
    """A line per archive, newest first."""
    lines = []
    for each in archives.listing(layout.backups):
        state = "good" if each.valid else f"damaged: {'; '.join(each.problems)}"
        secrets = "with secrets" if each.secrets else "no secrets"
        revision = each.facts.get("revision", "?")
        lines.append(
            f"{each.path.name}  {each.size:8} bytes  {age(each.created_at)}  revision {revision}  {secrets}  {state}"
        )
    console.tell("\n".join(lines) or f"There are no archives in {layout.backups} yet.")


def age(created: str) -> str:
    """How long ago a time (UTC, YYYY-MM-DDTHH:MM:SS…) was, roughly."""
    try:
        then = calendar.timegm(time.strptime(created[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return "?"
    hours = max(0.0, time.time() - then) / 3600
    return (
        f"{hours * 60:.0f} min ago"
        if hours < 1
        else f"{hours:.0f} h ago"
        if hours < TWO_DAYS
        else f"{hours / 24:.0f} days ago"
    )
