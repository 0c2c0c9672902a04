"""Unified diffs for a terminal and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from tasks.core.console import console

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INDENT = "    "
HEADERS = ("+++", "---")
COLOURS = {"+": "32", "-": "31", "@": "36"}
"""The ANSI colour of a line by its first character."""


def unified(before: bytes, after: bytes, name: str) -> Iterator[str]:
    """The indented lines of a unified diff; bytes that are not UTF-8 are escaped."""
    import difflib

    old = before.decode("utf-8", "backslashreplace").splitlines()
    new = after.decode("utf-8", "backslashreplace").splitlines()
    old_name = name if before else "/dev/null"
    new_name = name if after else "/dev/null"
    for line in difflib.unified_diff(old, new, old_name, new_name, lineterm=""):
        yield INDENT + console.printable(line)


def counted(before: bytes, after: bytes) -> tuple[int, int]:
    """How many lines are added, and how many are removed."""
    added = removed = 0
    for line in bare(unified(before, after, "")):
        if line.startswith(HEADERS):
            continue
        added += line.startswith("+")
        removed += line.startswith("-")
    return added, removed


def painted(lines: Iterable[str], stream: TextIO | None = None) -> Iterator[str]:
    """The lines of a diff, coloured where *stream* (default: stdout) takes colours."""
    for line in lines:
        colour = COLOURS.get(line.removeprefix(INDENT)[:1])
        if colour is None or not line.startswith(INDENT):
            yield line
        else:
            yield console.painted(line, colour, stream)


def bare(lines: Iterable[str]) -> list[str]:
    """The lines of a diff as other programs expect them, without indentation."""
    return [line.removeprefix(INDENT) for line in lines]
