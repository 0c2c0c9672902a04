"""What an edit of a JSON text is made of: changes by path, splices of the text, and a recipe for the way back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from tasks.model.secret import unshown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Path: TypeAlias = tuple[str, ...]
"""The names that lead to a value: ("env", "ANTHROPIC_BASE_URL")."""

Recipe: TypeAlias = tuple[tuple[int, int] | str, ...]
"""Another text in terms of this one: spans to copy (start, end; in characters) and literal pieces, in order."""


class _Remove(Enum):
    REMOVE = "remove"


REMOVE: Final = _Remove.REMOVE
"""As a value: the member must not be there."""


@dataclass(frozen=True, repr=False)
class Raw:
    """As a value: a JSON source text, put in as it is spelled. Not shown by repr, it may be a credential."""

    text: str

    def __repr__(self) -> str:
        return unshown(self)


class Splice(NamedTuple):
    """Put *text* in the place of the characters from *start* to *end*."""

    start: int
    end: int
    text: str

    def __repr__(self) -> str:
        return unshown(self)


def decoded(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """The value of a JSON source text; integers too long for Python become floats."""
    return json.loads(text, parse_int=_integer)


def canonical(value: object) -> str:
    """One spelling per JSON value, whatever its order and escapes; 1, 1.0 and true stay different."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def spliced(text: str, splices: Sequence[Splice]) -> str:
    """*text* after *splices*, which are in order and do not overlap."""
    return rebuilt(text, recipe_of(splices, len(text)))


def recipe_of(splices: Sequence[Splice], length: int) -> Recipe:
    """The recipe for the result of *splices* on a text of *length* characters."""
    pieces: list[tuple[int, int] | str] = []
    position = 0
    for splice in splices:
        pieces += [(position, splice.start), splice.text]
        position = splice.end
    return _tidy([*pieces, (position, length)])


def rebuilt(text: str, recipe: Recipe) -> str:
    """The other text, from *text* and its recipe."""
    return "".join(piece if isinstance(piece, str) else text[piece[0] : piece[1]] for piece in recipe)


def carried(recipe: Recipe, text: str, splices: Sequence[Splice]) -> Recipe:
    """A recipe over *text* as a recipe over the result of *splices*: what they take away becomes literal."""
    pieces: list[tuple[int, int] | str] = []
    for piece in recipe:
        pieces += [piece] if isinstance(piece, str) else _traced(piece, text, splices)
    return _tidy(pieces)


def _traced(span: tuple[int, int], text: str, splices: Sequence[Splice]) -> Iterator[tuple[int, int] | str]:
    """Where the characters of *span* are after *splices*."""
    position, end = span
    shift = 0
    for splice in splices:
        if position < splice.start:
            stop = min(end, splice.start)
            yield position + shift, stop + shift
            position = stop
        if position < min(end, splice.end):
            yield text[position : min(end, splice.end)]
            position = min(end, splice.end)
        if position >= end:
            return
        shift += len(splice.text) - (splice.end - splice.start)
    yield position + shift, end + shift


def _tidy(pieces: Iterable[tuple[int, int] | str]) -> Recipe:
    """The same recipe without empty pieces, neighbours joined."""
    tidy: list[tuple[int, int] | str] = []
    for piece in pieces:
        if not piece or (isinstance(piece, tuple) and piece[0] >= piece[1]):
            continue
        last = tidy[-1] if tidy else None
        if isinstance(piece, str) and isinstance(last, str):
            tidy[-1] = last + piece
        elif isinstance(piece, tuple) and isinstance(last, tuple) and last[1] == piece[0]:
            tidy[-1] = (last[0], piece[1])
        else:
            tidy.append(piece)
    return tuple(tidy)


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # longer than sys.get_int_max_str_digits()
        return float(digits)
