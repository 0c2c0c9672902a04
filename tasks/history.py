"""history: what was deployed when, and which archives there are. Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.cli.steps import JSON, WORDS, Task, action, make_flag
from tasks.core.console import console
from tasks.core.console import diff as diff_lines
from tasks.core.history import archive as history_archive
from tasks.core.history import history, history_page
from tasks.core.model.errors import UsageError, list_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.model.layout import Layout


ARCHIVES = make_flag("archives", "the archives, each read and verified")


def task(layout: Layout) -> Task:
    """`doit history [N | --archives]`: all revisions, one with what it changed, or the archives."""
    return {
        "actions": [(show, [layout])],
        "params": [ARCHIVES, JSON, WORDS],
        "pos_arg": "which",
        "meta": {"quiet": True},
    }


@action
def show(layout: Layout, which: Sequence[str], archives: bool, as_json: bool) -> None:
    """A line per revision or archive, or one revision in full."""
    if archives and which:
        raise UsageError("--archives lists them all", f"Leave out one of --archives and {which[0]}.")
    if archives:
        show_archives(layout, as_json=as_json)
    else:
        show_revisions(layout, which, as_json=as_json)


def show_revisions(layout: Layout, which: Sequence[str], *, as_json: bool) -> None:
    """A line per revision, or one revision in full."""
    manifest = history.installed(layout)
    current = manifest.revision if manifest else 0
    # A revision above the current one was never finished.
    known = [number for number in history.numbers(layout) if number <= current or manifest is None]
    if which:
        show_one(layout, find_number(which[0], known), current, as_json=as_json)
        return
    revisions = history.readable(layout, known)
    if as_json:
        listed = [history_page.describe_revision(revision, current=current) for revision in revisions]
        console.document({"revisions": listed})
    else:
        rows = [history_page.format_revision(revision, current=current) for revision in revisions]
        nothing = "Nothing has been deployed here yet: doit deploy"
        console.tell("\n".join(console.lines(rows, console.width())) or nothing)


def show_one(layout: Layout, number: int, current: int, *, as_json: bool) -> None:
    """One revision, its choices and its diff to the one before."""
    revision = history.revision(layout, number)
    patch = list(history_page.find_patch(layout, number))
    if as_json:
        described = history_page.describe_revision(revision, current=current)
        facts: dict[str, Any] = {"revisions": [described], "diff": diff_lines.bare(patch)}
        console.document(facts)
    else:
        lines = history_page.revision_lines(revision, current=current)
        console.tell("\n".join([*lines, *diff_lines.painted(patch)]))


def find_number(text: str, known: Sequence[int]) -> int:
    """The revision that is meant; UsageError when there is none of that number."""
    # A digit such as ² is decimal for str.isdigit and no number for int.
    if text.isascii() and text.isdecimal() and int(text) in known:
        return int(text)
    there = list_known(map(str, known), "There are no revisions yet: doit deploy")
    raise UsageError(f"there is no revision {text!r}", there)


def show_archives(layout: Layout, *, as_json: bool) -> None:
    """A line per archive, newest first."""
    archives = history_archive.listing(layout.backups)
    if as_json:
        listed = [history_page.describe_archive(archive) for archive in archives]
        console.document({"folder": str(layout.backups), "archives": listed})
    else:
        rows = [history_page.format_archive(archive) for archive in archives]
        nothing = f"There are no archives in {layout.backups} yet."
        table = "\n".join(console.lines(rows, console.width()))
        console.tell(table or console.folded(nothing, console.width()))
