"""Unified diffs in which no secret shows, only that one is there or changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TELLING = re.compile(rb"(?i)(key|token(?!s)|secret|password|passphrase|authorization|credential|headers)")
"""What a name contains whose value is not shown, in files that may hold more than ours."""


LOOKS = re.compile(rb"(?P<before>\w+://[^/\s:@]*:)[^@\s/]+(?=@)|\bsk-[\w-]{6,}")
"""What is a credential by its looks: a password in an address, a key with the usual beginning."""


def unified(before: bytes, after: bytes, name: str) -> Iterator[str]:
    """The lines of a unified diff; bytes that are no UTF-8 are shown escaped."""
    import difflib

    from tasks.tools.console import printable

    old, new = (data.decode("utf-8", "backslashreplace").splitlines() for data in (before, after))
    fromfile = name if before else "/dev/null"
    tofile = name if after else "/dev/null"
    for line in difflib.unified_diff(old, new, fromfile, tofile, lineterm=""):
        yield "    " + printable(line)


def hidden_text(data: bytes) -> bytes:
    """Any file with what looks like a credential hidden: literal keys, and passwords in addresses."""
    return LOOKS.sub(lambda match: (match["before"] or b"") + _hidden(match[0]), data)


def hidden_env(data: bytes) -> bytes:
    """A .env file with the values of telling names replaced by how a change of them shows."""
    return re.sub(
        rb"(?m)^(\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=)(.*)$",
        lambda line: line[1] + _hidden(line[3]) if TELLING.search(line[2]) else hidden_text(line[0]),
        data,
    )


def hidden_json(data: bytes) -> bytes:
    """A settings.json with the values of telling names hidden, everything else byte for byte."""
    return re.sub(
        rb'("(?:[^"\\]|\\.)*"\s*:\s*)("(?:[^"\\]|\\.)*")',
        lambda pair: pair[1] + _hidden(pair[2], b'"') if TELLING.search(pair[1]) else hidden_text(pair[0]),
        data,
    )


def _hidden(value: bytes, quote: bytes = b"") -> bytes:
    """[hidden] and a mark that differs when the value does, made with a key of this process: it tells nothing else."""
    import hmac

    if value.strip(b"\"'") == b"":
        return value
    return quote + b"[hidden " + hmac.new(_KEY, value, "sha256").hexdigest()[:4].encode() + b"]" + quote


def _key() -> bytes:
    import os

    return os.urandom(16)


_KEY = _key()
