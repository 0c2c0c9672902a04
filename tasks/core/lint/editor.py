"""Where in a YAML text a mend has its place, and what must stand there instead; comments stay with what they are about.

What has no place of its own (behind an alias, in a section that is empty) raises Unplaced.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tasks.core.text import documents
from tasks.core.text.text_edit import TextEdit
from tasks.core.text.yaml_spans import Spot, Unplaced, YamlText, shifted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from tasks.core.lint.findings import Mend, Place

_INDENT = 2
IN_SECTION = 2
"""Steps of a place right below a section."""

_REMARK = re.compile(r"^[^'\"]*?\s(#.*)$")
"""A comment at the end of a line without quotes; with them it takes a parser to tell."""


class Editor:
    """One text, the spots in it, and what is to be added to its mappings in the end."""

    def __init__(self, text: str, where: str, data: Any, mends: Iterable[Mend]) -> None:  # noqa: ANN401
        self.text, self.data = YamlText(text, where), data
        self.newline = "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"
        self.spots: dict[Place, dict[str | int, Spot]] = {}
        self.added: dict[Place, list[tuple[Mend, str]]] = {}
        self.leaving = {mend.place for mend in mends if mend.kind != "set"}

    def edits(self, mend: Mend) -> list[TextEdit[str]]:
        """The changes of the text for one mend; Unplaced when it has no spot of its own."""
        if mend.kind == "set":
            return self._set(mend)
        spot = self._spot(mend.place)
        if mend.kind == "move" and mend.to[:-1] == mend.place[:-1]:
            return [TextEdit(spot.start, spot.value_from, f"{mend.to[-1]}:")]
        if len(mend.place) != IN_SECTION and self._hollow(mend.place[:-1]):
            raise Unplaced  # a `{}` would have to stay
        if mend.kind == "remove":
            return [self._without(mend.place, spot)]
        if self._is_flow(mend.to[:-1]):
            self._add(mend, mend.to, "", _found(self.data, mend.place))
            return [self._without(mend.place, spot)]
        cut = self._cut(mend.place, spot)
        self._add(mend, mend.to, self._block(spot, cut, str(mend.to[-1])))
        return [cut]

    def additions(self, mends: Collection[Mend]) -> list[TextEdit[str]]:
        """The edits with everything that *mends* add, one per mapping."""
        chosen = {parent: [block for mend, block in blocks if mend in mends] for parent, blocks in self.added.items()}
        added = [self._addition(parent, blocks) for parent, blocks in chosen.items() if blocks]
        return [*added, *self._heads({mend.place for mend in mends if mend.kind != "set"})]

    def _heads(self, left: set[Place]) -> Iterator[TextEdit[str]]:
        """The first lines of sections out of which everything goes; their comments stay."""
        for section in {place[:1] for place in left if len(place) == IN_SECTION}:
            if all((*section, key) in left for key in _found(self.data, section)):
                start = self._spot(section).start
                end = self.text.line_end(start)
                remark = _REMARK.search(self.text.text[start:end].rstrip("\r\n"))
                yield TextEdit(start, end, f"{remark[1]}{self.newline}" if remark else "")

    def _set(self, mend: Mend) -> list[TextEdit[str]]:
        scalar = documents.dump_yaml({"k": mend.value}).removeprefix("k: ").rstrip("\n")
        parent = _found(self.data, mend.place[:-1])
        if parent is None or (isinstance(parent, dict) and mend.place[-1] not in parent):
            self._add(mend, mend.place, f"{mend.place[-1]}: {scalar}{self.newline}", mend.value)
            return []
        node = self._node(mend.place)
        start, end = node.start_mark.index, node.end_mark.index
        if node.id == "scalar" and node.style in ("|", ">"):
            whole = self.text.text[start:end]
            remark = _REMARK.search(whole.partition("\n")[0])
            return [TextEdit(start, start + len(whole.rstrip()), scalar + (f" {remark[1].rstrip()}" if remark else ""))]
        if node.id == "scalar" or node.flow_style:
            return [TextEdit(start, end, scalar)]
        spot = self._spot(mend.place)
        return [TextEdit(spot.value_from, self.text.end(spot), f" {scalar}")]

    def _node(self, place: Place) -> Any:  # noqa: ANN401 - PyYAML's node
        """The node of a value, in block or flow style; Unplaced when it stands behind an alias."""
        node = self.text.root
        for step in place:
            inner = _child(node, step)
            if inner is None or not node.start_mark.index <= inner.start_mark.index <= node.end_mark.index:
                raise Unplaced
            node = inner
        return node

    def _hollow(self, place: Place) -> bool:
        """Whether nothing of a mapping would be left."""
        return all((*place, key) in self.leaving for key in _found(self.data, place))

    def _spot(self, place: Place) -> Spot:
        spot = self._children(place[:-1]).get(place[-1])
        if spot is None:
            raise Unplaced
        return spot

    def _children(self, place: Place) -> dict[str | int, Spot]:
        """The members of a collection, looked up once."""
        if place not in self.spots:
            spot = self._spot(place) if place else self.text.spot(())
            members = self.text.children(spot)
            if spot.node.id == "mapping":
                keys = [str(key.value) for key, _ in spot.node.value]
                self.spots[place] = dict(zip(keys, members, strict=True))
            else:
                self.spots[place] = dict(enumerate(members))
        return self.spots[place]

    def _without(self, place: Place, spot: Spot) -> TextEdit[str]:
        """The removal of a member; the comments beside and in it stay, as lines of their own."""
        stop = self.text.end(spot)
        inner = "" if spot.node.id == "scalar" else self.text.text[spot.value_from : stop]
        lines = [*inner.split("\n")[:-1], self.text.text[stop : self.text.line_end(stop)]]
        remarks = [found[1] for line in lines if (found := _REMARK.search(f" {line}"))]
        cut = self._cut(place, spot)
        start = max(cut.start, self.text.line_start(spot.start))
        kept = "".join(" " * spot.column + remark.rstrip() + self.newline for remark in remarks)
        return TextEdit(start, cut.end, kept + cut.new)

    def _cut(self, place: Place, spot: Spot) -> TextEdit[str]:
        """The lines of a member with the comments right above it; the first one of an entry leaves the dash."""
        whole, (start, end) = self.text.text, self.text.lines(spot)
        before = whole[start : spot.start]
        if not before.strip():
            return TextEdit(self._comments_from(start), end, "")
        members = list(self._children(place[:-1]).values())
        if len(members) < 2 or before.strip("- \t") or members[0] is not spot:  # noqa: PLR2004
            raise Unplaced
        following = members[1].start
        comments = "".join(line for line in whole[end:following].splitlines(keepends=True) if line.strip())
        return TextEdit(start, following, comments + before if comments.strip() else before)

    def _comments_from(self, start: int) -> int:
        """Where the comment lines right above *start* may begin at the earliest."""
        position = start
        while position:
            line = self.text.line_start(position - 1)
            if not self.text.text[line:position].lstrip().startswith("#"):
                break
            position = line
        return position

    def _block(self, spot: Spot, cut: TextEdit[str], key: str) -> str:
        """What is cut out, with its comments, under the key that it gets, at column 0."""
        whole, end = self.text.text, self.text.line_end(self.text.end(spot))
        comments = whole[cut.start : self.text.line_start(spot.start)]
        value = whole[spot.value_from : end].rstrip("\r\n")
        lines = "".join(line.lstrip() for line in comments.splitlines(keepends=True))
        return lines + shifted(f"{key}:{value}", -spot.column) + self.newline

    def _is_flow(self, place: Place) -> bool:
        """Whether a mapping is written in braces."""
        try:
            node = self._node(place)
        except Unplaced:
            return False
        return bool(node.id == "mapping" and node.flow_style)

    def _add(self, mend: Mend, place: Place, block: str, value: Any = None) -> None:  # noqa: ANN401
        """Remember a new member; Unplaced when its mapping has no room for one."""
        parent = place[:-1]
        if self._is_flow(parent):
            block = f"{place[-1]}: {_in_one_line(value)}"
        elif not (self._children(parent) if _found(self.data, parent) is not None else self._can_be_made(parent)):
            raise Unplaced
        self.added.setdefault(parent, []).append((mend, block))

    def _can_be_made(self, section: Place) -> bool:
        return len(section) == 1 and section[0] not in self.data

    def _addition(self, parent: Place, blocks: list[str]) -> TextEdit[str]:
        """New members behind the last of a mapping, or a new section at the end."""
        if self._is_flow(parent):
            node = self._node(parent)
            position = node.end_mark.index - 1
            return TextEdit(position, position, (", " if node.value else "") + ", ".join(blocks))
        whole = "".join(blocks)
        if _found(self.data, parent) is None:
            position, column = len(self.text.text), _INDENT
            whole = f"{parent[0]}:{self.newline}" + _indented(whole, column)
        else:
            last = list(self._children(parent).values())[-1]
            position = self.text.behind(last)
            whole = _indented(whole, last.column)
        missing = position and self.text.text[position - 1] != "\n"
        return TextEdit(position, position, (self.newline if missing else "") + whole)


def _child(node: Any, step: str | int) -> Any:  # noqa: ANN401 - PyYAML's nodes
    """The node under a key or a number; None when there is none."""
    if isinstance(step, int):
        return node.value[step] if node.id == "sequence" and step < len(node.value) else None
    return next((value for key, value in node.value if key.value == step), None) if node.id == "mapping" else None


def _in_one_line(value: Any) -> str:  # noqa: ANN401
    """A value as JSON, which is YAML in flow style; plain where it can be."""
    if isinstance(value, str):
        return documents.dump_yaml({"k": value}).removeprefix("k: ").rstrip("\n")
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        raise Unplaced from None


def _indented(text: str, columns: int) -> str:
    return "".join(" " * columns + line if line.strip() else line for line in text.splitlines(keepends=True))


def _found(data: Any, place: Place) -> Any:  # noqa: ANN401
    """What stands at *place*; None when there is nothing."""
    for step in place:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int):
            data = data[step]
        else:
            return None
    return data
