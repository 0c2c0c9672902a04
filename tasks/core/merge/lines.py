"""Three-way merge of lines: last written, found, wanted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from tasks.core.merge.result import Conflict, Merge

if TYPE_CHECKING:
    from collections.abc import Iterator

Lines: TypeAlias = tuple[int, int, int]
"""A line's number, from 0, in each of the three texts."""


def text(base: str, found: str, wanted: str, where: str = "") -> Merge:
    """Merged line by line; where both sides changed the same or neighbouring lines, a conflict."""
    if simple := easy(base, found, wanted):
        return simple
    lines = [_lines(each) for each in (base, found, wanted)]
    pieces: list[str | Conflict] = []
    at = (0, 0, 0)
    for start, end in _common(*lines):
        old, yours, ours = ("".join(each[a:b]) for each, a, b in zip(lines, at, start, strict=True))
        if yours in (old, ours) or old == ours:
            pieces.append(ours if yours == old else yours)
        else:
            pieces.append(Conflict(at[1] + 1, ours, yours, old, where))
        pieces.append("".join(lines[1][start[1] : end[1]]))
        at = end
    return Merge(tuple(piece for piece in pieces if piece))


def easy(base: str, found: str, wanted: str) -> Merge | None:
    """The merge when at most one side changed anything."""
    if found == base:
        return Merge((wanted,))
    return Merge((found,)) if wanted in (base, found) else None


def _lines(whole: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", whole)


def _common(base: list[str], found: list[str], wanted: list[str]) -> Iterator[tuple[Lines, Lines]]:
    """The runs of lines that all three have: where each begins and ends in every one; the last is empty, at the end."""
    theirs, ours = _matches(base, found), _matches(base, wanted)
    start: Lines | None = None
    end = (0, 0, 0)
    for line in range(len(base)):
        if line not in theirs or line not in ours:
            continue
        here = (line, theirs[line], ours[line])
        if start is None or here != end:
            if start is not None:
                yield start, end
            start = here
        end = (here[0] + 1, here[1] + 1, here[2] + 1)
    if start is not None:
        yield start, end
    last = (len(base), len(found), len(wanted))
    yield last, last


def _matches(base: list[str], other: list[str]) -> dict[int, int]:
    """For the lines of *base* that *other* still has: which they are there."""
    import difflib

    blocks = difflib.SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return {block.a + i: block.b + i for block in blocks for i in range(block.size)}
