"""The command line as it was typed: doit keeps words with `=` for itself, and tells no creator what stands behind."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from doit import get_var
from doit.cmdparse import CmdOption, TaskParse
from doit.exceptions import InvalidCommand

from tasks.tools import bootstrap, console

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

END = "--"
"""What stands behind it belongs to the program that is to be run."""


def whole(words: Sequence[str]) -> list[str]:
    """*words* as doit has them, from the command on, with those put back that it took for variables of its own.

    One in front of the command can be meant for nobody: doit ends with a sentence.
    """
    line = sys.argv[1:]
    kept = [at for at, word in enumerate(line) if not _assigns(word)]
    if [line[at] for at in kept[len(kept) - len(words) :]] != list(words):
        return list(words)  # somebody else called doit, with other words
    begin = kept[-len(words)] if words else len(line)
    for word in line[:begin]:
        if _assigns(word) and get_var(word.partition("=")[0]) is not None:
            raise refused(_no_option(word))
    return line[begin:]


def refuse_assignment(words: Sequence[str], options: Iterable[Mapping[str, Any]]) -> None:
    """`doit deploy models=a`: no option, and no step either; without a sentence the old choice would be deployed."""
    _, rest = TaskParse([CmdOption(dict(each)) for each in options]).parse(list(words))
    if rest and _assigns(rest[0]):
        raise refused(_no_option(rest[0]))


def _assigns(word: str) -> bool:
    """Whether doit takes *word* for a variable of its own."""
    return "=" in word and not word.startswith("-")


def _no_option(word: str) -> str:
    name = console.printable(word.partition("=")[0])
    return f"'{name}=…' is not an option; write --{name.replace('_', '-')} …"


def refused(text: object) -> InvalidCommand:
    """What ends doit with one sentence and exit 3; the commands in it as this person types them."""
    return InvalidCommand(console.as_typed(str(text)))


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
