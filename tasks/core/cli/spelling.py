"""Options as people type them: `-json`, `--dry_run`, `--models a, b`, and one that is given twice.

All of it looks at the words alone, before getopt reads them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from doit.cmdparse import CmdParseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONG_DASHES = re.compile("^[\N{EN DASH}\N{EM DASH}]")
"""What a chat or a word processor makes of two dashes."""


class Spelled(NamedTuple):
    """How one option is spelled; *is_list*: every use adds to the ones before."""

    long: str
    short: str
    has_value: bool
    is_list: bool = False


def straighten(
    words: Iterable[str],
    options: Sequence[Spelled],
) -> list[str]:
    """*words* with options as they are spelled, and a list with blanks in it as one word."""
    known = {option.long for option in options}
    shorts = {option.short for option in options if option.short}
    spelled = [
        _spell(
            word,
            known,
            shorts,
        )
        for word in words
    ]
    lists = {f"--{option.long}" for option in options if option.has_value and not option.is_list}
    return _join_lists(spelled, lists)


def _spell(
    word: str,
    known: set[str],
    shorts: set[str],
) -> str:
    """*word* with two dashes and no underscores where that makes it an option."""
    text = LONG_DASHES.sub("--", word)
    if not text.startswith("-") or text.startswith("---"):
        return word
    name, sign, value = text.partition("=")
    long = name.lstrip("-").replace("_", "-")
    if long not in known or long in shorts:
        return word
    return f"--{long}{sign}{value}"


def _join_lists(
    words: Iterable[str],
    options: set[str],
) -> list[str]:
    """`--models a, b` as `--models a,b`: after a comma a value goes on in the next word."""
    joined: list[str] = []
    for word in words:
        if _goes_on(
            joined,
            word,
            options,
        ):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _goes_on(
    before: Sequence[str],
    word: str,
    options: set[str],
) -> bool:
    """Whether *word* is more of the value that ends *before*."""
    if not before or word.startswith("-"):
        return False
    *_, last = before
    is_value = last.partition("=")[0] in options and "=" in last
    if len(before) > 1 and before[-2] in options:
        is_value = True
    return is_value and (last.endswith(",") or word.startswith(","))


def refuse_repeats(given: Iterable[tuple[str, str]]) -> None:
    """CmdParseError when one option has two values.

    The values are not shown: one may be a secret.
    """
    seen: dict[str, str] = {}
    for name, value in given:
        if (
            seen.setdefault(
                name,
                value,
            )
            != value
        ):
            raise CmdParseError(f"{name} is given twice, with different values; leave one out")
