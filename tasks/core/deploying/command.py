"""The command line that asks for the same as a request.

It is shown at the end of an interview, to do the same on another machine without a question.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.model.choices import NONE, option_of
from tasks.core.secrets import hide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.request import Request
    from tasks.core.model.choices import Choices

FLAGS = ("start", "yes", "ours", "allow_missing")
"""The flags that an answer can set."""


def spell_command(request: Request) -> str:
    """`doit deploy` with the options for *request*.

    Values that were typed in answer to a question are left out: a shell would remember them.
    """
    choices = spell_choices(request.choices)
    flags = [
        option_of(name)  # as it is typed
        for name in FLAGS
        if getattr(request.flags, name)
    ]
    words = [*choices, *flags, "--no-input"]
    return f"doit deploy {shlex.join(words)}"


def spell_options(request: Request) -> Iterator[str]:
    """The options of this run as they were typed, a word each; what may be a secret is hidden."""
    for name, text in request.typed.items():
        option = option_of(name)
        values = text.splitlines()
        for value in values:
            shown = _hide(value)
            yield f"{option}={shown}"
    if request.profile:
        yield f"--profile={request.profile}"
    flags = request.flags._asdict()
    for name, value in flags.items():
        if not value:
            continue
        option = option_of(name)
        yield _spell_flag(option, value)
    for name in ("quiet", "verbose"):
        if getattr(console.loudness, name):
            yield option_of(name)


def _hide(value: str) -> str:
    data = value.encode(
        "utf-8",
        "surrogateescape",
    )
    hidden = hide.hide_text(
        data,
    )
    return hidden.decode(
        "utf-8",
        "replace",
    )


def _spell_flag(option: str, value: object) -> str:
    """A flag; without a value where that says only that it was given."""
    if value is True:
        return option
    if isinstance(value, tuple):
        listing = ",".join(value)
        return f"{option}={listing}"
    return f"{option}={value}"


def spell_choices(choices: Choices) -> Iterator[str]:
    """The options for *choices*, which contain no secret."""
    chosen = choices.to_json()
    for name, value in chosen.items():
        for text in _spell_value(
            name,
            value,
        ):
            yield option_of(name)
            yield text


def spell_changes(before: Choices, after: Choices) -> str:
    """The options that lead from the choices *before* to *after*; none takes one back."""
    start = before
    if before.preset != after.preset:
        # Another preset takes some choices back by itself.
        start = before.asked(preset=after.preset)
        start = start._replace(preset="")
    had = start._asdict()
    words: list[str] = []
    for name, value in after._asdict().items():
        if value == had[name]:
            continue
        option = option_of(name)
        for text in _spell_value(
            name,
            value,
        ):
            words += (option, text)
    return shlex.join(words)


def _spell_value(name: str, value: object) -> list[str]:
    """The words behind the option of a choice, one for each time that it is given."""
    if value is None:
        return [NONE]
    if name == "scope":
        # The option takes no path: it is meant from where it is typed.
        return ["project"]
    if not isinstance(value, (list, tuple)):
        return [str(value)]
    if name == "headers":
        return [*value]
    return [",".join(value)]
