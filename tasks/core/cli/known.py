"""What the words of a command line may be the name of, and how a word or an option is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.console import console
from tasks.core.model import secret_patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Option = Mapping[str, Any]


class Known:
    """What words may be the name of; our own entry says so before it reads any.

    - *find_commands*: the commands and steps, also by the names that are suggested for them
    - *find_names*: presets, models and profiles, each with the option that takes it
    - *find_deploy_options*: the options of `doit deploy`
    """

    def __init__(self) -> None:
        self.find_commands: Callable[[], Mapping[str, str]] = dict
        self.find_names: Callable[[], Mapping[str, str]] = dict
        self.find_deploy_options: Callable[[], Iterable[Option]] = list


this = Known()


def show_word(word: str) -> str:
    """*word* in quotes; what may be a secret is not repeated."""
    if secret_patterns.holds_secret(word):
        return "that was typed"
    return repr(console.printable(word))


def spell_option(option: Option) -> str:
    """An option as it is typed: `--port N`."""
    spelled = f"--{option['long']}"
    if option["type"] is bool:
        return spelled
    return f"{spelled} {name_value(option)}"


def name_value(option: Option) -> str:
    """What the value of an option is called in help."""
    usual = "N" if option["type"] is int else "TEXT"
    return str(
        option.get(
            "metavar",
            usual,
        )
    )
