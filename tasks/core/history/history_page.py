"""The pages of `doit history`, with --archives too: revisions and archives, as values and rows.

templates/schemas/history.schema.json and archives.schema.json describe the values;
tests/golden/output/history and archives show the rows.
"""

from __future__ import annotations

import calendar
import time
from typing import TYPE_CHECKING, Any

from tasks.core.console import console
from tasks.core.console import diff as diff_lines
from tasks.core.history import history
from tasks.core.secrets import hide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.history.archive import Archive
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Revision

MANY_HOURS = 48
"""From which an age is given in days."""

STAMP = "%Y-%m-%dT%H:%M:%S"
STAMP_LENGTH = 19


def format_revision(revision: Revision, *, current: int) -> tuple[str, ...]:
    """One row of the table; a star marks the revision *current*."""
    manifest = revision.manifest
    star = "*" if revision.number == current else " "
    return (
        f"{star} {revision.number:4}",
        manifest.timestamp,
        manifest.deployed_by,
        revision.action,
        ", ".join(manifest.models),
    )


def describe_revision(revision: Revision, *, current: int) -> dict[str, Any]:
    """One revision as JSON values."""
    manifest = revision.manifest
    return {
        "number": revision.number,
        "current": revision.number == current,
        "action": revision.action,
        "time": manifest.timestamp,
        "by": manifest.deployed_by,
        "gateway_type": manifest.gateway_type,
        "url": manifest.gateway_url,
        "models": list(manifest.models),
        "choices": dict(manifest.choices),
    }


def revision_lines(revision: Revision, *, current: int) -> Iterator[str]:
    """One revision and its choices."""
    row = format_revision(revision, current=current)
    yield from console.lines([row], console.width())
    for name, value in revision.manifest.choices.items():
        text = value
        if isinstance(value, list):
            text = ", ".join(value)
        yield f"  {name:14}  {text}"


def find_patch(layout: Layout, number: int) -> Iterator[str]:
    """The diff from the revision before to revision *number*, file by file, secrets hidden."""
    after = history.stood(layout, number)
    before: dict[str, bytes] = {}
    earlier = [known for known in history.numbers(layout) if known < number]
    if earlier:
        before = history.stood(layout, earlier[-1])
    for name in sorted({*before, *after}):
        old = hide.hide_text(before.get(name, b""))
        new = hide.hide_text(after.get(name, b""))
        yield from diff_lines.unified(old, new, name)


def describe_archive(archive: Archive) -> dict[str, Any]:
    """One archive as JSON values."""
    obstacles = find_obstacles(archive)
    return {
        "file": archive.path.name,
        "state": "fail" if obstacles else "ok",
        "problems": obstacles,
        "bytes": archive.size,
        "time": archive.created_at,
        "revision": archive.facts.get("revision"),
        "secrets": archive.secrets,
    }


def find_obstacles(archive: Archive) -> list[str]:
    """Why a rollback to it is refused."""
    found = list(archive.problems)
    found += [f"{name} in it was edited" for name in archive.edited]
    return found


def format_archive(archive: Archive) -> tuple[str, ...]:
    """One row of the table."""
    state = "ok"
    problems = "; ".join(find_obstacles(archive))
    if problems:
        state = f"fail, {problems}"
    if not archive.valid:
        state = f"fail, damaged: {problems}"
    number = archive.facts.get("revision", "?")
    secrets = "no secrets"
    if archive.secrets:
        secrets = "with secrets"
    return (
        archive.path.name,
        f"{archive.size:8} bytes",
        format_age(archive.created_at),
        f"revision {number}",
        secrets,
        state,
    )


def format_age(created: str) -> str:
    """How long ago a time (UTC, YYYY-MM-DDTHH:MM:SS…) was, roughly; "?" for anything else."""
    try:
        then = calendar.timegm(time.strptime(created[:STAMP_LENGTH], STAMP))
    except ValueError:
        return "?"
    hours = max(0.0, time.time() - then) / 3600
    if hours < 1:
        return f"{hours * 60:.0f} min ago"
    if hours < MANY_HOURS:
        return f"{hours:.0f} h ago"
    return f"{hours / 24:.0f} days ago"
