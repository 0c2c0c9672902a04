"""The pages of help: all commands in their groups, or one with its examples and options.

Values in, lines out. What is shown comes from the creators in dodo.py and the options of the tasks.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.cli import command_line, known
from tasks.core.console import console
from tasks.core.frame import examples, values
from tasks.core.model.layout import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tasks.core.frame import groups
    from tasks.core.model.layout import Layout

    Option = Mapping[str, Any]

WIDEST = 120
"""Columns of a page; where it is not for a terminal, too."""

FRONT = "front"
"""Where the examples of the front page are."""

YES = "yes"
"""The option that some commands explain in their own words."""

MARGIN = 2
OTHERS = "Options"
"""The heading of the options that name no section."""

FEW = 16
"""So many values are shown with an option."""

SHARED = 4
"""With at least so many options of `deploy`, a page names them and points there."""

MORE = "One command in full: doit help COMMAND. Every command and step: doit help --all"


class Command(NamedTuple):
    """A command, or a step, as help shows it.

    *examples*: what to type, and what it does; *notes*: sentences below them.
    """

    name: str
    says: str
    examples: tuple[tuple[str, str], ...] = ()
    notes: str = ""
    options: tuple[Option, ...] = ()
    is_of_doit: bool = False


def describe(
    name: str,
    doc: str | None,
    options: Iterable[Option] = (),
) -> Command:
    """The command *name*, whose docstring is *doc*."""
    says, *_ = (doc or "").strip().splitlines() or [""]
    visible = tuple(option for option in options if option.get("long"))
    shown = examples.of(name)
    return Command(
        name,
        says,
        shown.examples,
        shown.notes,
        visible,
    )


def front_page(
    head: Command,
    commands: Mapping[groups.Group, Sequence[Command]],
    version: str,
    width: int,
) -> Iterator[str]:
    """All commands: *head* is what dodo.py says of the whole."""
    yield from _fold(
        f"{PACKAGE} {version}: {head.says}",
        width,
    )
    yield from _examples(head, width)
    every = itertools.chain.from_iterable(
        commands.values(),
    )
    column = max(len(command.name) for command in every)
    for group, found in commands.items():
        yield ""
        yield group.title
        padded = [(f"{command.name:{column}}", command.says) for command in found]
        yield from _table(padded, width)
    yield ""
    yield from _fold(MORE, width)


def command_page(
    command: Command,
    deploying: Sequence[Option],
    given: Mapping[str, Sequence[str]],
    width: int,
) -> Iterator[str]:
    """One command; options that are those of *deploying* are shown with `deploy` alone.

    *given*: what some options can be given, by name.
    """
    yield from _fold(
        f"doit {command.name}: {command.says}",
        width,
    )
    yield from _examples(
        command,
        width,
    )
    if command.notes:
        yield ""
        yield from _fold(
            command.notes,
            width,
        )
    own, shared = divide(
        command.options,
        deploying,
    )
    for section, options in by_section(own).items():
        yield ""
        yield section
        rows = [
            row(
                option,
                given.get(
                    option["name"],
                    (),
                ),
            )
            for option in options
        ]
        yield from _table(rows, width)
    if shared:
        names = ", ".join(f"--{option['long']}" for option in shared)
        yield ""
        yield from _fold(
            f"Options of deploy (doit help deploy): {names}",
            width,
        )
    if command.is_of_doit:
        return
    yield ""
    yield "Everywhere"
    everywhere = dict(command_line.EVERYWHERE)
    if YES in map(_name, own):
        del everywhere["-y, --yes"]
    yield from _table(
        everywhere.items(),
        width,
    )


def _name(option: Option) -> str:
    return str(option["name"])


def divide(
    options: Sequence[Option],
    deploying: Sequence[Option],
) -> tuple[list[Option], list[Option]]:
    """The options that are a command's own, and those that it has from `deploy`."""
    shared = [option for option in options if option in deploying]
    if len(shared) < SHARED or len(shared) == len(deploying):
        return list(options), []
    own = [option for option in options if option not in shared]
    return own, shared


def by_section(options: Iterable[Option]) -> dict[str, list[Option]]:
    """The options below their headings, in order."""
    found: dict[str, list[Option]] = {}
    for option in options:
        section = option.get("section") or OTHERS
        found.setdefault(
            section,
            [],
        ).append(option)
    return found


def row(
    option: Option,
    given: Sequence[str] = (),
) -> tuple[str, str]:
    """An option as it is typed, and what it does; with what can be *given*, unless it is said."""
    spelled = known.spell_option(option)
    if option.get("short"):
        spelled = f"-{option['short']}, {spelled}"
    text = re.sub(
        r"%\(default\)s",
        str(option["default"]),
        option["help"],
    )
    is_said = any(value in text for value in given)
    if given and not is_said:
        text = f"{text}; one of {', '.join(given)}"
    return spelled, " ".join(text.split())


def find_values(
    options: Iterable[Option],
    layout: Layout,
) -> dict[str, list[str]]:
    """What the *options* can be given, by name, where that is known and short."""
    found = {}
    for option in options:
        source = values.SOURCES.get(option["name"])
        names = list(source(layout)) if source else []
        if len(names) <= FEW:
            found[option["name"]] = names
    return found


def page_width() -> int:
    """Columns of a page on this terminal."""
    return min(console.width(), WIDEST)


def _examples(
    command: Command,
    width: int,
) -> Iterator[str]:
    if not command.examples:
        return
    yield ""
    yield from _table(command.examples, width)


def _fold(
    text: str,
    width: int,
) -> list[str]:
    typed = console.as_typed(text)
    return console.folded(
        typed,
        width,
    ).split("\n")


def _table(
    rows: Iterable[tuple[str, str]],
    width: int,
) -> Iterator[str]:
    """Two columns; commands are spelled as they are typed before the lines are folded."""
    typed = []
    for left, right in rows:
        cells = (
            console.as_typed(left),
            console.as_typed(right),
        )
        typed.append(cells)
    yield from console.lines(
        typed,
        width,
        MARGIN,
    )
