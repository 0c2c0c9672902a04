"""Unified diffs in which no secret shows, only that one is there or changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO

from tasks.core.model import secret_patterns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NAMED = re.compile(
    rb"(?mi)^(?P<head>[ \t-]*[\"']?(?P<name>[\w.-]+)[\"']?[ \t]*:[ \t]+)"
    rb"(?P<value>(?![\"']?os\.environ/|[\d.]+[ \t]*$|(?:true|false|null)\b)\S.*)$"
)
"""A line of YAML with a value that is not only named (os.environ/NAME)."""


def unified(before: bytes, after: bytes, name: str) -> Iterator[str]:
    """The lines of a unified diff; bytes that are no UTF-8 are shown escaped."""
    import difflib

    from tasks.core.console.console import printable

    old, new = (data.decode("utf-8", "backslashreplace").splitlines() for data in (before, after))
    fromfile = name if before else "/dev/null"
    tofile = name if after else "/dev/null"
    for line in difflib.unified_diff(old, new, fromfile, tofile, lineterm=""):
        yield "    " + printable(line)


def counted(before: bytes, after: bytes) -> tuple[int, int]:
    """How many lines are added, and how many removed."""
    marks = [line[4:5] for line in unified(before, after, "") if line[4:7] not in ("+++", "---")]
    return marks.count("+"), marks.count("-")


def painted(lines: Iterable[str], stream: TextIO | None = None) -> Iterator[str]:
    """The lines of a diff in the usual colours, where those belong on *stream* (stdout, when it is not said)."""
    from tasks.core.console import console

    colours = {"+": "32", "-": "31", "@": "36"}
    for line in lines:
        known = line.startswith("    ") and line[4:5] in colours
        yield console.painted(line, colours[line[4]], stream) if known else line


def bare(lines: Iterable[str]) -> list[str]:
    """The lines of a diff as other programs expect them, not set in."""
    return [line.removeprefix("    ") for line in lines]


def hidden_value(name: str, text: str) -> str:
    """The value of *name*, hidden when that tells of a credential, or the value looks like one."""
    data = text.encode("utf-8", "surrogateescape")
    hidden = _hidden(data) if secret_patterns.tells(name) else hidden_text(data)
    return hidden.decode("utf-8", "backslashreplace")


def named(data: bytes) -> Iterator[re.Match[bytes]]:
    """The lines of a YAML file whose name tells that their value is a secret."""
    return (found for found in _NAMED.finditer(data) if _tells(found["name"]))


def _tells(name: bytes) -> bool:
    return secret_patterns.tells(name.decode("ascii", "ignore"))


def hidden_text(data: bytes) -> bytes:
    """Any file with credentials hidden: values of telling names, literal keys, passwords in addresses."""
    data = _NAMED.sub(lambda line: line["head"] + _hidden(line["value"]) if _tells(line["name"]) else line[0], data)
    return secret_patterns.struck(data.decode("utf-8", "surrogateescape"), _hidden_part).encode(
        "utf-8", "surrogateescape"
    )


def _hidden_part(text: str) -> str:
    return _hidden(text.encode("utf-8", "surrogateescape")).decode()


def hidden_env(data: bytes) -> bytes:
    """A .env file with the values of telling names hidden, and whatever is no assignment, comment or blank."""
    return b"".join(_hidden_line(line) for line in data.splitlines(keepends=True))


def _hidden_line(line: bytes) -> bytes:
    """One line of .env; a part of a value over several lines looks like nothing that is known."""
    body = line.rstrip(b"\r\n")
    end = line[len(body) :]
    if not body.strip() or body.lstrip().startswith(b"#"):
        return hidden_text(body) + end
    match = re.fullmatch(rb"(\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=)(.*)", body)
    if match is None:
        return _hidden(body) + end
    return (match[1] + _hidden(match[3]) if _tells(match[2]) else hidden_text(body)) + end


def hidden_json(data: bytes) -> bytes:
    """A settings.json with the values of telling names hidden, everything else byte for byte."""
    return re.sub(
        rb'("(?:[^"\\]|\\.)*"\s*:\s*)("(?:[^"\\]|\\.)*")',
        lambda pair: pair[1] + _hidden(pair[2]) if _tells(pair[1]) else hidden_text(pair[0]),
        data,
    )


def _hidden(value: bytes) -> bytes:
    """[hidden] and a mark that differs when the value does, made with a key of this process: it tells nothing else.

    Its quotes are not part of a value: it has the same mark in every file.
    """
    import hmac

    trimmed = value.strip()
    quote = trimmed[:1] if len(trimmed) > 1 and trimmed[:1] == trimmed[-1:] and trimmed[:1] in (b"'", b'"') else b""
    bare = _unescaped(trimmed) if quote == b'"' else trimmed[len(quote) : len(trimmed) - len(quote)]
    if bare == b"":
        return value
    return quote + b"[hidden " + hmac.new(_KEY, bare, "sha256").hexdigest()[:4].encode() + b"]" + quote


def _unescaped(quoted: bytes) -> bytes:
    """What a text in double quotes means, as JSON has it; as it stands, where that does not know it."""
    import json

    try:
        return str(json.loads(quoted)).encode("utf-8", "surrogatepass")
    except ValueError:
        return quoted[1:-1]


def _key() -> bytes:
    import os

    return os.urandom(16)


_KEY = _key()
