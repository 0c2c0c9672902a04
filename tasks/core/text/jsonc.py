"""JSON with comments and trailing commas, as VS Code keeps it, made plain: every other character keeps its place."""

from __future__ import annotations

import re

_STRING = r'"(?:[^"\\\n]|\\.)*"'
_COMMENT = re.compile(rf"{_STRING}|//[^\n]*|/\*.*?\*/", re.DOTALL)
_COMMA = re.compile(rf"{_STRING}|,(?=\s*[}}\]])")


def plain(text: str) -> str:
    """*text* with blanks in place of what only VS Code understands."""
    for pattern in (_COMMENT, _COMMA):
        text = pattern.sub(lambda match: match[0] if match[0].startswith('"') else _blank(match[0]), text)
    return text


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
