"""Tables for a terminal: columns as wide as they need, the last one folded; where it is narrow, record by record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.tools import console

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GAP = 2
LEAST = 24
"""So many columns the last cell must have for itself; with fewer it goes to a line of its own."""


def lines(rows: Sequence[Sequence[str]], width: int, indent: int = 0) -> Iterator[str]:
    """The lines of a table of *rows* (of as many cells each) in *width* columns."""
    cells = max((len(row) for row in rows), default=0)
    widths = [max(len(row[place]) for row in rows) for place in range(cells)]
    before = indent + sum(widths[:-1]) + GAP * (cells - 1)
    for row in rows:
        spaced = [*(f"{cell:{size}}" for cell, size in zip(row[:-1], widths, strict=False)), row[-1]]
        whole = " " * indent + (" " * GAP).join(spaced)
        if len(whole.rstrip()) <= width and before <= width:
            yield whole.rstrip()
        elif width - before >= LEAST:
            yield from console.folded(whole, width, before - indent).rstrip().split("\n")
        else:
            yield from _record(row, widths if before <= width else (), width, indent)


def _record(row: Sequence[str], widths: Sequence[int], width: int, indent: int) -> Iterator[str]:
    """One row where the table is too wide: its short cells (in columns, given *widths*), and the long one below."""
    spaced = [f"{cell:{size}}" for cell, size in zip(row[:-1], widths, strict=False)]
    head = (" " * GAP).join(spaced or filter(None, row[:-1])).rstrip()
    yield from console.folded(" " * indent + head, width, 4).split("\n")
    if row[-1]:
        yield from console.folded(" " * (indent + 4) + row[-1], width, 0).split("\n")
