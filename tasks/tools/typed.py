"""The command line as it was typed: doit keeps words with `=` for itself, and tells no creator what stands behind."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from doit.cmdparse import CmdOption, TaskParse

from tasks.tools import bootstrap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

END = "--"
"""What stands behind it belongs to the program that is to be run."""


def behind(task: str) -> list[str] | None:
    """The words behind the name of *task*; None when it is not the command."""
    words = ours(sys.argv[1:])
    for at, word in enumerate(words):
        if word == task:
            return words[at + 1 :]
        option = word.startswith("-") or (at and words[at - 1].startswith("-"))
        if not option and word != "run":
            return None
    return None


def program() -> list[str]:
    """The program that is to be run, and its words, each as it was typed."""
    if carried := os.environ.pop(bootstrap.PROGRAM, ""):
        return [str(word) for word in json.loads(carried)]
    words = sys.argv[1:]
    return words[words.index(END) + 1 :] if END in words else []


def ours(words: Sequence[str]) -> list[str]:
    """The words that are not the program's."""
    return list(words[: words.index(END)] if END in words else words)


def parsed(words: Iterable[str], options: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """Options and names in any order; one that is not among *options* ends doit with a sentence."""
    parser = TaskParse([CmdOption(dict(each)) for each in options])
    values, _ = parser.parse([])
    names: list[str] = []
    rest = list(words)
    while rest:
        values, rest = parser.parse_only(rest, values)
        names += rest[:1]
        rest = rest[1:]
    return dict(values), names
