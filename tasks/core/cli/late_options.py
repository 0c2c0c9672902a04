"""Options behind the words of a command, as in `explain KEY --dir X`.

Our own entry reads them in any place. doit itself, started as `python -m doit`, stops at the first
word and takes the options behind it for words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.cmdparse import CmdParseError

from tasks.core.cli import command_line
from tasks.core.cli.steps import WORDS
from tasks.core.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def split(
    words: Sequence[str],
    options: Sequence[Mapping[str, Any]],
) -> tuple[dict[str, Any], list[str]]:
    """The options among *words* that were given, and the words without them; UsageError."""
    if not any(word.startswith("-") for word in words):
        return {}, list(words)
    try:
        values, names = command_line.parsed(
            words,
            options,
        )
    except CmdParseError as error:
        raise UsageError(
            str(error),
            "See: doit help",
        ) from None
    defaults = {option["name"]: option["default"] for option in options}
    given = {}
    for name, value in values.items():
        if name != WORDS["name"] and value != defaults.get(name):
            given[name] = value
    return given, names
