"""Puts mends into a YAML text at the spots of their values; every byte around them stays, comments above all.

What the text has no spot for (flow style, aliases, a section that is empty) is left to the three-way merge, which knows
more ways. The result must mean what the mended data say; else nothing of it is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.lint.editor import IN_SECTION, Editor
from tasks.core.merge import merge as merge_merge
from tasks.core.merge import three_way
from tasks.core.model.errors import InvalidInput
from tasks.core.text import documents
from tasks.core.text.text_edit import TextEdit, apply_edits
from tasks.core.text.yaml_spans import Unplaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tasks.core.lint.findings import Mend, Place


class Outcome(NamedTuple):
    """The text with the mends that were done, and those that cannot be; the others are in each other's way."""

    text: str
    done: tuple[Mend, ...]
    impossible: tuple[Mend, ...]


def mended(text: str, mends: Sequence[Mend], where: str) -> Outcome:
    """*text* with the mends in it, as far as they can be done there at once."""
    data = documents.parse_document(text, where).data
    editor = Editor(text, where, data, mends)
    cuts: dict[Mend, list[TextEdit[str]]] = {}
    for mend in mends:
        try:
            cuts[mend] = editor.edits(mend)
        except Unplaced:
            continue
    placed = _clear(cuts)
    edits = [edit for mend in placed for edit in cuts[mend]]
    wanted = after(data, placed)
    done = apply_edits(text, sorted([*edits, *editor.additions(set(placed))]))
    if not _means(done, wanted, where):
        done, wanted, placed, cuts = text, data, [], {}
    rest = [mend for mend in mends if mend not in cuts]
    return _merged(done, wanted, rest, where, placed)


def _clear(cuts: dict[Mend, list[TextEdit[str]]]) -> list[Mend]:
    """The mends whose places in the text do not overlap, the first of those that do."""
    clear, position = [], 0
    for mend, edits in sorted(cuts.items(), key=lambda pair: pair[1]):
        if not edits or edits[0].start >= position:
            clear.append(mend)
            position = max([position, *(edit.end for edit in edits)])
    return clear


def after(data: Any, mends: Iterable[Mend]) -> Any:  # noqa: ANN401 - whatever the document holds
    """The data with the mends done; nothing is shared with *data*."""
    result = _copy(data)
    for mend in mends:
        if mend.kind == "set":
            _parent(result, mend.place)[mend.place[-1]] = mend.value
            continue
        value = _parent(result, mend.place).pop(mend.place[-1])
        if mend.kind == "move":
            _parent(result, mend.to)[mend.to[-1]] = value
    return _without_hollows(result, mends)


def _copy(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {key: _copy(inner) for key, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value


def _parent(data: Any, place: Place) -> Any:  # noqa: ANN401
    """The collection that holds *place*; sections that are missing or empty are made."""
    for step in place[:-1]:
        if isinstance(step, str) and data.get(step) is None:
            data[step] = {}
        data = data[step]
    return data


def _without_hollows(data: Any, mends: Iterable[Mend]) -> Any:  # noqa: ANN401
    """Sections out of which everything was taken go as well."""
    for section in {mend.place[0] for mend in mends if mend.kind != "set" and len(mend.place) == IN_SECTION}:
        if data.get(section) == {}:
            del data[section]
    return data


def _means(text: str, data: Any, where: str) -> bool:  # noqa: ANN401
    try:
        found = documents.parse_document(text, where)
    except InvalidInput:
        return False
    return not found.twice and three_way.same(found.data, data)


def _merged(text: str, data: Any, mends: list[Mend], where: str, done: list[Mend]) -> Outcome:  # noqa: ANN401
    """What has no place of its own, by the three-way merge: all at once, else one by one."""
    if mends and (whole := _by_merge(text, data, mends, where)) is not None:
        return Outcome(whole, (*done, *mends), ())
    left = []
    for mend in mends:
        one = _by_merge(text, data, [mend], where)
        if one is None:
            left.append(mend)
        else:
            text, data = one, after(data, [mend])
    return Outcome(text, (*done, *(mend for mend in mends if mend not in left)), tuple(left))


def _by_merge(text: str, data: Any, mends: list[Mend], where: str) -> str | None:  # noqa: ANN401
    wanted = after(data, mends)
    merge = merge_merge.litellm_config(documents.dump_yaml(data), text, documents.dump_yaml(wanted), where)
    return merge.text if not merge.conflicts and _means(merge.text, wanted, where) else None
