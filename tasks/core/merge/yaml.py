"""Puts the outcome of a three-way merge of data into the found YAML text, at the spots of the values that change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tasks.core.merge import lines as merge_lines
from tasks.core.merge import three_way
from tasks.core.merge.result import Conflict, Merge
from tasks.core.model.errors import InvalidInput
from tasks.core.text import documents
from tasks.core.text.text_edit import TextEdit
from tasks.core.text.yaml_spans import Spot, Unplaced, YamlText, shifted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from tasks.core.merge.three_way import Edit
    from tasks.core.text.yaml_spans import Place


Replacement = TextEdit["str | Conflict"]
"""Part of the found text, and what takes its place: ours, or both sides where they disagree."""


class YamlMerge:
    """The three texts and what they say. InvalidInput when one of them is no YAML."""

    def __init__(
        self,
        base: str,
        found: str,
        wanted: str,
        where: str,
        removed: Collection[str],
    ) -> None:
        self.where = where
        self.removed = removed
        self.texts = tuple(YamlText(each, where) for each in (base, found, wanted))
        self.base, self.found, self.wanted = self.texts
        self.newline = "\r\n" if 2 * found.count("\r\n") > found.count("\n") else "\n"

    def merged(self) -> Merge:
        """The found text with our changes in it; conflicts where that cannot be done, or would mean another thing."""
        base, found, wanted = (documents.parse_yaml(each.text, self.where) for each in self.texts)
        data, edits = three_way.merge(base, found, wanted, self.is_whole, self.removed)
        try:
            merge = self.apply([*self.header(), *map(self.replace, edits)])
            if self.means(merge, data):
                return merge
        except Unplaced:
            pass
        return self.by_lines(None if any(edit.kind == "clash" for edit in edits) else data)

    def means(self, merge: Merge, data: three_way.Value) -> bool:
        """Whether a merged text, undecided places left as found, says what the merged data are."""
        try:
            return three_way.same(documents.parse_yaml(merge.taking("theirs"), self.where), data)
        except InvalidInput:
            return False

    def by_lines(self, data: three_way.Value) -> Merge:
        """What can still be done without knowing the places: the lines merged, if that means *data* (None: a clash)."""
        texts = (self.native(self.base.text), self.found.text, self.native(self.wanted.text))
        merge = merge_lines.text(*texts, self.where)
        if merge.conflicts or (data is not None and self.means(merge, data)):
            return merge
        base, found, wanted = texts
        note = "your edits and the new content cannot be put together automatically"
        return Merge((Conflict(1, wanted, found, base, self.where, note=note),))

    def is_whole(self, place: Place) -> bool:
        """Whether the found collection at *place* can only be set as a whole: in flow style, or behind an alias."""
        try:
            self.found.children(self.found.spot(place))
        except Unplaced:
            return True
        return False

    def replace(self, edit: Edit) -> Replacement:
        """The part of the found text that an edit replaces, and the new one."""
        if edit.kind == "clash":
            return self.clash(edit)
        spot = self.found_spot(edit)
        if spot is None:
            position, column = self.gap(edit)
            return TextEdit(position, position, self.line_break(position) + self.block(edit, column))
        if edit.kind == "set":
            return self.replacement(edit, spot)
        start, end = self.found.lines(spot)
        if self.found.text[start : spot.start].strip():
            raise Unplaced
        return TextEdit(start, end, self.comments(start, end))

    def found_spot(self, edit: Edit) -> Spot | None:
        """Where the found value stands; None when it has no place of its own: it is absent, or comes from `<<`."""
        if not edit.has[1]:
            return None
        try:
            return self.found.spot(edit.found)
        except Unplaced:
            if edit.kind == "set" and edit.found and self.found.inherits(edit.found[:-1]):
                return None
            raise

    def replacement(self, edit: Edit, spot: Spot) -> Replacement:
        """A value in the place of another: as we write it, or in one line when it is a mixture in flow style."""
        start, end = spot.start, self.found.end(spot)
        if edit.mixed and not edit.value:
            return TextEdit(spot.value_from, end, " []" if isinstance(edit.value, list) else " {}")
        if edit.mixed:
            return TextEdit(max(spot.value_from, spot.node.start_mark.index), end, self.in_one_line(edit, spot))
        body = self.body(self.wanted, edit.wanted, spot.column)
        line = self.found.line_start(start)
        comments = self.comments(line, end)
        if comments and not self.found.text[line:start].strip():
            return TextEdit(line, end, comments + self.found.text[line:start] + body)
        return TextEdit(start, end, body)

    def in_one_line(self, edit: Edit, spot: Spot) -> str:
        """The JSON of a value, which is YAML in flow style too."""
        if spot.is_alias or not spot.node.flow_style:
            raise Unplaced
        try:
            return json.dumps(edit.value, ensure_ascii=False)
        except (TypeError, ValueError):
            raise Unplaced from None

    def clash(self, edit: Edit) -> Replacement:
        """A conflict in the place of the found lines, or where the missing ones would be."""
        if edit.has[1]:
            spot = self.found.spot(edit.found)
            (start, end), column = self.found.lines(spot), spot.column
            prefix = self.found.text[start : spot.start]
        else:
            start, column = self.gap(edit)
            end, prefix = start, " " * column
        base, wanted = (
            self.line_break(start) + prefix + self.body(each, place, column) + self.newline if has else ""
            for each, place, has in ((self.base, edit.base, edit.has[0]), (self.wanted, edit.wanted, edit.has[2]))
        )
        line = self.found.text.count("\n", 0, start) + 1
        what = edit.label or "the document"
        return TextEdit(start, end, Conflict(line, wanted, self.found.text[start:end], base, self.where, what))

    def gap(self, edit: Edit) -> tuple[int, int]:
        """Where a new member goes: the position behind its neighbour, and its column. First keys go to the end."""
        place = edit.found if not edit.has[1] else edit.found[:-1]
        container = self.found.spot(place)
        children = self.found.children(container)
        if edit.after is None and container.node.id == "sequence":
            return self.found.before(children[0]), children[0].column
        neighbour = children[-1] if edit.after is None else self.found.spot((*place, edit.after))
        return self.found.behind(neighbour), children[0].column

    def block(self, edit: Edit, column: int) -> str:
        """The lines of a new member with the comments above it, indented to *column*."""
        spot = self.wanted.spot(edit.wanted)
        above = self.wanted.text[self.wanted.above(spot) : self.wanted.line_start(spot.start)]
        lines = shifted("\n" + above, column - spot.column).removeprefix("\n")
        return self.native(lines) + " " * column + self.body(self.wanted, edit.wanted, column) + self.newline

    def body(self, document: YamlText, place: Place, column: int) -> str:
        """Key or dash and value of one of our texts, ready to stand at *column* of the found one."""
        spot = document.spot(place)
        return self.native(shifted(document.body(spot), column - spot.column))

    def comments(self, start: int, end: int) -> str:
        """The user's own comment lines between two positions: they stay when what they stand beside goes."""
        ours = {line.strip() for line in self.base.text.splitlines()}
        lines = self.found.text[start:end].splitlines(keepends=True)
        return "".join(line for line in lines if line.lstrip().startswith("#") and line.strip() not in ours)

    def header(self) -> Iterator[Replacement]:
        """What stands above the first key, merged by lines; the user's when it was changed on both sides."""
        base, found, wanted = (each.text[: each.line_start(each.spot(()).start)] for each in self.texts)
        merge = merge_lines.text(self.native(base), found, self.native(wanted))
        if not merge.conflicts and merge.text != found:
            yield TextEdit(0, len(found), merge.text)

    def line_break(self, position: int) -> str:
        """What must come first at *position* so that a line begins there."""
        return self.newline if position and self.found.text[position - 1] != "\n" else ""

    def native(self, text: str) -> str:
        """A text of ours with the line ends of the found one."""
        return text.replace("\n", self.newline)

    def apply(self, edits: Iterable[Replacement]) -> Merge:
        """The found text with the edits in it; Unplaced when two of them overlap."""
        pieces: list[str | Conflict] = []
        position = 0
        for edit in sorted(edits, key=lambda each: (each.start, each.end)):
            if edit.start < position:
                raise Unplaced
            pieces += [self.found.text[position : edit.start], edit.new]
            position = edit.end
        pieces.append(self.found.text[position:])
        return Merge(tuple(piece for piece in pieces if piece))
