"""Where in a YAML text its values stand, so that one can be changed and every other byte left alone.

Knows block style as people and programs write it. What cannot be cut out by lines (a value behind an alias, the inside
of a flow collection, `? key`) raises Unplaced, and the caller does something safer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tasks.core.text import documents

Place: TypeAlias = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""

_ALIAS = re.compile(r"[ \t]*\*[^\s,\[\]{}]+")
_DASH = re.compile(r"-(?:[ \t]*(?:#[^\n]*)?\r?\n)?[ \t]*\Z")
_COLON = re.compile(r"[ \t]*:")
_COMMENT = re.compile(r"([ \t]*)#")


class Unplaced(Exception):  # nothing is wrong, it only cannot be done here
    """There is no place in the text that stands for this value alone."""


@dataclass(frozen=True)
class Spot:
    """A value with its key or dash: where that begins, its column, where the value may begin, the value's node."""

    start: int
    column: int
    value_from: int
    node: Any = field(repr=False)

    @property
    def is_alias(self) -> bool:
        """Whether the value stands elsewhere: PyYAML gives the node that the alias means."""
        return bool(self.node.start_mark.index < self.value_from)


class YamlText:
    """A YAML text and the tree of its nodes."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.root = documents.composed(text, where)

    def spot(self, place: Place) -> Spot:
        """Where the value at *place* stands; Unplaced when there is no such spot."""
        if self.root is None:
            raise Unplaced
        spot = Spot(self.root.start_mark.index, 0, self.root.start_mark.index, self.root)
        for step in place:
            spot = self._child(spot, step)
        return spot

    def children(self, spot: Spot) -> list[Spot]:
        """The spots of a block collection's members, in the order of the text."""
        if spot.is_alias or spot.node.id == "scalar" or spot.node.flow_style:
            raise Unplaced
        if spot.node.id == "mapping":
            return [self._member(key, value) for key, value in spot.node.value]
        return [self._item(node, spot.node) for node in spot.node.value]

    def end(self, spot: Spot) -> int:
        """Where the value ends, trailing comments and blank lines not counted."""
        if spot.is_alias:
            alias = _ALIAS.match(self.text, spot.value_from)
            if not alias:
                raise Unplaced
            return alias.end()
        if spot.node.id != "scalar" and not spot.node.flow_style:
            return self.end(self.children(spot)[-1])
        end = int(spot.node.end_mark.index)
        if spot.node.id == "scalar" and spot.node.style in ("|", ">"):
            end = len(self.text[:end].rstrip())
        return max(end, spot.value_from)

    def lines(self, spot: Spot) -> tuple[int, int]:
        """The span of whole lines that *spot* takes; what stands before it on its first line is not only its own."""
        return self.line_start(spot.start), self.line_end(self.end(spot))

    def behind(self, spot: Spot) -> int:
        """Where a new neighbour can follow: after the lines of *spot* and the comments that are indented deeper."""
        position = self.line_end(self.end(spot))
        while (comment := _COMMENT.match(self.text, position)) and len(comment[1]) > spot.column:
            position = self.line_end(comment.end())
        return position

    def body(self, spot: Spot) -> str:
        """The key or dash and the value, as they stand."""
        return self.text[spot.start : self.end(spot)]

    def above(self, spot: Spot) -> int:
        """Where the comments and blank lines right above *spot* begin; those at the top of the text are not its own."""
        first = position = self.line_start(spot.start)
        while position:
            line = self.line_start(position - 1)
            if self.text[line:position].strip() and not _COMMENT.match(self.text, line):
                return position
            position = line
        return first

    def before(self, spot: Spot) -> int:
        """Where a new neighbour can go first: before the lines of *spot* and the comments above it."""
        start = self.line_start(spot.start)
        if self.text[start : spot.start].strip():
            raise Unplaced
        return self.above(spot)

    def inherits(self, place: Place) -> bool:
        """Whether the mapping at *place* takes values from others (`<<: *defaults`)."""
        node = self.spot(place).node
        return node.id == "mapping" and any(key.value == "<<" for key, _ in node.value)

    def line_start(self, position: int) -> int:
        """The beginning of the line of *position*."""
        return self.text.rfind("\n", 0, position) + 1

    def line_end(self, position: int) -> int:
        """The beginning of the line after that of *position*, or the end of the text."""
        newline = self.text.find("\n", position)
        return newline + 1 if newline >= 0 else len(self.text)

    def _child(self, spot: Spot, step: str | int) -> Spot:
        children = self.children(spot)
        if isinstance(step, int):
            return children[step]
        keys = [key.value for key, _ in spot.node.value] if spot.node.id == "mapping" else []
        if step not in keys:
            raise Unplaced
        return children[keys.index(step)]

    def _member(self, key: Any, value: Any) -> Spot:  # noqa: ANN401
        start, end = int(key.start_mark.index), int(key.end_mark.index)
        colon = _COLON.match(self.text, end)
        if not colon or key.id != "scalar":
            raise Unplaced
        return Spot(start, start - self.line_start(start), colon.end(), value)

    def _item(self, node: Any, sequence: Any) -> Spot:  # noqa: ANN401
        first = max(int(sequence.start_mark.index), 0)
        position = int(node.start_mark.index)
        dash = _DASH.search(self.text, self.line_start(max(self.line_start(position) - 1, first)), position)
        if position < first or not dash:
            raise Unplaced
        return Spot(dash.start(), dash.start() - self.line_start(dash.start()), dash.start() + 1, node)


def shifted(text: str, columns: int) -> str:
    """*text* with every line but the first moved right by *columns* (left when negative)."""
    first, *rest = text.split("\n")
    moved = (
        " " * columns + line if columns > 0 else line[min(-columns, len(line) - len(line.lstrip(" "))) :]
        for line in rest
    )
    return "\n".join([first, *(line if line.strip() else "" for line in moved)])
