"""The command line that asks for the same as a request.

It is shown at the end of an interview, to do the same on another machine without a question.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tasks.core.model.choices import option_of

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
    flags = [option_of(name) for name in FLAGS if getattr(request.flags, name)]
    words = [*choices, *flags, "--no-input"]
    return f"doit deploy {shlex.join(words)}"


def spell_choices(choices: Choices) -> Iterator[str]:
    """The options for *choices*, which contain no secret."""
    for name, value in choices.to_json().items():
        for text in _spell_value(name, value):
            yield option_of(name)
            yield text


def _spell_value(name: str, value: object) -> list[str]:
    """The words behind the option of a choice, one for each time that it is given."""
    if name == "scope":
        # The option takes no path: it is meant from where it is typed.
        return ["project"]
    if not isinstance(value, list):
        return [str(value)]
    if name == "headers":
        return value
    return [",".join(value)]
