"""Plain assignments in the profiles of bash, zsh, fish and sh: looked up in the text, never executed.

`NAME=value`, `export NAME=value` (declare, typeset, readonly likewise) and fish's `set -gx NAME value` count where
they stand by themselves. What only the shell could tell ($(...), backticks, other variables, patterns, branches of an
if) is reported as such, without a value; functions, subshells and heredocs are passed over. The last assignment wins.
"""

from __future__ import annotations

import re
import stat
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.text.shell_text import Command, Shell, commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LARGEST = 1 << 20
"""Bytes; a longer profile is not read."""


class Found(NamedTuple):
    """What a profile assigns, and in which line (from 1); None where only the shell itself could tell the value."""

    value: str | None
    line: int

    def __repr__(self) -> str:
        return f"Found({'computed' if self.value is None else '[hidden]'}, line={self.line})"


def files(home: Path, environ: Mapping[str, str]) -> list[tuple[Path, Shell]]:
    """The profiles to look into, the most telling first.

    The user's own shell ($SHELL) comes before the others; within one shell the file that it reads last, because that
    one has the last word in a terminal. ~/.profile ends the list: bash reads it only where ~/.bash_profile is missing.
    """
    zdotdir = Path(environ.get("ZDOTDIR") or home)
    given = environ.get("XDG_CONFIG_HOME", "")
    config = home / ".config"
    if given.startswith("/"):  # a relative one is to be ignored, says its specification
        config = Path(given)
    of: dict[str, list[tuple[Path, Shell]]] = {
        "bash": [(home / ".bashrc", "sh"), (home / ".bash_profile", "sh")],
        "zsh": [(zdotdir / name, "sh") for name in (".zshrc", ".zprofile", ".zshenv")],
        "fish": [(config / "fish" / "config.fish", "fish")],
    }
    own = Path(environ.get("SHELL", "")).name
    order = sorted(of, key=lambda shell: shell != own)  # stable: bash, zsh, fish otherwise
    return [*(pair for shell in order for pair in of[shell]), (home / ".profile", "sh")]


def text_of(path: Path, errors: str = "strict") -> tuple[str | None, str]:
    """The text of a regular file in UTF-8; or None, and why not ("" when there is no such file)."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would wait for a writer
            return None, "not a regular file"
        if status.st_size > LARGEST:
            return None, "larger than 1 MiB"
        return path.read_bytes().decode(errors=errors), ""
    except (FileNotFoundError, NotADirectoryError):
        return None, ""
    except OSError as error:
        return None, f"not readable ({error.strerror})"
    except ValueError as error:
        return None, "not UTF-8" if isinstance(error, UnicodeDecodeError) else "not a possible path"


def assignments(text: str, shell: Shell, home: str | None = None) -> dict[str, Found]:
    """What *text* assigns, by name. With *home*, a leading ~/ and $HOME are understood; else they count as computed."""
    found: dict[str, Found] = {}
    for command in commands(text.replace("\r\n", "\n"), shell):
        changes = _fish(command, home) if shell == "fish" else _sh(command, home)
        for name, change in changes:
            if change is None:
                found.pop(name, None)
            else:
                found[name] = change
    return found


_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=(.*)", re.DOTALL | re.ASCII)
_EXPORTING = frozenset({"export", "declare", "typeset", "readonly"})
_LONG = {"--export": "x", "--erase": "e", "--append": "a", "--prepend": "p", "--global": "g", "--universal": "U"}

Change = tuple[str, Found | None]
"""A name, and what it is now; None: nothing any more."""


def _sh(command: Command, home: str | None) -> Iterator[Change]:
    words = command.words
    if words[0].text == "unset":
        yield from ((word.text, None if command.certain else Found(None, word.line)) for word in words[1:])
        return
    if words[0].text in _EXPORTING:
        words = tuple(word for word in words[1:] if not word.text.startswith("-"))
    elif not all(_ASSIGNMENT.fullmatch(word.text) for word in words):
        return  # NAME=value command: for that command only
    for word in words:
        if match := _ASSIGNMENT.fullmatch(word.text):
            value = None if match[2] or not command.certain else evaluate(match[3], "sh", home)
            yield match[1], Found(value, word.line)


def _fish(command: Command, home: str | None) -> Iterator[Change]:
    first, *words = command.words
    options = [word.text for word in takewhile(lambda word: word.text.startswith("-"), words)]
    if first.text != "set" or len(options) == len(words):
        return
    name, values = words[len(options)], words[len(options) + 1 :]
    flags = {flag for option in options for flag in _LONG.get(option, option[1:])}
    if "e" in flags:
        yield name.text, None if command.certain else Found(None, name.line)
    elif "x" in flags:
        plain = command.certain and len(values) == 1 and not flags & {"a", "p"}
        yield name.text, Found(evaluate(values[0].text, "fish", home) if plain else None, name.line)


_PIECES = r"""
    '(?P<single> {single} )'
    | "(?P<double> (?:\\.|[^"\\])*+ )"
    | \\(?P<escaped> . )
    | (?P<home> \$HOME(?!\w) | \$\{{HOME\}} )
    | (?P<plain> [^\s'"\\$`*?\[\]{{}}~]++ )
"""
_PIECE = {
    shell: re.compile(_PIECES.format(single=single), re.VERBOSE | re.DOTALL | re.ASCII)
    for shell, single in (("sh", r"[^']*+"), ("fish", r"(?:\\.|[^'\\])*+"))
}
_INSIDE = re.compile(r'\\["\\$`\n]|\$HOME(?!\w)|\$\{HOME\}|[$`]', re.ASCII)


def evaluate(text: str, shell: Shell, home: str | None) -> str | None:
    """What the shell makes of a word; None where it would have to compute something."""
    made = ""
    if home is not None and (text == "~" or text.startswith("~/")):
        made, text = home, text[1:]
    at = 0
    while at < len(text):
        match = _PIECE[shell].match(text, at)
        piece = None if match is None else _piece(match, shell, home)
        if match is None or piece is None:
            return None
        made, at = made + piece, match.end()
    return made


def _piece(match: re.Match[str], shell: Shell, home: str | None) -> str | None:
    if match["single"] is not None:
        return re.sub(r"\\(['\\])", r"\1", match["single"]) if shell == "fish" else match["single"]
    if match["double"] is not None:
        return _double(match["double"], home)
    if match["escaped"] is not None:  # fish has \n, \t, \x41 and the like
        return None if shell == "fish" and match["escaped"].isalnum() else match["escaped"].replace("\n", "")
    return home if match["home"] else match["plain"]


def _double(text: str, home: str | None) -> str | None:
    """The inside of double quotes; None where something besides the home directory would be put in."""
    made = [
        found[1:].replace("\n", "") if found.startswith("\\") else home if "HOME" in found else None
        for found in _INSIDE.findall(text)
    ]
    pieces = [piece for piece in made if piece is not None]
    values = iter(pieces)
    return _INSIDE.sub(lambda _: next(values), text) if len(pieces) == len(made) else None
