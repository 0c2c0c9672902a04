"""Files with their credentials hidden: in place of each value a mark that differs when the value does."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from tasks.core.model import secret_patterns

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY = os.urandom(16)
"""Of this process: a mark compares two values of one run, and tells nothing about either."""

_YAML_LINE = re.compile(
    rb"(?mi)^(?P<head>[ \t-]*[\"']?(?P<name>[\w.-]+)[\"']?[ \t]*:[ \t]+)"
    rb"(?P<value>(?![\"']?os\.environ/|[\d.]+[ \t]*$|(?:true|false|null)\b)\S.*)$"
)
"""A name and a value; not a reference to a variable (os.environ/NAME), a number or a plain word."""

_ENV_LINE = re.compile(rb"(?P<head>\s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=)(?P<value>.*)")
_JSON_PAIR = re.compile(rb'(?P<head>(?P<name>"(?:[^"\\]|\\.)*")\s*:\s*)(?P<value>"(?:[^"\\]|\\.)*")')


def hide_value(name: str, text: str) -> str:
    """The value of *name*, hidden if the name says it is a credential or the value looks like one."""
    data = text.encode("utf-8", "surrogateescape")
    hidden = _mark(data) if secret_patterns.is_secret_name(name) else hide_text(data)
    return hidden.decode("utf-8", "backslashreplace")


def hide_text(data: bytes) -> bytes:
    """Any file: values of telling names (YAML), literal keys and passwords in addresses hidden."""
    data = _YAML_LINE.sub(_hide_if_telling, data)
    text = data.decode("utf-8", "surrogateescape")
    return secret_patterns.replace_secrets(text, _mark_text).encode("utf-8", "surrogateescape")


def hide_env(data: bytes) -> bytes:
    """A .env file: values of telling names hidden, and whatever is no assignment, comment or blank."""
    return b"".join(_hide_env_line(line) for line in data.splitlines(keepends=True))


def hide_json(data: bytes) -> bytes:
    """A settings.json: values of telling names hidden, everything else byte for byte."""
    return _JSON_PAIR.sub(_hide_pair, data)


def find_secrets(data: bytes) -> Iterator[re.Match[bytes]]:
    """The lines of a YAML file whose name says that their value is a secret."""
    for line in _YAML_LINE.finditer(data):
        if _is_telling(line["name"]):
            yield line


def _hide_env_line(line: bytes) -> bytes:
    body = line.rstrip(b"\r\n")
    end = line[len(body) :]
    if not body.strip() or body.lstrip().startswith(b"#"):
        return hide_text(body) + end
    assignment = _ENV_LINE.fullmatch(body)
    if assignment is None:  # a line of a value over several lines looks like nothing we know
        return _mark(body) + end
    return _hide_pair(assignment) + end


def _hide_if_telling(found: re.Match[bytes]) -> bytes:
    if not _is_telling(found["name"]):
        return found[0]
    return found["head"] + _mark(found["value"])


def _hide_pair(found: re.Match[bytes]) -> bytes:
    if not _is_telling(found["name"]):
        return hide_text(found[0])
    return found["head"] + _mark(found["value"])


def _is_telling(name: bytes) -> bool:
    return secret_patterns.is_secret_name(name.decode("ascii", "ignore"))


def _mark_text(text: str) -> str:
    return _mark(text.encode("utf-8", "surrogateescape")).decode()


def _mark(value: bytes) -> bytes:
    """`[hidden 3fa1]` in the quotes of *value*: the same mark in every file, however it is quoted."""
    import hmac

    quote, bare = _unquote(value.strip())
    if not bare:
        return value
    digest = hmac.new(_KEY, bare, "sha256").hexdigest()[:4]
    return quote + f"[hidden {digest}]".encode() + quote


def _unquote(value: bytes) -> tuple[bytes, bytes]:
    """The quote around a value, b"" if there is none, and what the value means without it."""
    quote = value[:1]
    if len(value) < len(b"''") or quote not in (b"'", b'"') or not value.endswith(quote):
        return b"", value
    if quote == b'"':
        return quote, _unescape(value)
    return quote, value[1:-1]


def _unescape(quoted: bytes) -> bytes:
    """What a JSON string means; a text that is not valid JSON is taken as it is spelled."""
    import json

    try:
        return str(json.loads(quoted)).encode("utf-8", "surrogatepass")
    except ValueError:
        return quoted[1:-1]
