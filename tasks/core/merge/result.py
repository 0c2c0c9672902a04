"""What came of merging two texts that were changed apart: whole, or pieces with conflicts between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tasks.core.secrets import hide

Side: TypeAlias = Literal["ours", "theirs"]
"""Whose text to take in a conflict: what this deployment wants, or what was found in the user's file."""

SHOWN = 60
"""Characters of each side that a message shows."""


@dataclass(frozen=True)
class Conflict:
    """One place that both sides changed differently: whole lines of each, "" where a side has nothing.

    *line* counts from 1 in the found text; *what* names the value; *note* replaces the three texts in the message.
    """

    line: int
    ours: str = field(repr=False)
    theirs: str = field(repr=False)
    base: str = field(repr=False)
    where: str = ""
    what: str = ""
    note: str = ""

    def __str__(self) -> str:
        place = f"{self.where}:{self.line}" if self.where else f"line {self.line}"
        if self.note:
            return f"{place}: {self.note}"
        sides = f"yours {shown(self.theirs)}, new {shown(self.ours)}, before {shown(self.base)}"
        return f"{place}: {self.what}: {sides}" if self.what else f"{place}: {sides}"


@dataclass(frozen=True)
class Merge:
    """Texts and conflicts in the order of the file."""

    pieces: tuple[str | Conflict, ...] = field(repr=False)

    @property
    def conflicts(self) -> list[Conflict]:
        """What somebody must decide; empty when the merge is whole."""
        return [piece for piece in self.pieces if isinstance(piece, Conflict)]

    @property
    def text(self) -> str:
        """The merged text; only there without conflicts."""
        if self.conflicts:
            raise ValueError("the merge has conflicts")
        return self.taking("theirs")

    def taking(self, side: Side) -> str:
        """The text with every conflict decided for one *side*; what does not conflict is merged all the same."""
        return "".join(piece if isinstance(piece, str) else getattr(piece, side) for piece in self.pieces)


def shown(text: str) -> str:
    """A side of a conflict in one line, as a message can show it: shortened, without what may be a credential."""
    hidden = hide.hide_text(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")
    line = " / ".join(part.strip() for part in hidden.splitlines() if part.strip())
    return f"`{line if len(line) <= SHOWN else line[: SHOWN - 3] + '...'}`" if line else "nothing"
