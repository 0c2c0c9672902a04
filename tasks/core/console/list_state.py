"""A list to choose from at one moment: the filter, the row that is pointed at, what is chosen.

It knows nothing of the terminal: core.console.screen passes it the keys and draws its lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasks.core.console.question import Item, Question


class Signs(NamedTuple):
    """What a list is drawn with."""

    pointer: str
    chosen: str
    free: str
    above: str
    below: str


SIGNS = Signs("»", "●", "○", "↑", "↓")
ASCII_SIGNS = Signs(">", "*", "-", "^", "v")

BESIDE = len(" » ● ")
"""What is drawn before a label."""

NO_MATCH = "No match. Press Backspace to edit the filter, Esc to clear it."
AT_LEAST_ONE = "Choose at least one: Space chooses the row."

LEAST_ROWS = 3
"""So many rows of the list are shown even where that is more than the terminal has room for."""


class Line(NamedTuple):
    """One line of the drawing: its *kind* is row, pointed, heading or mark."""

    kind: str
    text: str


class ListState:
    """What the keys have done so far."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.filter = ""
        self.problem = ""
        self.chosen = {
            item.value  # in any order
            for item in question.items
            if item.chosen
        }
        self._pointed = self._find_start()
        self._first = 0

    @property
    def visible(self) -> list[Item]:
        """The items that match the filter."""
        wanted = self.filter.lower()
        return [
            item  # in order
            for item in self.question.items
            if wanted in f"{item.label} {item.group}".lower()
        ]

    @property
    def pointed(self) -> Item | None:
        """The item that is pointed at; None while nothing matches."""
        visible = self.visible
        if not visible:
            return None
        return visible[
            min(
                self._pointed,
                len(visible) - 1,
            )
        ]

    @property
    def answer(self) -> tuple[str, ...]:
        """The values that are chosen; none where there is no answer yet."""
        if self.question.several:
            values = [item.value for item in self.question.items]
            return tuple(value for value in values if value in self.chosen)
        if self.pointed is None:
            return ()
        return (self.pointed.value,)

    def move(self, rows: int) -> None:
        """Point at another row; from the last one the first follows."""
        number = len(self.visible)
        if number:
            self._pointed = (
                min(
                    self._pointed,
                    number - 1,
                )
                + rows
            ) % number

    def jump(self, rows: int) -> None:
        """Point further up or down, at most to the end."""
        last = len(self.visible) - 1
        self._pointed = max(
            0,
            min(
                self._pointed + rows,
                last,
            ),
        )

    def toggle(self) -> None:
        """Choose the row that is pointed at, or take that back."""
        self.problem = ""
        if self.pointed:
            self.chosen ^= {self.pointed.value}

    def toggle_all(self) -> None:
        """Choose every row that is shown; where all are chosen already, none."""
        shown = {item.value for item in self.visible}
        if shown <= self.chosen:
            self.chosen -= shown
        else:
            self.chosen |= shown

    def filter_by(self, text: str) -> None:
        """Show only what *text* is in; the sign before it on the screen may be typed as well."""
        here = self.pointed
        self.filter = text.lstrip("/")
        self.problem = ""
        self._pointed = 0
        if here in self.visible:
            self._pointed = self.visible.index(here)

    def refuse(self) -> None:
        """Enter, while there is no answer."""
        self.problem = AT_LEAST_ONE

    def describe(self, width: int) -> str:
        """What there is to know: of a mistake, else of the row that is pointed at."""
        if self.problem:
            return self.problem
        if self.pointed is None:
            return NO_MATCH
        return describe(self.pointed, width)

    def draw(
        self,
        height: int,
        signs: Signs,
    ) -> list[Line]:
        """The rows in *height* lines, with marks where there is more above or below."""
        lines = [*self._list_lines(signs)]
        height = max(height, LEAST_ROWS)
        if len(lines) <= height:
            return lines
        return self._cut(lines, height, signs)

    def _cut(
        self,
        lines: list[Line],
        height: int,
        signs: Signs,
    ) -> list[Line]:
        """A part of *lines* around the one that is pointed at; both marks have room in *height*."""
        kinds = [line.kind for line in lines]
        at = kinds.index("pointed")
        room = max(height - 2, 1)
        # Its heading comes into view with the first row below it.
        top = at
        if at and kinds[at - 1] == "heading":
            top = at - 1
        first = min(self._first, top)
        first = max(
            first,
            at - room + 1,
        )
        first = min(
            first,
            len(lines) - room,
        )
        self._first = first
        above = count_rows(lines[:first])
        below = count_rows(lines[first + room :])
        return [
            Line(
                "mark",
                f"  {signs.above} {above} more" if above else "",
            ),
            *lines[first : first + room],
            Line(
                "mark",
                f"  {signs.below} {below} more" if below else "",
            ),
        ]

    def _list_lines(self, signs: Signs) -> Iterator[Line]:
        group = ""
        pointed = self.pointed
        for item in self.visible:
            if item.group != group:
                group = item.group
                yield Line("heading", f"  {group}")
            kind = "row"
            pointer = " "
            if item is pointed:
                kind = "pointed"
                pointer = signs.pointer
            box = ""
            if self.question.several:
                box = f"{self._find_box(item, signs)} "
            yield Line(
                kind,
                f" {pointer} {box}{item.label}",
            )

    def _find_box(self, item: Item, signs: Signs) -> str:
        if item.value in self.chosen:
            return signs.chosen
        return signs.free

    def _find_start(self) -> int:
        """Where one item is chosen, that; else the first one."""
        if self.question.several:
            return 0
        for number, item in enumerate(self.question.items):
            if item.chosen:
                return number
        return 0


def describe(item: Item, width: int) -> str:
    """What there is to know of an item; its facts too, where its row is cut at *width*."""
    if item.facts and BESIDE + len(item.label) > width:
        return f"{item.facts}. {item.more}"
    return item.more


def count_rows(lines: Sequence[Line]) -> int:
    """How many of *lines* are items."""
    kinds = [line.kind for line in lines]
    return len(kinds) - kinds.count("heading")
