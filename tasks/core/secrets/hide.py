"""Files with their credentials hidden: in place of each value a mark that differs when the value does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasks.core.model import secret_patterns

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMED = re.compile(
    rb"(?mi)^(?P<head>[ \t-]*[\"']?(?P<name>[\w.-]+)[\"']?[ \t]*:[ \t]+)"
    rb"(?P<value>(?![\"']?os\.environ/|[\d.]+[ \t]*$|(?:true|false|null)\b)\S.*)$"
)
"""A line of YAML with a value that is not only named (os.environ/NAME)."""


def hide_value(name: str, text: str) -> str:
    """The value of *name*, hidden when that tells of a credential, or the value looks like one."""
    data = text.encode("utf-8", "surrogateescape")
    hidden = _hidden(data) if secret_patterns.tells(name) else hide_text(data)
    return hidden.decode("utf-8", "backslashreplace")


def find_secrets(data: bytes) -> Iterator[re.Match[bytes]]:
    """The lines of a YAML file whose name tells that their value is a secret."""
    return (found for found in _NAMED.finditer(data) if _tells(found["name"]))


def _tells(name: bytes) -> bool:
    return secret_patterns.tells(name.decode("ascii", "ignore"))


def hide_text(data: bytes) -> bytes:
    """Any file with credentials hidden: values of telling names, literal keys, passwords in addresses."""
    data = _NAMED.sub(lambda line: line["head"] + _hidden(line["value"]) if _tells(line["name"]) else line[0], data)
    return secret_patterns.struck(data.decode("utf-8", "surrogateescape"), _hidden_part).encode(
        "utf-8", "surrogateescape"
    )


def _hidden_part(text: str) -> str:
    return _hidden(text.encode("utf-8", "surrogateescape")).decode()


def hide_env(data: bytes) -> bytes:
    """A .env file with the values of telling names hidden, and whatever is no assignment, comment or blank."""
    return b"".join(_hidden_line(line) for line in data.splitlines(keepends=True))


def _hidden_line(line: bytes) -> bytes:
    """One line of .env; a part of a value over several lines looks like nothing that is known."""
    body = line.rstrip(b"\r\n")
    end = line[len(body) :]
    if not body.strip() or body.lstrip().startswith(b"#"):
        return hide_text(body) + end
    match = re.fullmatch(rb"(\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=)(.*)", body)
    if match is None:
        return _hidden(body) + end
    return (match[1] + _hidden(match[3]) if _tells(match[2]) else hide_text(body)) + end


def hide_json(data: bytes) -> bytes:
    """A settings.json with the values of telling names hidden, everything else byte for byte."""
    return re.sub(
        rb'("(?:[^"\\]|\\.)*"\s*:\s*)("(?:[^"\\]|\\.)*")',
        lambda pair: pair[1] + _hidden(pair[2]) if _tells(pair[1]) else hide_text(pair[0]),
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
