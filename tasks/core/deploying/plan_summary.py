"""A plan in a few lines, for the person who is asked whether to do it; the details are the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.console import console, diff
from tasks.core.console.summary import count
from tasks.core.deploying import plan as deploying_plan
from tasks.core.deploying import plan_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Entry = Mapping[str, Any]
    """An object of the plan (templates/schemas/plan.schema.json)."""

FILES = {
    "create": "to create",
    "update": "to update",
    "merge": "to merge with your edits",
    "replace": "to replace, your edits with it",
    "mode": "to make private",
    "remove": "to remove",
}
"""Per action on a file, how it is counted; others change nothing."""

SETTINGS = {
    "set": "to set",
    "restore": "to set back",
    "remove": "to remove",
    "withhold": "to withhold",
}
"""The same for a key of the settings."""


def lines(plan: Entry, width: int) -> Iterator[str]:
    """What is deployed, how much changes, and what the user should know, in *width* columns."""
    yield from plan_page.list_head(plan, width)
    if not deploying_plan.changes(plan):
        yield "Nothing to do: everything is deployed as chosen."
        return
    process = _describe_process(plan["process"])
    rows = [
        ("process", process),
        *plan_page.list_yours(plan),
    ]
    yield from console.lines(rows, width, 2)
    yield from plan_page.list_missing(plan["missing"], width)
    yield from plan_page.list_warnings(plan["warnings"], width)
    yield console.folded(f"Plan: {count_changes(plan)}.", width)


def count_changes(plan: Entry) -> str:
    """`5 files to create, 14 settings to set`."""
    settings = plan["settings"]["keys"]
    counted = [
        *_count("file", plan["files"], FILES),
        *_count("setting", settings, SETTINGS),
    ]
    return ", ".join(counted) or "1 file to update"


def list_details(
    plan: Entry,
    patch: Sequence[str],
    width: int,
) -> Iterator[str]:
    """The whole plan, and what changes in the files that exist and in the settings.

    A new file is as long as it is: the page names it, `doit plan --diff` shows it.
    """
    yield from plan_page.list_details(plan, width)
    is_shown = True
    for line in patch:
        if not line.startswith(diff.INDENT):
            is_new = line.startswith("create")
            is_shown = not is_new or line.endswith(plan["settings"]["file"])
        if is_shown:
            yield line


def _describe_process(entry: Entry) -> str:
    """Why the process is started or not, and how long requests wait."""
    text = console.as_typed(entry["why"])
    if entry["action"] != "none":
        text = f"{entry['action']}: {text}"
    seconds = entry["wait_seconds"]
    if seconds:
        text = f"{text}; requests wait for about {seconds} s"
    return text


def _count(
    thing: str,
    entries: Sequence[Entry],
    words: Mapping[str, str],
) -> Iterator[str]:
    actions = [entry["action"] for entry in entries]
    for action, word in words.items():
        number = actions.count(action)
        if number:
            yield f"{count(thing, number)} {word}"
