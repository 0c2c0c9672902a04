"""Words behind a command that are no option: understood where that is safe, else answered.

`deploy demo` deploys the preset demo, `doctor fix` is `doctor --fix`. `status uninstall` runs
neither of the two: the answer is one line with what to type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidCommand

from tasks.core.cli import command_line, known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Option = Mapping[str, Any]

PRESET = "preset"

DELIBERATE = frozenset(
    {
        "allow_missing",
        "include_secrets",
        "ours",
        "paid",
        "purge",
        "start",
        "theirs",
        "token_stdin",
        "upgrade",
        "write",
        "yes",
    }
)
"""Flags that delete, cost, agree or set something going: those have to be typed as options."""

KINDS = {PRESET: "preset", "models": "model", "profile": "profile"}
"""What a word can be the name of: the option, and what to call it."""

NEAR = 0.6


def read(
    command: str,
    options: Sequence[Option],
    words: Sequence[str],
) -> dict[str, Any]:
    """The options of *command*, which takes no other words; InvalidCommand for what is not safe."""
    values, strays = command_line.parsed(words, options)
    place(
        command,
        options,
        values,
        strays,
    )
    return values


def place(
    command: str,
    options: Sequence[Option],
    values: dict[str, Any],
    strays: Iterable[str],
) -> None:
    """Put what *strays* mean into *values*; InvalidCommand for the first that is not safe."""
    for word in strays:
        flag = find_option(word, options)
        if flag and flag["type"] is bool and flag["name"] not in DELIBERATE:
            values[flag["name"]] = True
        elif is_preset(word, values):
            values[PRESET] = word
        else:
            raise InvalidCommand(
                answer(
                    command,
                    options,
                    values,
                    word,
                )
            )


def find_option(word: str, options: Iterable[Option]) -> Option | None:
    """The option that *word* is, but for its dashes."""
    name = word.replace("_", "-")
    for option in options:
        if option.get("long") == name:
            return option
    return None


def is_preset(word: str, values: Mapping[str, Any]) -> bool:
    """Whether *word* is the preset that a command was given without --preset."""
    if PRESET not in values or values[PRESET] not in (None, word):
        return False
    names = known.this.find_names()
    return names.get(word) == PRESET


def answer(
    command: str,
    options: Sequence[Option],
    values: Mapping[str, Any],
    word: str,
) -> str:
    """One line for a *word* that *command* does not take: what to type instead."""
    if "=" in word:
        return command_line.no_assignment(word)
    option = find_option(word, options)
    if option:
        return f"{word!r} is an option of {command}: doit {command} {known.spell_option(option)}"
    other = known.this.find_commands().get(word)
    if other:
        return f"{command} and {other} are two commands, and one line runs one: doit {other}"
    shown = known.show_word(word)
    names = known.this.find_names()
    kind = names.get(word, "")
    if kind == PRESET and values.get(PRESET):
        return f"{values[PRESET]} and {word} are two presets; name one"
    if kind in {each["name"] for each in options}:
        return f"{shown} is a {KINDS[kind]}, named with --{kind}: doit {command} --{kind} {word}"
    hint = suggest(
        word,
        options,
        names,
    )
    return f"{command} does not take the word {shown}.{hint}\n  Its options: doit help {command}"


def suggest(
    word: str,
    options: Iterable[Option],
    names: Mapping[str, str],
) -> str:
    """The nearest of what a command could be given."""
    longs = [str(option.get("long", "")) for option in options]
    typed = {long: f"--{long}" for long in longs if long}
    if PRESET in typed:
        typed |= {name: name for name, kind in names.items() if kind == PRESET}
    import difflib

    near = difflib.get_close_matches(
        word,
        typed,
        n=1,
        cutoff=NEAR,
    )
    if not near:
        return ""
    return f" Did you mean {typed[near[0]]}?"
