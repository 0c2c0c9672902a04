"""Three states of the same data, merged: what both sides changed apart comes together, what they disagree on is named.

Mappings are merged key by key, lists item by item (model/matching.py says which is which).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from tasks.core.text.yaml_spans import Place


class _Absent(Enum):
    ABSENT = "absent"


ABSENT: Final = _Absent.ABSENT
"""In the place of a value: there is none."""

Value: TypeAlias = Any
"""Whatever a YAML file can hold, or ABSENT."""


@dataclass(frozen=True)
class Edit:
    """What to do to the found document: add, set or remove a value; or clash, where nobody but the user can decide.

    *base*, *found*, *wanted* say where the value is in each document; where *found* has none it is the container,
    and *after* the key or index of the neighbour behind which the value belongs (None: it is the first). *has* tells
    which of the three have the value; a *mixed* value is what both sides make together, not simply the wanted one.
    """

    kind: str
    label: str
    base: Place
    found: Place
    wanted: Place
    after: str | int | None = None
    value: Value = field(default=ABSENT, repr=False)
    has: tuple[bool, bool, bool] = (True, True, True)
    mixed: bool = False


def same(one: Value, other: Value) -> bool:
    """Whether two values are equal to a YAML reader: 1, true and 1.0 are three things, the order of keys is none."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or repr(one) == repr(other)


def merge(
    base: Value,
    found: Value,
    wanted: Value,
    whole: Callable[[Place], bool] = lambda _: False,
    removed: Collection[str] = (),
) -> tuple[Value, list[Edit]]:
    """The merged data (clashes as found), and the edits of *found* that lead to it.

    *whole* tells of places in *found* that can only be set as a whole. What has one of the labels
    *removed* is not added: the user took it out.
    """
    merger = _Merger(whole, frozenset(removed))
    return merger.value(Edit("", "", (), (), ()), base, found, wanted), merger.edits


@dataclass
class _Merger:
    whole: Callable[[Place], bool]
    removed: frozenset[str] = frozenset()
    edits: list[Edit] = field(default_factory=list)

    def value(self, at: Edit, base: Value, found: Value, wanted: Value) -> Value:
        """One value in three states; *at* says where it is."""
        if same(base, wanted) or same(found, wanted):
            return found
        at = replace(at, has=(base is not ABSENT, found is not ABSENT, wanted is not ABSENT))
        for kind, merged in ((dict, self.mapping), (list, self.sequence)):
            if isinstance(found, kind) and isinstance(wanted, kind) and isinstance(base, kind | _Absent):
                return self.collection(merged, at, kind() if base is ABSENT else base, found, wanted)
        return self.decided(at, base, found, wanted)

    def decided(self, at: Edit, base: Value, found: Value, wanted: Value) -> Value:
        """A value as a whole: ours when only we changed it, else a clash."""
        if not same(base, found):
            self.edits.append(replace(at, kind="clash"))
            return found
        kind = "remove" if wanted is ABSENT else "add" if found is ABSENT else "set"
        self.edits.append(replace(at, kind=kind, value=wanted))
        return wanted

    def collection(self, merged: Callable[..., Any], at: Edit, base: Value, found: Value, wanted: Value) -> Value:
        """A mapping or a list: edited inside, or set as a whole where the text allows nothing else."""
        before, inside = len(self.edits), self.whole
        must_be_whole = inside(at.found)
        self.whole = (lambda _: False) if must_be_whole else inside
        result = merged(at, base, found, wanted)
        self.whole = inside
        edits = self.edits[before:]
        if edits and (must_be_whole or not result):
            clash = any(edit.kind == "clash" for edit in edits)
            self.edits[before:] = [
                replace(at, kind="clash" if clash else "set", value=result, mixed=not same(result, wanted))
            ]
            return found if clash else result
        return result

    def mapping(self, at: Edit, base: dict[Any, Any], found: dict[Any, Any], wanted: dict[Any, Any]) -> dict[Any, Any]:
        """Key by key: those that stand where they stand, ours behind their neighbours."""
        result = {}
        for key in [*found, *(key for key in wanted if key not in found)]:
            there = _inside(at, f".{key}", *(_step(key) if key in data else None for data in (base, found, wanted)))
            if key not in found and key not in base and there.label in self.removed:
                continue
            if key not in found:
                there = replace(there, after=_step(_neighbour(key, list(wanted), found)))
            result[key] = self.value(there, *(data.get(key, ABSENT) for data in (base, found, wanted)))
        return {key: value for key, value in result.items() if value is not ABSENT}

    def sequence(self, at: Edit, base: list[Any], found: list[Any], wanted: list[Any]) -> list[Any]:
        """Item by item, in the order of *found*; ours behind their neighbours."""
        names = identities(base, found, wanted)
        places = [{name: index for index, name in enumerate(each)} for each in names]
        if _disagree(*names) or _reordered(*names):
            return list(self.decided(at, base, found, wanted))
        behind: dict[Any, list[Any]] = {}
        for name in [*names[1], *(name for name in names[2] if name not in places[1])]:
            is_new = name not in places[0] and name not in places[1]
            if is_new and self.removed.intersection(labels_of(at.label, name)):
                continue
            there = _inside(at, f"[{_title(name)}]", *(each.get(name) for each in places))
            neighbour = name
            if name not in places[1]:
                neighbour = _neighbour(name, names[2], places[1])
                there = replace(there, after=places[1].get(neighbour))
            states = (_item(data, each.get(name)) for data, each in zip((base, found, wanted), places, strict=True))
            behind.setdefault(neighbour, []).append(self.value(there, *states))
        return [value for name in [None, *names[1]] for value in behind.get(name, ()) if value is not ABSENT]


def _disagree(base: list[Any], found: list[Any], wanted: list[Any]) -> bool:
    """Whether both sides took the same nameless item away and put different ones there."""
    states = [{name for name in names if name[0][0] == "value"} for names in (base, found, wanted)]
    gone = states[0] - states[1] - states[2]
    return bool(gone) and states[1] - states[0] != states[2] - states[0]


def _reordered(base: list[Any], found: list[Any], wanted: list[Any]) -> bool:
    """Whether we changed the order of items that stay; of models it means nothing."""
    staying = [name for name in base if name in wanted]
    models = all(name[0][0] in ("name", "route") for name in [*base, *found, *wanted])
    return not models and [name for name in wanted if name in staying] != staying


def _neighbour(name: Value, order: list[Any], present: Value) -> Value:
    """Whoever stands before *name* in *order* and is *present*; None when nobody does."""
    return next((each for each in reversed(order[: order.index(name)]) if each in present), None)


def _inside(at: Edit, label: str, *steps: str | int | None) -> Edit:
    """Where a child of *at* is in each of the documents; a document without it gives the container."""
    base, found, wanted = (
        place if step is None else (*place, step)
        for place, step in zip((at.base, at.found, at.wanted), steps, strict=True)
    )
    return Edit("", (at.label + label).removeprefix("."), base, found, wanted)


def _item(items: list[Any], index: int | None) -> Value:
    return ABSENT if index is None else items[index]


def _step(key: Value) -> str | None:
    return None if key is None else str(key)


def _title(name: Value) -> str:
    kind, *rest = name[0]
    return str(rest[0]) if kind != "value" else "…"


def labels_of(label: str, name: Value) -> list[str]:
    """How an item of the list *label* is called over several deployments, the most particular last.

    A model has its name, and, where it may be one of several of that name, its route. A value that
    has no name has no label.
    """
    kind, *rest = name[0]
    if kind == "value":
        return []
    titles = [str(rest[0])]
    if len(rest) > 1:
        titles.append(f"{rest[0]} = {rest[1]}")
    return [f"{label}[{title}]" for title in titles]


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
