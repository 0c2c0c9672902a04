"""What a message of Claude Code, a gateway or a provider means, and what to do: from templates/messages."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MESSAGES = "messages"
"""The folder below templates/ that lists them."""


class Explained(NamedTuple):
    """A known message: who says it in which words, what it *means* (part of a sentence), and the *fix*.

    *general*: counts only where no other message fits. *usual*: the guide lists it.
    *examples* are texts that must be found, *unlike* texts that must not.
    """

    id: str
    who: str
    says: str
    means: str
    fix: str
    pattern: str = ""
    general: bool = False
    usual: bool = False
    examples: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()

    def fits(self, text: str) -> bool:
        """Whether it is in *text*, whose blanks are single.

        Only whole words count: ModuleNotFoundError holds "enotfound", and is no matter of DNS.
        """
        words = self.pattern or re.escape(self.says)
        whole = rf"(?<!\w)(?:{words})(?!\w)"
        found = re.search(whole, text, re.IGNORECASE)
        return found is not None


def of(text: str) -> Explained | None:
    """The known message in *text*, however its lines are broken; None when there is none."""
    found = find(text)
    if not found:
        return None
    return found[0]


def find(text: str) -> list[Explained]:
    """Every known message in *text*; a general one only where no other is."""
    plain = make_plain(text)
    listed = known(PROJECT / "templates")
    found = [message for message in listed if message.fits(plain)]
    special = [message for message in found if not message.general]
    return special or found


def make_plain(text: str) -> str:
    """*text* with single blanks and plain apostrophes, also where it is quoted in JSON."""
    text = text.replace("\\n", " ")
    text = text.replace('\\"', '"')
    text = text.replace("\u2019", "'")
    return " ".join(text.split())


def paths(templates: Path) -> list[Path]:
    """The files of messages, in the order in which they count."""
    folder = templates / MESSAGES
    return sorted(folder.glob("*.yaml"))


@functools.cache
def known(templates: Path) -> tuple[Explained, ...]:
    """Every message that has an explanation; InvalidInput names the file and line."""
    found: list[Explained] = []
    for path in paths(templates):
        found += _read(path)
    return tuple(found)


def _read(path: Path) -> Iterator[Explained]:
    """The messages of one file."""
    listed = documents.load_yaml(path)
    try:
        for name, facts in listed.items():
            yield _make(name, facts)
    except (TypeError, AttributeError):
        problem = "is no list of messages"
        fix = "See: doit validate"
        raise InvalidInput(problem, fix, where=str(path)) from None


def _make(name: str, facts: dict[str, Any]) -> Explained:
    """One message; TypeError or AttributeError where that is none."""
    texts = {}
    for key in ("examples", "unlike"):
        texts[key] = tuple(facts.get(key, ()))
    return Explained(id=name, **{**facts, **texts})
