"""Edits of a text: spans and what takes their place, and the recipe for the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

from tasks.core.model.secret import unshown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

T = TypeVar("T")

Recipe: TypeAlias = tuple[tuple[int, int] | str, ...]
"""Another text in terms of this one: spans to copy (start, end; in characters) and literal pieces, in order."""


class TextEdit(NamedTuple, Generic[T]):
    """Replace the characters from *start* to *end* by *new*, mostly a text; repr hides it, it may be a credential."""

    start: int
    end: int
    new: T

    def __repr__(self) -> str:
        return unshown(self)


def apply_edits(text: str, edits: Sequence[TextEdit[str]]) -> str:
    """*text* after *edits*, which are in order and do not overlap."""
    return rebuilt(text, recipe_of(edits, len(text)))


def recipe_of(edits: Sequence[TextEdit[str]], length: int) -> Recipe:
    """The recipe for the result of *edits* on a text of *length* characters."""
    pieces: list[tuple[int, int] | str] = []
    position = 0
    for edit in edits:
        pieces += [(position, edit.start), edit.new]
        position = max(position, edit.end)
    return _tidy([*pieces, (position, length)])


def rebuilt(text: str, recipe: Recipe) -> str:
    """The other text, from *text* and its recipe."""
    return "".join(piece if isinstance(piece, str) else text[piece[0] : piece[1]] for piece in recipe)


def carried(recipe: Recipe, text: str, edits: Sequence[TextEdit[str]]) -> Recipe:
    """A recipe over *text* as a recipe over the result of *edits*: what they take away becomes literal."""
    pieces: list[tuple[int, int] | str] = []
    for piece in recipe:
        pieces += [piece] if isinstance(piece, str) else _traced(piece, text, edits)
    return _tidy(pieces)


def _traced(span: tuple[int, int], text: str, edits: Sequence[TextEdit[str]]) -> Iterator[tuple[int, int] | str]:
    """Where the characters of *span* are after *edits*."""
    position, end = span
    shift = 0
    for edit in edits:
        if position < edit.start:
            stop = min(end, edit.start)
            yield position + shift, stop + shift
            position = stop
        if position < min(end, edit.end):
            yield text[position : min(end, edit.end)]
            position = min(end, edit.end)
        if position >= end:
            return
        shift += len(edit.new) - (edit.end - edit.start)
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
