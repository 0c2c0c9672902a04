"""What a user took out of a deployed file: remembered for as long as it is out.

A model that the user deletes is a difference between what was rendered and what is found. The next
deployment may not have that model at all, and then nothing in the three texts of a merge shows that
it was deleted. When it comes back, by a rollback or a preset, it would be taken for a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from tasks.core.merge.three_way import ABSENT, identities, labels_of
from tasks.core.model.errors import InvalidInput
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

BOM = "\ufeff"

Pair: TypeAlias = tuple[str, Any, Any]
"""A label, and the values in two texts; ABSENT where the second has none."""


def carry(
    before: Collection[str],
    base: bytes | None,
    found: bytes | None,
) -> tuple[str, ...]:
    """The labels of what is out of *found*: *before* already, or since *base*, which has it.

    A text that is no YAML says nothing; what was known stays.
    """
    if found is None:
        return tuple(before)
    if found == base and not before:
        return ()
    try:
        data = _parse(found)
        gone = set(before)
        if base is not None:
            gone.update(_find_missing("", _parse(base), data))
        if gone:
            gone.difference_update(_find_present("", data))
    except InvalidInput:
        return tuple(before)
    return tuple(sorted(gone))


def label_model(name: str) -> str:
    """The label of a model in litellm_config.yaml."""
    return f"model_list[{name}]"


def _parse(data: bytes) -> Any:  # noqa: ANN401 - whatever the file contains
    text = data.decode(
        "utf-8",
        "surrogateescape",
    )
    text = text.removeprefix(BOM)
    return documents.parse_yaml(text, "")


def _find_missing(
    label: str,
    base: Any,  # noqa: ANN401
    found: Any,  # noqa: ANN401
) -> Iterator[str]:
    """The labels of what *base* has and *found* has not; of a whole, not of its parts."""
    if isinstance(base, dict) and isinstance(found, dict):
        pairs = _find_pairs(label, base, found)
    elif isinstance(base, list) and isinstance(found, list):
        pairs = _find_item_pairs(label, base, found)
    else:
        return
    for own, value, other in pairs:
        if other is ABSENT:
            yield own
        else:
            yield from _find_missing(
                own,
                value,
                other,
            )


def _find_pairs(
    label: str,
    base: dict[Any, Any],
    found: dict[Any, Any],
) -> Iterator[Pair]:
    """Each value of *base*: its label, itself, and what *found* has for it."""
    for key, value in base.items():
        other = found.get(key, ABSENT)
        yield _label_key(label, key), value, other


def _find_item_pairs(
    label: str,
    base: list[Any],
    found: list[Any],
) -> Iterator[Pair]:
    names, others = identities(base, found)
    values = zip(
        others,
        found,
        strict=True,
    )
    there = dict(values)
    pairs = zip(
        names,
        base,
        strict=True,
    )
    for name, value in pairs:
        labels = labels_of(label, name)
        if labels:
            other = there.get(name, ABSENT)
            yield labels[-1], value, other


def _find_present(label: str, data: Any) -> Iterator[str]:  # noqa: ANN401
    """The labels of everything in *data*."""
    if isinstance(data, dict):
        for key, value in data.items():
            own = _label_key(label, key)
            yield own
            yield from _find_present(own, value)
    elif isinstance(data, list):
        (names,) = identities(data)
        pairs = zip(
            names,
            data,
            strict=True,
        )
        for name, value in pairs:
            labels = labels_of(label, name)
            for own in labels:
                yield own
                yield from _find_present(own, value)


def _label_key(label: str, key: object) -> str:
    return f"{label}.{key}".removeprefix(".")
