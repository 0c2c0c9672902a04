"""Why a worker failed, as its log says it, without secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .redact import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_ERROR_LINES = 40
"""What the status shows of a log."""
MOST_REASON_LINES = 3
"""An error, and two lines that explain it."""
MOST_REASON = 500
"""Characters of a reason."""
ERROR = re.compile(r"(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception): ")
"""yaml.parser.ParserError: while parsing a flow node"""
COLOUR = re.compile(r"\x1b\[[\d;]*m")
"""What LiteLLM colours its lines with."""
FRAME = re.compile(r'[ |+]{2,}File "')
"""How a place in a traceback begins. In a group of errors there is a bar before it."""
INNER = re.compile(r"[ |+]{4}")
"""How the lines below that place begin."""


def find_error(log: list[str], environment: Mapping[str, str]) -> list[str]:
    """The end of what a worker with this *environment* has written, fit to be shown.

    *log* is everything that it has written, line by line.
    """
    lines = [redact(line, environment) for line in readable_lines(log)]
    return lines[-MOST_ERROR_LINES:]


def readable_lines(log: list[str]) -> list[str]:
    """Lines of a log without colours, blank lines and the places in tracebacks.

    Traceback (most recent call last):        stays
      File "/lib/x.py", line 3, in main       goes
        raise ValueError                      goes
    ValueError: no good                       stays
    """
    lines = []
    is_inner = False
    for raw in log:
        line = COLOUR.sub("", raw)
        is_inner = bool(FRAME.match(line) or (is_inner and INNER.match(line)))
        if line.strip() and not is_inner:
            lines.append(line)
    return lines


def find_reason(lines: list[str]) -> str:
    """The last error with the lines that explain it, else the last line, as one sentence.

    yaml.parser.ParserError: while parsing a flow node expected the node content, but found ...
    """
    reason = " ".join(line.strip() for line in _reason_lines(lines))
    return reason[:MOST_REASON] or "its output says why"


def _reason_lines(lines: list[str]) -> list[str]:
    """The lines that the reason is made of.

    Of several errors the last one: the others were its causes, or harmless.
    """
    begin = len(lines) - 1
    end = len(lines)
    for number, line in enumerate(lines):
        if ERROR.match(line):
            begin = number
            end = number + MOST_REASON_LINES
    reason = []
    for line in lines[max(begin, 0) : end]:
        # uvicorn's own "ERROR:    Application startup failed" explains nothing.
        if line.startswith("ERROR: "):
            break
        reason.append(line)
    return reason
