"""Addresses of OpenAI's API, which many guides give where Claude Code wants a base."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_ENDPOINT = re.compile(
    r"/(v1/)?(chat/completions|completions|responses|embeddings)/*\Z",
    re.IGNORECASE,
)


def find_base(parts: SplitResult) -> str:
    """The address without the endpoint at its end; "" where it has none."""
    found = _ENDPOINT.search(parts.path)
    if found is None:
        return ""
    path = parts.path[: found.start()]
    return parts._replace(path=path).geturl()
