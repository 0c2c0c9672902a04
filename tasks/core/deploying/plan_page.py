"""A plan as one page for a person: from the document of core.deploying.plan to lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tasks.core.console import console
from tasks.core.deploying import plan as deploying_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

COLOURS = {
    **dict.fromkeys(("create", "set", "start"), "32"),
    **dict.fromkeys(("update", "merge", "replace", "mode", "restore", "swap", "restart"), "33"),
    **dict.fromkeys(("remove", "withhold", "stop"), "31"),
    **dict.fromkeys(("keep",), "36"),
}
"""ANSI, per action; what changes nothing has none."""

YOURS = ("keep", "merge", "replace")
"""What happens to files that somebody edited."""


def lines(plan: Mapping[str, Any], width: int) -> Iterator[str]:
    """The page in *width* columns."""
    yield from _head(plan, width)
    yield f"Files in {plan['gateway']}"
    yield from _table(list(_files(plan["files"])), width)
    yield f"Settings in {plan['settings']['file']}"
    yield from _table(list(_settings(plan["settings"])), width)
    yield from ("Process", *_table([_process(plan["process"])], width))
    if kept := list(_kept(plan)):
        yield from ("Yours", *_table(kept, width))
    if plan["warnings"]:
        yield "Warnings"
    for text in plan["warnings"]:
        yield f"  {console.mark('warn', sys.stdout)} {console.folded(text, width - 4, 4)}"
    yield from console.folded(_sum(plan), width).split("\n")


def _head(plan: Mapping[str, Any], width: int) -> Iterator[str]:
    made = plan["deployment"]
    tiers = ", ".join(f"{tier} {name}" for tier, name in made["tiers"].items())
    facts = {
        "gateway": f"{made['gateway_type']} at {made['url']}",
        "models": ", ".join(made["models"]) or "those of the gateway",
        "tiers": tiers or "as Claude Code names its models",
    }
    yield f"Plan for {made['preset']}" + (f", revision {made['revision']}" if deploying_plan.changes(plan) else "")
    yield from console.lines(list(facts.items()), width, 2)


def _files(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for each in entries:
        if each["action"] != "unchanged":
            yield each["action"], each["file"], _count(each), "" if each["action"] in YOURS else each["note"]
    if same := [each["file"] for each in entries if each["action"] == "unchanged"]:
        yield "unchanged", f"{len(same)} file{'s' * (len(same) > 1)}", "", ", ".join(same)


def _settings(entry: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for each in entry["keys"]:
        if each["action"] == "keep":
            yield "keep", each["key"], "as you have it"
        elif each["action"] == "withhold":
            yield "withhold", each["key"], "it belongs to another server"
        else:
            old, new = (_value(each[side]) for side in ("before", "after"))
            yield each["action"], each["key"], new if each["before"] is None else f"{old} → {new}"
    if not entry["keys"]:
        yield entry["action"], "every key of ours is as it should be" if entry["action"] == "unchanged" else "", ""


def _process(entry: Mapping[str, Any]) -> tuple[str, ...]:
    wait = entry["wait_seconds"]
    waits = f"requests wait for about {wait} s" if wait else "no request waits"
    return entry["action"], f"{entry['why']}; {waits}"


def _kept(plan: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for each in plan["files"]:
        if each["action"] in YOURS:
            yield each["file"], each["note"]


def _sum(plan: Mapping[str, Any]) -> str:
    number = deploying_plan.changes(plan)
    if not number:
        return "Nothing to do."
    return f"{number} of {len(plan['files']) + 1} files would change. Nothing was written."


def _count(entry: Mapping[str, Any]) -> str:
    parts = [f"{sign}{entry[name]}" for sign, name in (("+", "added"), ("-", "removed")) if entry[name]]
    return " ".join(parts)


def _value(text: str | None) -> str:
    return "nothing" if text is None else '""' if text == "" else console.printable(text)


def _table(rows: Sequence[tuple[str, ...]], width: int) -> Iterator[str]:
    """A table whose first cell is an action, in its colour."""
    for line in console.lines(rows, width, 2):
        word = line.split(" ", 3)[2] if line.startswith("  ") and line[2:3] != " " else ""
        yield line.replace(word, console.painted(word, COLOURS[word]), 1) if word in COLOURS else line
