"""What a message of Claude Code, LiteLLM or a provider means, and what to do: from templates/messages.yaml."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT
from tasks.core.text import documents

if TYPE_CHECKING:
    from pathlib import Path

MESSAGES = "messages.yaml"
"""The file below templates/ that lists them."""


class Explained(NamedTuple):
    """A known message: who says it in which words, what that *means* (part of a sentence), and what to do (*fix*)."""

    id: str
    who: str
    says: str
    means: str
    fix: str
    pattern: str = ""

    def fits(self, text: str) -> bool:
        """Whether it stands in *text*, whose blanks are single."""
        return re.search(self.pattern or re.escape(self.says), text, re.IGNORECASE) is not None


def of(text: str) -> Explained | None:
    """The first known message that stands in *text*, however its lines are broken; None when none does."""
    plain = " ".join(text.replace("\u2019", "'").split())
    return next((each for each in known(PROJECT / "templates") if each.fits(plain)), None)


@functools.cache
def known(templates: Path) -> tuple[Explained, ...]:
    """Every message that has an explanation, in the order in which they are tried; InvalidInput says file:line."""
    listed = documents.load_yaml(templates / MESSAGES)
    try:
        return tuple(Explained(id=name, **facts) for name, facts in listed.items())
    except (TypeError, AttributeError):
        raise InvalidInput("is no list of messages", "See: doit validate", where=str(templates / MESSAGES)) from None
