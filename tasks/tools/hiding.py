"""Texts of other programs without the secrets of the gateway, in whatever spelling they stand there."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from tasks.model import telling
from tasks.model.secret import Secret
from tasks.tools import diffs, envfile, files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.model.layout import Layout

SHORTEST = 8
"""Characters: a shorter value is not hidden, it would be found in words that have nothing to do with it."""

SHOWN = "[hidden]"


def secrets_of(layout: Layout) -> list[Secret]:
    """The values of .env whose names tell that they are not to be shown."""
    text = (files.read(layout.env_file) or b"").decode("utf-8", "surrogateescape")
    told = envfile.parse(text)
    return [Secret(value) for name, value in told.items() if telling.tells(name)]


def hidden(text: str, secrets: Iterable[Secret]) -> str:
    """*text* without *secrets*, and without what is a credential by its looks."""
    pattern = _pattern(tuple(secrets))
    text = pattern.sub(SHOWN, text) if pattern else text
    return diffs.hidden_text(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


@functools.lru_cache(maxsize=1)
def _pattern(secrets: tuple[Secret, ...]) -> re.Pattern[str] | None:
    """What finds any of them, the longest first; None when there are none."""
    values = [each.reveal() for each in secrets if len(each.reveal()) >= SHORTEST]
    found = {spelling for value in values for spelling in _spellings(value) if len(spelling) >= SHORTEST}
    return re.compile("|".join(map(re.escape, sorted(found, key=len, reverse=True)))) if found else None


def _spellings(value: str) -> Iterator[str]:
    """How programs write *value*: as it is, in JSON, in an address, in hexadecimal, within base64."""
    import base64
    import json
    from urllib.parse import quote

    data = value.encode("utf-8", "surrogateescape")
    yield from (value, json.dumps(value)[1:-1], quote(data, safe=""), data.hex(), data.hex().upper())
    for before in range(3):  # at each place that it can have in a longer text, without what its neighbours change
        first, whole = (before * 8 + 5) // 6, (before + len(data)) * 8 // 6
        yield base64.b64encode(bytes(before) + data).decode()[first:whole]
