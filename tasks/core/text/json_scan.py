"""Reads a JSON text strictly (RFC 8259) and remembers where everything stands; refuses with line and column."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from tasks.core.model.catalogue import ENTRY_KEY, name_entry
from tasks.core.model.errors import InvalidInput

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
    """A name and its value in an object, or an entry of a list: where they are, in characters."""

    __slots__ = ("end", "name", "name_end", "node", "start", "value")

    def __init__(self, name: str, start: int, name_end: int, value: int) -> None:
        self.name, self.start, self.name_end, self.value = name, start, name_end, value
        self.end = -1
        self.node: Node | None = None


class Node:
    """An object or a list from its opening bracket to behind its closing one."""

    __slots__ = ("end", "is_list", "members", "start")

    def __init__(self, start: int, *, is_list: bool = False) -> None:
        self.start, self.is_list, self.end = start, is_list, -1
        self.members: list[Member] = []

    def member(self, name: str) -> Member | None:
        """The member that counts: the last of its name, as in every parser of the client."""
        return next((member for member in reversed(self.members) if member.name == name), None)


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
    if node is None or node.is_list:
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
                member = top.members[-1]
                member.end, member.node = end, node
                if top.is_list:
                    member.name = self._name_entry(member, len(top.members))
                match = _NEXT.match(text, end)
                mark = match[1] if match else ""
                if match and mark == ",":
                    offset = self._after_comma(top, match.end())
                    break
                if not match or mark != ("]" if top.is_list else "}"):
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
        node = Node(offset, is_list=opening == "[")
        if len(self.stack) == MAX_DEPTH:
            self.fail(offset, f"is nested deeper than {MAX_DEPTH}", "These are no settings; move the file away.")
        inside = self.skip(offset + 1)
        if self.text[inside : inside + 1] == ("}" if opening == "{" else "]"):
            node.end = inside + 1
            return node, node.end, False
        self.stack.append(node)
        return node, self._begin_member(node, inside), True

    def _after_comma(self, node: Node, offset: int) -> int:
        if self.text[offset : offset + 1] in ("}", "]"):
            self.fail(offset, "a comma stands before this closing bracket", "Delete the comma.")
        return self._begin_member(node, offset)

    def _begin_member(self, node: Node, offset: int) -> int:
        """Read a name and its colon into an object; where the value begins."""
        if not node.is_list:
            return self._name(node, offset)
        node.members.append(Member("", offset, offset, offset))
        return offset

    def _name_entry(self, entry: Member, number: int) -> str:
        """By what the entry of a list is known; the *number* of one that has nothing for it."""
        member = entry.node.member(ENTRY_KEY) if entry.node and not entry.node.is_list else None
        text = self.text[member.value : member.end] if member else ""
        if not text.startswith('"'):
            return f"[{number}]"
        return name_entry(json.loads(text))

    def _name(self, node: Node, offset: int) -> int:
        """Read a name and its colon into *node*; where the value begins."""
        match = _NAME.match(self.text, offset)
        if not match:
            self._refuse_name(offset)
        start, end = match.span(1)
        name = self.text[start + 1 : end - 1]
        if "\\" in name:
            name = json.loads(match[1])
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
