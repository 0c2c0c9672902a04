"""What an uninstall is about to remove, and what it keeps, for the person who is asked about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.console.summary import count
from tasks.core.deploying import removal, work_folders
from tasks.core.disk import files
from tasks.core.history import history
from tasks.core.litellm import litellm
from tasks.core.profiles import named
from tasks.core.service import processes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasks.core.deploying.change_plan import ChangePlan
    from tasks.core.model.layout import Layout

    Rows = Iterator[tuple[str, str]]

BACK = "set back to its old value, or removed if it had none"
BACKUPS = "archives of what was deployed"
HISTORY = "the history: doit rollback goes back to one"
PROFILES = "choices with a name"
CACHES = "what was rendered and chosen here"
YOURS = "edited by you, or with values of yours"


def lines(
    layout: Layout,
    plan: ChangePlan | None,
    *,
    purge: bool,
    width: int,
) -> Iterator[str]:
    """The page in *width* columns; *plan* is None where nothing is deployed any more."""
    removed: list[tuple[str, str]] = []
    kept: list[tuple[str, str]] = []
    if plan is not None:
        removed += _list_files(plan)
        removed += _list_settings(layout, plan)
        kept += _list_edited(plan)
    removed += _list_environments(layout)
    memory = _list_memory(layout)
    if purge:
        removed += memory
    else:
        kept += memory
    yield f"This removes, in {layout.gateway}:"
    yield from console.lines(removed, width, 2)
    if processes.running(layout):
        yield "The gateway is running; it is stopped first."
    if kept:
        yield "This stays:"
        yield from console.lines(kept, width, 2)


def _list_files(plan: ChangePlan) -> Rows:
    names = [
        change.file  # in order
        for change in plan.files
        if change.data is None
    ]
    yield from _count("file", names, ", ".join(names))


def _list_edited(plan: ChangePlan) -> Rows:
    names = [
        change.file  # in order
        for change in plan.files
        if change.data is not None
    ]
    listing = ", ".join(names)
    yield from _count("file", names, f"{listing}: {YOURS}")


def _list_settings(
    layout: Layout,
    plan: ChangePlan,
) -> Rows:
    """The keys of the settings file that are not ours any more afterwards."""
    edit = plan.edit
    if edit is None:
        return
    target = files.real_target(layout.settings)
    edit.compute(files.read(target))
    if edit.result is None:
        return
    receipt = edit.result.receipt
    keys = [
        *receipt.restored,
        *receipt.removed,
    ]
    yield from _count(
        "setting",
        keys,
        f"in {layout.settings}, each {BACK}",
    )


def _list_environments(layout: Layout) -> Rows:
    for folder in litellm.environments(layout):
        size = removal.measure(folder)
        gigabytes = size / removal.GIGABYTE
        yield "LiteLLM", f"{folder.name}, {gigabytes:.1f} GB"


def _list_memory(layout: Layout) -> Rows:
    """What --purge alone removes."""
    archives = layout.backups.glob("*.tar.gz*")
    revisions = history.numbers(layout)
    profiles = named.names(layout)
    yield from _count("backup", [*archives], BACKUPS)
    yield from _count("revision", revisions, HISTORY)
    yield from _count("profile", profiles, PROFILES)
    for path in work_folders.find(layout):
        yield "caches", f"{path}: {CACHES}"


def _count(
    thing: str,
    items: Sequence[object],
    text: str,
) -> Rows:
    """A row that begins with their number; none where there is nothing."""
    if items:
        number = count(thing, len(items))
        yield number, text
