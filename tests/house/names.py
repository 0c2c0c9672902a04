"""Functions whose name begins with a participle, so that it does not say whether they return, print or build."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.house.source import Module

PARTICIPLE = re.compile(
    r"[a-z]+ed|begun|bent|bound|broken|brought|built|caught|chosen|done|drawn|driven|fallen|found"
    r"|given|gone|held|hidden|kept|known|laid|left|lost|made|meant|met|sent|shown|said|seen|sought"
    r"|spent|spoken|stood|taken|thrown|told|understood|won|written"
)
VERBS = {"embed", "exceed", "feed", "need", "proceed", "seed", "speed"}
PROPERTIES = {"property", "cached_property"}


def is_participle(name: str) -> bool:
    """`told`, `_joined`, `left_running`: fine for a value, not for a function."""
    first = name.strip("_").partition("_")[0]
    return first not in VERBS and PARTICIPLE.fullmatch(first) is not None


def function_names(module: Module) -> Iterator[str]:
    """The names of the functions and methods; properties are values."""
    for function in module.functions:
        decorators = {getattr(node, "id", "") for node in function.decorator_list}
        if not PROPERTIES & decorators:
            yield function.name
