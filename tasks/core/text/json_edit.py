"""Edits a JSON file in its bytes: only the members named change, all else keeps its order, spelling and line ends."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from tasks.core.model.catalogue import name_entry
from tasks.core.model.errors import InvalidInput
from tasks.core.model.secret import unshown
from tasks.core.text import json_scan
from tasks.core.text.text_edit import TextEdit, apply_edits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasks.core.text.json_scan import Member, Node

Path: TypeAlias = tuple[str, ...]
"""The names that lead to a value: ("env", "ANTHROPIC_BASE_URL"); for an entry of a list, see name_entry()."""


class _Remove(Enum):
    REMOVE = "remove"


REMOVE: Final = _Remove.REMOVE
"""As a value: the member must not be there."""


@dataclass(frozen=True, repr=False)
class Raw:
    """As a value: a JSON source text, put in as it is spelled. Not shown by repr, it may be a credential."""

    text: str

    def __repr__(self) -> str:
        return unshown(self)


def decoded(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """The value of a JSON source text; integers too long for Python become floats."""
    return json.loads(text, parse_int=_integer)


def canonical(value: object) -> str:
    """One spelling per JSON value, whatever its order and escapes; 1, 1.0 and true stay different."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # longer than sys.get_int_max_str_digits()
        return float(digits)


__all__ = ["REMOVE", "Document", "Raw", "edit", "parse"]

NEW_FILE = b"{}\n"
"""What a file that does not exist is taken for."""

_LINE_END = re.compile(r"\r\n|\n|\r")

_BLANK_LINES = r"(\r\n|\n|\r)(?:[ \t]*(?:\r\n|\n|\r))+"

_ENTRY = name_entry("")[:-1]

_SURROGATE = "[\ud800-\udfff]"
"""Compiled when they are first needed, which is when something is written."""


def parse(data: bytes, where: str = "settings.json") -> Document:
    """Read *data* strictly; InvalidInput at where:line:column when it is not one JSON object in UTF-8."""
    mark, text = json_scan.decode(data, where)
    return Document(where, mark, text, json_scan.scan(text, where))


def edit(data: bytes | None, changes: Mapping[Path, object], where: str = "settings.json") -> bytes:
    """*data* (None: a new file) with each path holding its value, a Raw text, or nothing (REMOVE)."""
    return parse(NEW_FILE if data is None else data, where).edited(changes)


class Document(NamedTuple):
    """A JSON object and where everything stands in its text."""

    where: str
    mark: str
    text: str
    root: Node

    def __repr__(self) -> str:
        return unshown(self)

    def raw(self, path: Path) -> str | None:
        """The source text of the value at *path*; None when there is none."""
        span = self._span(path)
        return self.text[span[0] : span[1]] if span else None

    def value(self, path: Path) -> Any:  # noqa: ANN401 - any JSON value
        """The value at *path*; None when there is none (ask raw() to tell that from null)."""
        raw = self.raw(path)
        return None if raw is None else decoded(raw)

    def line(self, path: Path) -> int | None:
        """The line (from 1) in which the member at *path* begins; None when there is none."""
        member = self._member(path)
        return None if member is None else len(_LINE_END.findall(self.text[: member.start])) + 1

    def names(self, path: Path) -> list[str] | None:
        """The names of what is in the object or list at *path*; None when neither is there."""
        node = self._node(path)
        if node is None:
            return None
        return [member.name for member in node.members]

    def edited(self, changes: Mapping[Path, object]) -> bytes:
        """The bytes after *changes*."""
        return self.encoded(apply_edits(self.text, self.edits(changes)))

    def encoded(self, text: str) -> bytes:
        """*text* as bytes of this file, behind its byte order mark if it has one."""
        return (self.mark + text).encode()

    def edits(self, changes: Mapping[Path, object]) -> list[TextEdit[str]]:
        """*changes* as edits of the text, in order; none for what already holds."""
        return sorted(_Editor(self).edits(self.root, _tree(changes), ": ", ""))

    def _member(self, path: Path) -> Member | None:
        node: Node | None = self.root
        member = None
        for name in path:
            member = node.member(name) if node else None
            node = member.node if member else None
        return member

    def _node(self, path: Path) -> Node | None:
        member = self._member(path)
        return self.root if not path else member.node if member else None

    def _span(self, path: Path) -> tuple[int, int] | None:
        if not path:
            return self.root.start, self.root.end
        member = self._member(path)
        return (member.value, member.end) if member else None


class _Branch(dict[str, object]):
    """Changes by name: a value, Raw, REMOVE, or the branch for what lies below."""

    @property
    def is_list(self) -> bool:
        """Whether these are entries of a list."""
        return all(name.startswith(_ENTRY) for name in self)

    def content(self) -> dict[str, object] | list[object]:
        """What is to be there when nothing is yet."""
        items = ((name, _content(change)) for name, change in self.items())
        known = {name: value for name, value in items if value is not REMOVE}
        if self.is_list:
            return [*known.values()]
        return known


def _fill(node: Node, new: dict[str, object]) -> object:
    """*new* as all that is in *node*."""
    if node.is_list:
        return [*new.values()]
    return new


def _content(change: object) -> object:
    return (change.content() or REMOVE) if isinstance(change, _Branch) else change


def _tree(changes: Mapping[Path, object]) -> _Branch:
    """*changes* by name and level; what lies below a removed parent goes with it."""
    root = _Branch()
    for path, value in changes.items():
        parents = [path[:length] for length in range(1, len(path))]
        if not path or any(parent in changes and changes[parent] is not REMOVE for parent in parents):
            raise ValueError("a change of a member and of what lies in it")
        if any(parent in changes for parent in parents):
            if value is not REMOVE:
                raise ValueError("a change inside of what is removed")
            continue
        branch = root
        for name in path[:-1]:
            below = branch.setdefault(name, _Branch())
            branch = below if isinstance(below, _Branch) else _Branch()
        branch[path[-1]] = value
    return root


class _Editor:
    """Finds the edits for a tree of changes; new members are spelled as their neighbours are."""

    def __init__(self, document: Document) -> None:
        self.document, self.text = document, document.text
        found = _LINE_END.search(self.text)
        self.line_end = found[0] if found else "\n"
        self.unit = (self._indent(document.root.members[0]) if document.root.members else "") or "  "

    def edits(self, node: Node, branch: _Branch, colon: str, indent: str | None) -> Iterator[TextEdit[str]]:
        """The edits that make *branch* hold in the object *node*; *colon* and *indent* are for an empty one."""
        gone: set[str] = set()
        new: dict[str, object] = {}
        if node.members and not node.is_list:
            colon = self._colon(node.members[-1])
        for name, change in branch.items():
            member = node.member(name)
            if member is None:
                new[name] = _content(change)
            elif change is REMOVE:
                gone.add(name)
            elif isinstance(change, _Branch):
                yield from self._below(member, change, colon)
            elif not self._holds(member, change):
                yield TextEdit(member.value, member.end, self._spelled(change, self._indent(member), colon))
        new = {name: value for name, value in new.items() if value is not REMOVE}
        if gone or new:
            yield from self._members(node, gone, new, colon, indent)

    def _below(self, member: Member, branch: _Branch, colon: str) -> Iterator[TextEdit[str]]:
        if member.node is not None and member.node.is_list == branch.is_list:
            yield from self.edits(member.node, branch, colon, self._indent(member))
        elif branch.content():
            raise self._refuse_kind(member, branch)

    def _refuse_kind(self, member: Member, branch: _Branch) -> InvalidInput:
        """The error for something else than the object or list that *branch* belongs in."""
        kind, brackets = "object", "{ }"
        if branch.is_list:
            kind, brackets = "list", "[ ]"
        name = member.name
        return InvalidInput(
            f"{spelled(name)} is no {kind}, but settings belong in it",
            f"Make it {brackets}, or delete it: Claude Code ignores {name} as anything else, or the whole file.",
            where=json_scan.position(self.text, member.value, self.document.where),
        )

    def _holds(self, member: Member, value: object) -> bool:
        text = self.text[member.value : member.end]
        return text == value.text if isinstance(value, Raw) else canonical(decoded(text)) == canonical(value)

    def _members(
        self, node: Node, gone: set[str], new: dict[str, object], colon: str, indent: str | None
    ) -> Iterator[TextEdit[str]]:
        """Take the members *gone* away with their commas, put the *new* ones behind the last."""
        members = node.members
        kept = [member for member in members if member.name not in gone]
        if not members or not (kept or new):
            yield TextEdit(node.start, node.end, self._spelled(_fill(node, new), indent, colon))
            return
        gap, indent = self._gap(node, colon)
        texts = []
        for name, value in new.items():
            text = self._spelled(value, indent, colon)
            if not node.is_list:
                text = f"{spelled(name)}{colon}{text}"
            texts.append(text)
        if not kept:
            yield TextEdit(members[0].start, members[-1].end, gap.join(texts))
            return
        yield TextEdit(members[0].start, kept[0].start, "")
        ends = {id(after): before.end for before, after in pairwise(members)}
        for before, after in pairwise(kept):
            yield TextEdit(before.end, ends[id(after)], "")
        yield TextEdit(kept[-1].end, members[-1].end, "".join(gap + text for text in texts))

    def _gap(self, node: Node, colon: str) -> tuple[str, str | None]:
        """What stands between two members, and the indentation of the last (None: they share a line)."""
        members = node.members
        if len(members) > 1:
            gap = re.sub(_BLANK_LINES, r"\1", self.text[members[-2].end : members[-1].start])
        else:
            gap = "," + self.text[node.start + 1 : members[0].start]
            if not _LINE_END.search(gap):
                gap = self._comma(colon)
        lines = _LINE_END.split(gap)
        return gap, lines[-1][: len(lines[-1]) - len(lines[-1].lstrip(" \t"))] if len(lines) > 1 else None

    def _colon(self, member: Member) -> str:
        colon = self.text[member.name_end : member.value]
        return ": " if _LINE_END.search(colon) else colon

    def _comma(self, colon: str) -> str:
        """Between members that share a line: with a space where the colon has one."""
        return "," if colon.endswith(":") else ", "

    def _indent(self, member: Member) -> str | None:
        """The white space before a member that begins a line; None for one that does not."""
        begin = max(self.text.rfind("\n", 0, member.start), self.text.rfind("\r", 0, member.start)) + 1
        indent = self.text[begin : member.start]
        return indent if begin and not indent.strip(" \t") else None

    def _spelled(self, value: object, indent: str | None, colon: str) -> str:
        """*value* as JSON text that begins in a line with *indent*; all on one line when that is None."""
        if isinstance(value, Raw):
            return _checked(value)
        if not isinstance(value, dict | list | tuple) or not value:
            return spelled(value)
        inner = None if indent is None else indent + self.unit
        if isinstance(value, dict):
            texts = [f"{spelled(name)}{colon}{self._spelled(item, inner, colon)}" for name, item in value.items()]
        else:
            texts = [self._spelled(item, inner, colon) for item in value]
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        if inner is None:
            return opening + self._comma(colon).join(texts) + closing
        return (
            f"{opening}{self.line_end}{inner}{f',{self.line_end}{inner}'.join(texts)}{self.line_end}{indent}{closing}"
        )


def spelled(value: object) -> str:
    """*value* as JSON on one line, in UTF-8 where that can be: only lone surrogates are escaped."""
    return re.sub(
        _SURROGATE, lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False, allow_nan=False)
    )


def _checked(value: Raw) -> str:
    """The text of *value* if it may stand in a file; InvalidInput when it is not one JSON value."""
    json_scan.check_value(value.text, "kept text")
    if re.search(_SURROGATE, value.text):
        raise InvalidInput("cannot be written as UTF-8", "The ledger is damaged.", where="kept text")
    return value.text
