"""Which item of one list is which of another: lists have no keys, but their items have names.

A model entry is matched by its name and route (by its name alone when the base has it once: then its route was
changed), a mapping with one key by that key, anything else by its value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any, TypeAlias

Item: TypeAlias = Any
"""Whatever a YAML list can hold."""

Name: TypeAlias = tuple[Hashable, ...]
"""What an item of a list is called: how it is matched, then what must be equal."""


def identities(*lists: list[Any]) -> list[list[tuple[Name, int]]]:
    """For each list the names of its items, the same item having the same name in all; the first list is the base."""
    candidates = [[_candidates(item) for item in items] for items in lists]
    unique = _unique(candidates)
    of_base = {name for item in candidates[0] for name in item}
    return [_counted([_best(item, unique, of_base) for item in items]) for items in candidates]


def _candidates(item: Item) -> list[Name]:
    """What an item could be called, from the least to the most particular."""
    value: Name = ("value", _frozen(item))
    if not isinstance(item, dict):
        return [value]
    if isinstance(name := item.get("model_name"), str):
        params = item.get("litellm_params")
        route = params.get("model") if isinstance(params, dict) else None
        return [("name", name), ("route", name, str(route)), value]
    return [("only", str(*item)), value] if len(item) == 1 else [value]


def _unique(candidates: list[list[list[Name]]]) -> set[Name]:
    """The names that no list has twice."""
    counts = [Counter(name for item in items for name in item) for items in candidates]
    return {name for count in counts for name in count if max(each[name] for each in counts) == 1}


def _best(names: list[Name], unique: set[Name], of_base: set[Name]) -> Name:
    """A model's name alone will do only when the base has it: two new entries of one name are two deployments."""
    usable = (name for name in names[:-1] if name in unique and (name[0] != "name" or name in of_base))
    return next(usable, names[-1])


def _counted(names: list[Name]) -> list[tuple[Name, int]]:
    """Names made different by counting: equal items are the first, the second, …"""
    seen: Counter[Name] = Counter()
    result: list[tuple[Name, int]] = []
    for name in names:
        seen[name] += 1
        result.append((name, seen[name]))
    return result


def _frozen(value: Item) -> Hashable:
    if isinstance(value, dict):
        return frozenset((_frozen(key), _frozen(each)) for key, each in value.items())
    if isinstance(value, list):
        return tuple(_frozen(each) for each in value)
    return type(value).__name__, repr(value)
