"""history, backups: what was deployed when, and which archives there are. Reads only."""

from __future__ import annotations

import calendar
import time
from typing import TYPE_CHECKING, Any

from tasks.core.cli.steps import JSON, WORDS, Task, action
from tasks.core.console import console
from tasks.core.console import diff as diff_lines
from tasks.core.history import archive as history_archive
from tasks.core.history import history
from tasks.core.model.errors import UsageError
from tasks.core.secrets import hide

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasks.core.history.archive import Archive
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Revision

TWO_DAYS = 48
"""Hours, from which an age is told in days."""


def task(layout: Layout) -> Task:
    """`doit history [N]`: all revisions, or one with what it changed."""
    return {"actions": [(show, [layout])], "params": [JSON, WORDS], "pos_arg": "which", "meta": {"quiet": True}}


def backups_task(layout: Layout) -> Task:
    """`doit backups`: every archive, read and verified."""
    return {"actions": [(show_backups, [layout])], "params": [JSON], "meta": {"quiet": True}}


@action
def show(layout: Layout, which: Sequence[str], as_json: bool) -> None:
    """A line per revision, or one revision in full."""
    manifest = history.installed(layout)
    current = manifest.revision if manifest else 0
    known = [number for number in history.numbers(layout) if number <= current or manifest is None]
    chosen = [numbered(which[0], known)] if which else known
    revisions = [history.revision(layout, number) for number in chosen]
    patch = list(patch_of(layout, chosen[0])) if which else []
    if as_json:
        listed = [facts(each, current=each.number == current) for each in revisions]
        console.document({"revisions": listed} | ({"diff": diff_lines.bare(patch)} if which else {}))
    elif which:
        console.tell("\n".join([*full(revisions[0], current=current), *diff_lines.painted(patch)]))
    else:
        rows = [row(each, current=each.number == current) for each in revisions]
        nothing = "Nothing has been deployed here yet: doit deploy"
        console.tell("\n".join(console.lines(rows, console.width())) or nothing)


def numbered(text: str, known: Sequence[int]) -> int:
    """The revision that is meant; UsageError when there is none of that number."""
    if text.isascii() and text.isdecimal() and int(text) in known:
        return int(text)
    raise UsageError(f"there is no revision {text!r}", f"There are {', '.join(map(str, known)) or 'none'}.")


def row(revision: Revision, *, current: bool) -> tuple[str, ...]:
    """One revision in the table; a star marks the one that stands."""
    manifest = revision.manifest
    number = f"{'*' if current else ' '} {revision.number:4}"
    return number, manifest.timestamp, manifest.deployed_by, revision.action, ", ".join(manifest.models)


def facts(revision: Revision, *, current: bool) -> dict[str, Any]:
    """One revision as JSON values (templates/schemas/history.schema.json)."""
    manifest = revision.manifest
    return {
        "number": revision.number,
        "current": current,
        "action": revision.action,
        "time": manifest.timestamp,
        "by": manifest.deployed_by,
        "gateway_type": manifest.gateway_type,
        "url": manifest.gateway_url,
        "models": list(manifest.models),
        "choices": dict(manifest.choices),
    }


def full(revision: Revision, *, current: int) -> Iterator[str]:
    """One revision and its choices."""
    yield from console.lines([row(revision, current=revision.number == current)], console.width())
    for name, value in revision.manifest.choices.items():
        yield f"  {name:14}  {', '.join(value) if isinstance(value, list) else value}"


def patch_of(layout: Layout, number: int) -> Iterator[str]:
    """The diff of the files of a revision to the one before, secrets hidden."""
    after = history.stood(layout, number)
    earlier = [each for each in history.numbers(layout) if each < number]
    before = history.stood(layout, earlier[-1]) if earlier else {}
    for name in sorted({*before, *after}):
        old, new = (hide.hide_text(each.get(name, b"")) for each in (before, after))
        yield from diff_lines.unified(old, new, name)


@action
def show_backups(layout: Layout, as_json: bool) -> None:
    """A line per archive, newest first."""
    found = history_archive.listing(layout.backups)
    if as_json:
        console.document({"folder": str(layout.backups), "archives": [archive_facts(each) for each in found]})
    else:
        rows = [archive_row(each) for each in found]
        listed = "\n".join(console.lines(rows, console.width()))
        console.tell(listed or console.folded(f"There are no archives in {layout.backups} yet.", console.width()))


def archive_facts(archive: Archive) -> dict[str, Any]:
    """One archive as JSON values (templates/schemas/backups.schema.json)."""
    return {
        "file": archive.path.name,
        "state": "ok" if archive.valid else "fail",
        "problems": list(archive.problems),
        "bytes": archive.size,
        "time": archive.created_at,
        "revision": archive.facts.get("revision"),
        "secrets": archive.secrets,
    }


def archive_row(archive: Archive) -> tuple[str, ...]:
    """One archive in the table."""
    state = "ok" if archive.valid else f"fail, damaged: {'; '.join(archive.problems)}"
    revision = f"revision {archive.facts.get('revision', '?')}"
    secrets = "with secrets" if archive.secrets else "no secrets"
    return archive.path.name, f"{archive.size:8} bytes", age(archive.created_at), revision, secrets, state


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
