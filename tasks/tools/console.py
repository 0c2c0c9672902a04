"""What a person sees: progress on stderr, data on stdout, marks and colours only where they belong."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

MARKS = {
    "ok": ("✓", "+", "32"),
    "skip": ("·", "-", "90"),
    "warn": ("!", "!", "33"),
    "fail": ("✗", "x", "31"),
    "step": ("→", ">", "36"),
}
"""Per state: the mark, its ASCII form, its ANSI colour."""


COMMAND = "GATEWAY_COMMAND"
"""The variable in which bootstrap tells how it was called."""


def mark(state: str, stream: TextIO | None = None) -> str:
    """The mark of *state* (ok, skip, warn, fail, step) as this stream can show it."""
    out = stream or sys.stderr
    symbol, plain, colour = MARKS[state]
    shown = symbol if _encodes(out, symbol) else plain
    return f"\033[{colour}m{shown}\033[0m" if coloured(out) else shown


def coloured(stream: TextIO) -> bool:
    """Whether colours belong on *stream*: NO_COLOR, FORCE_COLOR and TERM=dumb are honoured."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def say(text: str, state: str | None = None) -> None:
    """A line about what is going on, on stderr."""
    _print(f"{mark(state)} {text}" if state else text, sys.stderr)


def warn(text: str) -> None:
    """Something to know that stops nothing, on stderr."""
    say(text, "warn")


def tell(text: str) -> None:
    """A line of what was asked for, on stdout."""
    _print(text, sys.stdout)


def printable(text: str) -> str:
    """*text* with control characters escaped, for names and values that come from elsewhere."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def as_typed(text: str) -> str:
    """*text* with the commands that it names as this person types them: `doit start` or `python3 dodo.py start`."""
    return re.sub(r"\bdoit (?=[a-z])", f"{os.environ.get(COMMAND, 'doit')} ", text)


def _encodes(stream: TextIO, text: str) -> bool:
    try:
        text.encode(_encoding(stream))
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _encoding(stream: TextIO) -> str:
    """Of the terminal or file behind *stream*: while a step runs, doit puts something without one in its place."""
    return getattr(stream, "encoding", None) or getattr(sys.__stderr__, "encoding", None) or "ascii"


def _print(text: str, stream: TextIO) -> None:
    try:
        stream.write(_fitting(as_typed(text), stream) + "\n")
        stream.flush()
    except BrokenPipeError:  # the reader has seen enough: `doit plan | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _fitting(text: str, stream: TextIO) -> str:
    """*text* with what this stream cannot encode replaced."""
    encoding = _encoding(stream)
    return text.encode(encoding, "replace").decode(encoding, "replace")
