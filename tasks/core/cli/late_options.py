"""Options behind the words of a command, as in `explain KEY --dir X`.

Our own entry reads them in any place. doit itself, where it is started as a module, stops at the
first word and takes the options behind it for words.
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
    return find_given(values, options), names


def find_given(
    values: Mapping[str, Any],
    options: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Those of *values* that are not what an option has by itself."""
    given = dict(values)
    given.pop(str(WORDS["name"]), None)
    for option in options:
        name = option["name"]
        if given.get(name) == option["default"]:
            given.pop(name, None)
    return given
