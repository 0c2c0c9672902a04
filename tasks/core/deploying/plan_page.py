"""A plan as one page for a person: from the document of core.deploying.plan to lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import own
from tasks.core.claude import asked_page
from tasks.core.console import console
from tasks.core.console.summary import count
from tasks.core.deploying import plan as deploying_plan
from tasks.core.model.catalogue import name_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Entry = Mapping[str, Any]
    """An object of the plan (templates/schemas/plan.schema.json)."""

GREEN, YELLOW, RED, CYAN = "32", "33", "31", "36"
COLOURS = {
    **dict.fromkeys(("create", "set", "start"), GREEN),
    **dict.fromkeys(("update", "merge", "replace", "mode"), YELLOW),
    **dict.fromkeys(("restore", "swap", "restart"), YELLOW),
    **dict.fromkeys(("remove", "withhold", "stop"), RED),
    "keep": CYAN,
}
"""ANSI, per action; what changes nothing has none."""

ENTRY = "." + name_entry("").removesuffix("]")
"""Between a list and the model of an entry in it, in the name of a key."""

MISSING = "{variable}: {problem}"

YOURS = ("keep", "merge", "replace")
"""What happens to files that a user edited."""


def lines(plan: Entry, width: int) -> Iterator[str]:
    """The page in *width* columns."""
    yield from list_details(plan, width)
    yield from console.folded(_count_changes(plan), width).split("\n")


def list_details(plan: Entry, width: int) -> Iterator[str]:
    """All of the page but its last line, which counts."""
    yield from list_head(plan, width)
    yield f"Files in {plan['gateway']}"
    yield from _table(_files(plan["files"]), width)
    yield f"Settings in {plan['settings']['file']}"
    yield from _table(_settings(plan["settings"]), width)
    yield "Process"
    yield from _table([describe_process(plan["process"])], width)
    if yours := list(list_yours(plan)):
        yield "Yours"
        yield from _table(yours, width)
    yield from list_missing(plan["missing"], width)
    yield from list_warnings(plan["warnings"], width)


def list_head(plan: Entry, width: int) -> Iterator[str]:
    """What is deployed, in short."""
    deployment = plan["deployment"]
    title = f"Plan for {deployment['preset']}"
    if deploying_plan.changes(plan):
        title += f", revision {deployment['revision']}"
    yield title
    models = ", ".join(deployment["models"])
    rows = [
        ("gateway", f"{deployment['gateway_type']} at {deployment['url']}"),
        ("models", models or "those of the gateway"),
        ("asks", asked_page.format_line(plan["asks"])),
    ]
    if deployment["own_templates"]:
        rows.append(("own", own.describe(deployment["own_templates"])))
    yield from console.lines(rows, width, 2)


def _files(entries: Sequence[Entry]) -> Iterator[tuple[str, ...]]:
    """A row for each file that changes, and one for all the others."""
    unchanged = []
    for entry in entries:
        action, file = entry["action"], entry["file"]
        if action == "unchanged":
            unchanged.append(file)
        elif action in YOURS:
            yield action, file, _count_lines(entry), ""
        else:
            yield action, file, _count_lines(entry), entry["note"]
    if unchanged:
        number = count("file", len(unchanged))
        yield "unchanged", number, "", ", ".join(unchanged)


def _settings(entry: Entry) -> Iterator[tuple[str, ...]]:
    """A row for each key, and one for all models of Claude Code's list."""
    models: dict[tuple[str, str], list[str]] = {}
    for key in entry["keys"]:
        name, mark, model = key["key"].partition(ENTRY)
        if mark:
            models.setdefault((key["action"], name), []).append(model[:-1])
        else:
            yield key["action"], key["key"], _describe_key(key)
    for (action, name), listed in models.items():
        yield action, name, ", ".join(listed)
    if entry["keys"]:
        return
    note = ""
    if entry["action"] == "unchanged":
        note = "every key of ours is as it should be"
    yield entry["action"], note, ""


def _describe_key(key: Entry) -> str:
    """What happens to the value of a key."""
    if key["action"] == "keep":
        return "as you have it"
    if key["action"] == "withhold":
        return "it belongs to another server"
    after = _show_value(key["after"])
    if key["before"] is None:
        return after
    return f"{_show_value(key['before'])} → {after}"


def describe_process(entry: Entry) -> tuple[str, ...]:
    """What happens to the gateway's process, why, and how long requests wait."""
    waits = "no request waits"
    if seconds := entry["wait_seconds"]:
        waits = f"requests wait for about {seconds} s"
    return entry["action"], f"{entry['why']}; {waits}"


def list_yours(plan: Entry) -> Iterator[tuple[str, ...]]:
    """A row for each file that a user edited."""
    for entry in plan["files"]:
        if entry["action"] in YOURS:
            yield entry["file"], entry["note"]


def list_missing(entries: Sequence[Entry], width: int) -> Iterator[str]:
    """The values for which deploying would stop, and where each can come from."""
    if entries:
        yield "Missing, so that deploying would stop"
    mark = console.mark("fail", sys.stdout)
    for entry in entries:
        problem = MISSING.format_map(entry)
        folded = console.folded(problem, width - 4, 4)
        yield f"  {mark} {folded}"
        fix = console.folded(entry["fix"], width - 4, 4)
        yield f"    {fix}"


def list_warnings(texts: Sequence[str], width: int) -> Iterator[str]:
    """The warnings below their heading."""
    if texts:
        yield "Warnings"
    for text in texts:
        mark = console.mark("warn", sys.stdout)
        folded = console.folded(text, width - 4, 4)
        yield f"  {mark} {folded}"


def _count_changes(plan: Entry) -> str:
    number = deploying_plan.changes(plan)
    if not number:
        return "Nothing to do."
    every = len(plan["files"]) + 1  # settings.json
    return f"{number} of {every} files would change. Nothing was written."


def _count_lines(entry: Entry) -> str:
    """How many lines are added and removed: "+3 -1"."""
    counts = []
    if entry["added"]:
        counts.append(f"+{entry['added']}")
    if entry["removed"]:
        counts.append(f"-{entry['removed']}")
    return " ".join(counts)


def _show_value(text: str | None) -> str:
    if text is None:
        return "nothing"
    if text == "":
        return '""'
    return console.printable(text)


def _table(
    rows: Iterator[tuple[str, ...]] | list[tuple[str, ...]],
    width: int,
) -> Iterator[str]:
    """A table whose first cell is an action, in its colour."""
    for line in console.lines(list(rows), width, 2):
        yield _paint_action(line)


def _paint_action(line: str) -> str:
    """A line of a table with its action in colour; the second line of a folded row has none."""
    action = line[2:].partition(" ")[0]
    if not line.startswith("  ") or action not in COLOURS:
        return line
    return line.replace(action, console.painted(action, COLOURS[action]), 1)
