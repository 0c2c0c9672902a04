"""Unified diffs for a terminal and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from tasks.core.console import console

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def unified(before: bytes, after: bytes, name: str) -> Iterator[str]:
    """The lines of a unified diff; bytes that are no UTF-8 are shown escaped."""
    import difflib

    old, new = (data.decode("utf-8", "backslashreplace").splitlines() for data in (before, after))
    fromfile = name if before else "/dev/null"
    tofile = name if after else "/dev/null"
    for line in difflib.unified_diff(old, new, fromfile, tofile, lineterm=""):
        yield "    " + console.printable(line)


def counted(before: bytes, after: bytes) -> tuple[int, int]:
    """How many lines are added, and how many removed."""
    marks = [line[4:5] for line in unified(before, after, "") if line[4:7] not in ("+++", "---")]
    return marks.count("+"), marks.count("-")


def painted(lines: Iterable[str], stream: TextIO | None = None) -> Iterator[str]:
    """The lines of a diff in the usual colours, where those belong on *stream* (stdout, when it is not said)."""
    colours = {"+": "32", "-": "31", "@": "36"}
    for line in lines:
        known = line.startswith("    ") and line[4:5] in colours
        yield console.painted(line, colours[line[4]], stream) if known else line


def bare(lines: Iterable[str]) -> list[str]:
    """The lines of a diff as other programs expect them, not set in."""
    return [line.removeprefix("    ") for line in lines]
