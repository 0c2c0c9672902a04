"""What an entry of availableModels covers: a tier, a model, or how the names of several begin."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.core.claude.layers import Layers

TIERS = ("opus", "sonnet", "haiku", "fable")

AVAILABLE = "availableModels"

LONG = re.compile(r"\[[12]m\]", re.IGNORECASE)
"""The mark for a large context, which is not sent."""


def strip_mark(name: str) -> str:
    """*name* as it is sent."""
    return LONG.sub(
        "",
        name.strip(),
    )


def merge_lists(layers: Layers) -> list[str] | None:
    """The lists of all layers, the weakest first; where one is managed, that alone."""
    found: list[str] | None = None
    for held in reversed(layers.lists_of(AVAILABLE)):
        if held.layer == "managed" or found is None:
            found = []
        for entry in held.items:
            word = strip_mark(entry).lower()
            if word not in found:
                found.append(word)
    return found


def has_word(name: str, word: str) -> bool:
    """Whether *word* is in *name*, with no letter or digit beside it."""
    return (
        re.search(
            rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])",
            name,
        )
        is not None
    )


def begins_with(name: str, start: str) -> bool:
    """Whether *name* is *start*, or goes on behind it with a dash."""
    return name == start or name.startswith(f"{start}-")


def is_narrowed(
    tier: str,
    entries: list[str],
) -> bool:
    """Whether another entry names a model of *tier*, so that the tier alone allows nothing."""
    for entry in entries:
        if entry in TIERS:
            continue
        _, found, rest = entry.partition(tier)
        if found and (not rest or rest.startswith("-")):
            return True
    return False
