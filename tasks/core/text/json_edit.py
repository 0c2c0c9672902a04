"""What an edit of a JSON text is made of: changes by path, splices of the text, and a recipe for the way back."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, TypeAlias

from tasks.core.model.errors import InvalidInput
from tasks.core.model.secret import unshown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


Path: TypeAlias = tuple[str, ...]
"""The names that lead to a value: ("env", "ANTHROPIC_BASE_URL")."""

Recipe: TypeAlias = tuple[tuple[int, int] | str, ...]
"""Another text in terms of this one: spans to copy (start, end; in characters) and literal pieces, in order."""


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


class Splice(NamedTuple):
    """Put *text* in the place of the characters from *start* to *end*."""

    start: int
    end: int
    text: str

    def __repr__(self) -> str:
        return unshown(self)


def decoded(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """The value of a JSON source text; integers too long for Python become floats."""
    return json.loads(text, parse_int=_integer)


def canonical(value: object) -> str:
    """One spelling per JSON value, whatever its order and escapes; 1, 1.0 and true stay different."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def spliced(text: str, splices: Sequence[Splice]) -> str:
    """*text* after *splices*, which are in order and do not overlap."""
    return rebuilt(text, recipe_of(splices, len(text)))


def recipe_of(splices: Sequence[Splice], length: int) -> Recipe:
    """The recipe for the result of *splices* on a text of *length* characters."""
    pieces: list[tuple[int, int] | str] = []
    position = 0
    for splice in splices:
        pieces += [(position, splice.start), splice.text]
        position = splice.end
    return _tidy([*pieces, (position, length)])


def rebuilt(text: str, recipe: Recipe) -> str:
    """The other text, from *text* and its recipe."""
    return "".join(piece if isinstance(piece, str) else text[piece[0] : piece[1]] for piece in recipe)


def carried(recipe: Recipe, text: str, splices: Sequence[Splice]) -> Recipe:
    """A recipe over *text* as a recipe over the result of *splices*: what they take away becomes literal."""
    pieces: list[tuple[int, int] | str] = []
    for piece in recipe:
        pieces += [piece] if isinstance(piece, str) else _traced(piece, text, splices)
    return _tidy(pieces)


def _traced(span: tuple[int, int], text: str, splices: Sequence[Splice]) -> Iterator[tuple[int, int] | str]:
    """Where the characters of *span* are after *splices*."""
    position, end = span
    shift = 0
    for splice in splices:
        if position < splice.start:
            stop = min(end, splice.start)
            yield position + shift, stop + shift
            position = stop
        if position < min(end, splice.end):
            yield text[position : min(end, splice.end)]
            position = min(end, splice.end)
        if position >= end:
            return
        shift += len(splice.text) - (splice.end - splice.start)
    yield position + shift, end + shift


def _tidy(pieces: Iterable[tuple[int, int] | str]) -> Recipe:
    """The same recipe without empty pieces, neighbours joined."""
    tidy: list[tuple[int, int] | str] = []
    for piece in pieces:
        if not piece or (isinstance(piece, tuple) and piece[0] >= piece[1]):
            continue
        last = tidy[-1] if tidy else None
        if isinstance(piece, str) and isinstance(last, str):
            tidy[-1] = last + piece
        elif isinstance(piece, tuple) and isinstance(last, tuple) and last[1] == piece[0]:
            tidy[-1] = (last[0], piece[1])
        else:
            tidy.append(piece)
    return tuple(tidy)


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # longer than sys.get_int_max_str_digits()
        return float(digits)


MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 512

_SPACE = r"[ \t\n\r]*"
_OPEN_STRING = r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_BLANK = re.compile(_SPACE)
_TEXT = re.compile(_OPEN_STRING)
_SCALAR = re.compile(rf'{_OPEN_STRING}"|{_NUMBER}|true|false|null')
_NAME = re.compile(rf'{_SPACE}({_OPEN_STRING}"){_SPACE}:{_SPACE}')
_NEXT = re.compile(rf"{_SPACE}([,\]}}]){_SPACE}")
_CONSTANT = re.compile(r"[-+]?(?:NaN|Infinity)")


class Member:
    """A name and its value in an object: where they stand, in characters."""

    __slots__ = ("end", "name", "name_end", "node", "start", "value")

    def __init__(self, name: str, start: int, name_end: int, value: int) -> None:
        self.name, self.start, self.name_end, self.value = name, start, name_end, value
        self.end = -1
        self.node: Node | None = None


class Node:
    """An object (members) or an array (None) from its opening bracket to behind its closing one."""

    __slots__ = ("end", "members", "start")

    def __init__(self, start: int, members: list[Member] | None = None) -> None:
        self.start, self.members, self.end = start, members, -1

    def member(self, name: str) -> Member | None:
        """The member that counts: the last of its name, as in every parser of the client."""
        return next((member for member in reversed(self.members or ()) if member.name == name), None)


def decode(data: bytes, where: str) -> tuple[str, str]:
    """The byte order mark (or nothing) and the text of *data*; InvalidInput when it is too large or not UTF-8."""
    if len(data) > MAX_BYTES:
        raise InvalidInput("is larger than 16 MiB", "These are no settings; move the file away.", where=where)
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    try:
        return mark.decode(), data[len(mark) :].decode()
    except UnicodeDecodeError as error:
        good = data[len(mark) :][: error.start].decode()
    place = position(good, len(good), where)
    raise InvalidInput("is not UTF-8 text here", "Save the file as UTF-8 in your editor.", where=place)


def position(text: str, offset: int, where: str) -> str:
    """where:line:column of an offset, counted from 1."""
    return f"{where}:{text.count(chr(10), 0, offset) + 1}:{offset - text.rfind(chr(10), 0, offset)}"


def scan(text: str, where: str) -> Node:
    """The object that *text* is, with the places of its members."""
    scanner = _Scanner(text, where)
    start = scanner.skip(0)
    if start == len(text):
        raise InvalidInput(
            "is empty", "Somebody may be writing it right now: run again; or delete it, or put {} in it.", where=where
        )
    node, end = scanner.value(start)
    if scanner.skip(end) < len(text):
        scanner.refuse(scanner.skip(end), "something stands behind the end of the object", "Delete it.")
    if node is None or node.members is None:
        scanner.fail(start, "is JSON, but not an object", "Settings are one object: put what belongs there in { }.")
    return node


def check_value(text: str, where: str) -> None:
    """InvalidInput when *text* is not exactly one JSON value."""
    scanner = _Scanner(text, where)
    _, end = scanner.value(scanner.skip(0))
    if scanner.skip(end) < len(text):
        scanner.refuse(scanner.skip(end), "something stands behind the end of the value", "Delete it.")


class _Scanner:
    def __init__(self, text: str, where: str) -> None:
        self.text, self.where = text, where
        self.stack: list[Node] = []

    def skip(self, offset: int) -> int:
        """Behind the white space."""
        match = _BLANK.match(self.text, offset)
        return match.end() if match else offset

    def value(self, offset: int) -> tuple[Node | None, int]:
        """Read the value at *offset*; its node if it is an object or an array, and where it ends."""
        text, stack = self.text, self.stack
        while True:
            node, end, inside = self._begin(offset)
            if inside:
                offset = end
                continue
            while stack:  # a value has ended; so may the containers around it
                top = stack[-1]
                if top.members is not None:
                    member = top.members[-1]
                    member.end, member.node = end, node
                match = _NEXT.match(text, end)
                mark = match[1] if match else ""
                if match and mark == ",":
                    offset = self._after_comma(top, match.end())
                    break
                if not match or mark != ("]" if top.members is None else "}"):
                    self.refuse(self.skip(end), "a comma or a closing bracket is missing", "Add it.")
                node = stack.pop()
                node.end = end = match.end(1)
            else:
                return node, end

    def _begin(self, offset: int) -> tuple[Node | None, int, bool]:
        """Begin a value: (node, end, False) of one that is complete, or (node, offset, True) inside a container."""
        opening = self.text[offset : offset + 1]
        if opening not in ("{", "["):
            match = _SCALAR.match(self.text, offset)
            if not match:
                self.refuse(offset, "a value is missing", "Add it, texts in double quotes.")
            return None, match.end(), False
        node = Node(offset, [] if opening == "{" else None)
        if len(self.stack) == MAX_DEPTH:
            self.fail(offset, f"is nested deeper than {MAX_DEPTH}", "These are no settings; move the file away.")
        inside = self.skip(offset + 1)
        if self.text[inside : inside + 1] == ("}" if opening == "{" else "]"):
            node.end = inside + 1
            return node, node.end, False
        self.stack.append(node)
        return node, inside if node.members is None else self._name(node, inside), True

    def _after_comma(self, node: Node, offset: int) -> int:
        if self.text[offset : offset + 1] in ("}", "]"):
            self.fail(offset, "a comma stands before this closing bracket", "Delete the comma.")
        return offset if node.members is None else self._name(node, offset)

    def _name(self, node: Node, offset: int) -> int:
        """Read a name and its colon into *node*; where the value begins."""
        match = _NAME.match(self.text, offset)
        if not match:
            self._refuse_name(offset)
        start, end = match.span(1)
        name = self.text[start + 1 : end - 1]
        if "\\" in name:
            name = json.loads(match[1])
        if node.members is not None:
            node.members.append(Member(name, start, end, match.end()))
        return match.end()

    def _refuse_name(self, offset: int) -> NoReturn:
        match = _SCALAR.match(self.text, offset)
        if match and match[0].startswith('"'):
            self.refuse(self.skip(match.end()), "a colon is missing behind this name", "Add it.")
        self.refuse(offset, "a name in double quotes is missing", "Add it, or put it in double quotes.")

    def refuse(self, offset: int, problem: str, remedy: str) -> NoReturn:
        """Refuse what stands at *offset*, as what it most likely is, else as *problem*."""
        rest = self.text[offset : offset + 16]
        if not rest:
            problem, remedy = "ends too early", "Somebody may be writing it: run again, or close what is open."
        elif rest.startswith(("//", "/*", "#")):
            problem, remedy = "here is a comment; JSON has none", "Delete it: Claude Code ignores such a file whole."
        elif rest[0] == '"' and not _SCALAR.match(self.text, offset):
            offset, problem, remedy = self._bad_text(offset)
        elif _CONSTANT.match(rest):
            problem, remedy = "NaN and Infinity are no JSON numbers", "Write a number, or null."
        self.fail(offset, problem, remedy)

    def _bad_text(self, offset: int) -> tuple[int, str, str]:
        match = _TEXT.match(self.text, offset)
        end = match.end() if match else offset
        if end == len(self.text):
            return end, "ends in the middle of a text", "Somebody may be writing it: run again, or close the text."
        if self.text[end] == "\\":
            return end, "JSON does not know this escape", r"Write \\ for a backslash."
        return end, "a line break or control character stands in a text", r"Write it as an escape such as \n or \t."

    def fail(self, offset: int, problem: str, remedy: str) -> NoReturn:
        """Refuse with the place."""
        raise InvalidInput(problem, remedy, where=position(self.text, offset, self.where))


__all__ = ["REMOVE", "Document", "Raw", "edit", "parse"]

NEW_FILE = b"{}\n"
"""What a file that does not exist is taken for."""

_LINE_END = re.compile(r"\r\n|\n|\r")
_BLANK_LINES = r"(\r\n|\n|\r)(?:[ \t]*(?:\r\n|\n|\r))+"
_SURROGATE = "[\ud800-\udfff]"
"""Compiled when they are first needed, which is when something is written."""


def parse(data: bytes, where: str = "settings.json") -> Document:
    """Read *data* strictly; InvalidInput at where:line:column when it is not one JSON object in UTF-8."""
    mark, text = decode(data, where)
    return Document(where, mark, text, scan(text, where))


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

    def is_object(self, path: Path) -> bool:
        """Whether an object stands at *path*."""
        node = self._node(path)
        return node is not None and node.members is not None

    def edited(self, changes: Mapping[Path, object]) -> bytes:
        """The bytes after *changes*."""
        return self.encoded(spliced(self.text, self.splices(changes)))

    def encoded(self, text: str) -> bytes:
        """*text* as bytes of this file, behind its byte order mark if it has one."""
        return (self.mark + text).encode()

    def splices(self, changes: Mapping[Path, object]) -> list[Splice]:
        """*changes* as splices of the text, in order; none for what already holds."""
        return sorted(_Editor(self).splices(self.root, _tree(changes), ": ", ""))

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

    def content(self) -> dict[str, object]:
        """What is to be there when nothing is yet."""
        items = ((name, _content(change)) for name, change in self.items())
        return {name: value for name, value in items if value is not REMOVE}


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
    """Finds the splices for a tree of changes; new members are spelled as their neighbours are."""

    def __init__(self, document: Document) -> None:
        self.document, self.text = document, document.text
        found = _LINE_END.search(self.text)
        self.line_end = found[0] if found else "\n"
        self.unit = (self._indent(document.root.members[0]) if document.root.members else "") or "  "

    def splices(self, node: Node, branch: _Branch, colon: str, indent: str | None) -> Iterator[Splice]:
        """The splices that make *branch* hold in the object *node*; *colon* and *indent* are for an empty one."""
        gone: set[str] = set()
        new: dict[str, object] = {}
        if node.members:
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
                yield Splice(member.value, member.end, self._spelled(change, self._indent(member), colon))
        new = {name: value for name, value in new.items() if value is not REMOVE}
        if gone or new:
            yield from self._members(node, gone, new, colon, indent)

    def _below(self, member: Member, branch: _Branch, colon: str) -> Iterator[Splice]:
        if member.node is not None and member.node.members is not None:
            yield from self.splices(member.node, branch, colon, self._indent(member))
        elif branch.content():
            raise InvalidInput(
                f"{spelled(member.name)} is no object, but settings belong in it",
                f"Make it {{ }}, or delete it: Claude Code ignores a file whole whose {member.name} is anything else.",
                where=position(self.text, member.value, self.document.where),
            )

    def _holds(self, member: Member, value: object) -> bool:
        text = self.text[member.value : member.end]
        return text == value.text if isinstance(value, Raw) else canonical(decoded(text)) == canonical(value)

    def _members(
        self, node: Node, gone: set[str], new: dict[str, object], colon: str, indent: str | None
    ) -> Iterator[Splice]:
        """Take the members *gone* away with their commas, put the *new* ones behind the last."""
        members = node.members or []
        kept = [member for member in members if member.name not in gone]
        if not members or not (kept or new):
            yield Splice(node.start, node.end, self._spelled(new, indent, colon))
            return
        gap, indent = self._gap(node, colon)
        texts = [f"{spelled(name)}{colon}{self._spelled(value, indent, colon)}" for name, value in new.items()]
        if not kept:
            yield Splice(members[0].start, members[-1].end, gap.join(texts))
            return
        yield Splice(members[0].start, kept[0].start, "")
        ends = {id(after): before.end for before, after in pairwise(members)}
        for before, after in pairwise(kept):
            yield Splice(before.end, ends[id(after)], "")
        yield Splice(kept[-1].end, members[-1].end, "".join(gap + text for text in texts))

    def _gap(self, node: Node, colon: str) -> tuple[str, str | None]:
        """What stands between two members, and the indentation of the last (None: they share a line)."""
        members = node.members or []
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
    check_value(value.text, "kept text")
    if re.search(_SURROGATE, value.text):
        raise InvalidInput("cannot be written as UTF-8", "The ledger is damaged.", where="kept text")
    return value.text
