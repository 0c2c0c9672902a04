"""The words that read as translated, and where they occur: messages, docstrings, comments, docs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.house.source import Module

AVOIDED = {
    "anew": r"anew",
    "as it was": r"as it was",
    "be it": r"be it",
    "beforehand": r"beforehand",
    "cannot be meant": r"cannot be meant",
    "comes to": r"comes? to",
    "elsewhere": r"elsewhere",
    "from now on": r"from now on",
    "give back": r"(?:give[sn]?|gave|giving) (?:\w+ )?back",
    "join": r"join(?:s|ed|ing)?",
    "mend": r"mend(?:s|ed|ing)?",
    "nobody": r"nobody",
    "of ours": r"of (?:ours|theirs)",
    "shall": r"shall",
    "somebody": r"somebody",
    "stand": r"(?:stands?|stood)(?!-)",
    "take away": r"(?:take[sn]?|took|taking) (?:\w+ )?away",
    "told": r"told",
    "whoever": r"whoever",
}
"""Words that new text does without; each count may only fall."""

WATCHED = {
    "asked": r"asked",
    "behind": r"behind",
    "hold": r"holds?|held",
    "is there": r"(?:is|are)(?: not)? there",
    "leave": r"leaves?|left",
    "say": r"says?|said",
    "tell": r"tells?",
}
"""Words that are right in some places and stand for something else in others; they are shown, not held."""

PATTERNS = {
    word: re.compile(rf"\b(?:{pattern})\b".replace(" ", r"\s+"), re.IGNORECASE)
    for word, pattern in (AVOIDED | WATCHED).items()
}
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/**/*.md")


class Text(NamedTuple):
    """A piece of text that a person reads."""

    kind: str
    path: str
    line: int
    text: str


def read_texts(root: Path, modules: Iterable[Module]) -> Iterator[Text]:
    """Every text of the code and of the pages."""
    for module in modules:
        for node in module.docstrings:
            yield Text("docstrings", module.path, node.lineno, node.value)
        for node in module.strings:
            if " " in node.value:  # a key, a path or a command's name is no sentence
                yield Text("messages", module.path, node.lineno, node.value)
        for line, comment in module.comments:
            yield Text("comments", module.path, line, comment)
    for pattern in PAGES:
        for file in sorted(root.glob(pattern)):
            path = file.relative_to(root).as_posix()
            yield Text("docs", path, 1, file.read_text(encoding="utf-8"))


def find_word(word: str, texts: Iterable[Text]) -> Iterator[tuple[Text, int]]:
    """Each place at which the word occurs: the text, and the number of the line in its file."""
    for text in texts:
        for match in PATTERNS[word].finditer(text.text):
            # In a message "\\n" is an escape, not an end of line of the file: its first line must do.
            above = 0 if text.kind == "messages" else text.text.count("\n", 0, match.start())
            yield text, text.line + above
