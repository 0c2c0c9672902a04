"""Examples of the commands, and other names for them: templates/help/commands.yaml."""

from __future__ import annotations

import functools
from typing import NamedTuple

from tasks.core.model.errors import GatewayError
from tasks.core.model.layout import PROJECT
from tasks.core.text import documents

FILE = PROJECT / "templates" / "help" / "commands.yaml"


class Shown(NamedTuple):
    """What help adds to a command.

    *also*: names under which people look for it; *examples*: what to type, and what it does.
    """

    also: tuple[str, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    notes: str = ""


@functools.cache
def read() -> dict[str, Shown]:
    """What help adds, by command; nothing where the file is damaged."""
    try:
        listed = documents.load_yaml(FILE)
    except (GatewayError, OSError):
        return {}
    found = {}
    for name, facts in listed.items():
        examples = facts.get(
            "examples",
            {},
        )
        found[name] = Shown(
            tuple(facts.get("also", ())),
            tuple(examples.items()),
            facts.get("notes", ""),
        )
    return found


def of(name: str) -> Shown:
    """What help adds to the command *name*."""
    return read().get(name, Shown())


def find_synonyms() -> dict[str, str]:
    """Other names, each with the command that is meant."""
    return {word: name for name, shown in read().items() for word in shown.also}
