"""How shell files start claude: aliases, functions and wrapper scripts, read and never run.

    alias work='CLAUDE_CONFIG_DIR=$HOME/.claude-work command claude'
    glm() { ANTHROPIC_BASE_URL=https://glm.example.com claude "$@"; }

What only the shell could know, such as `$(pass token)`, has no value here; a body that cannot be
read is reported as such.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.text.shell_text import Word, commands
from tasks.core.values.shell_profiles import assignments, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasks.core.text.shell_text import Command, Shell

CLAUDE = "claude"
RUNNERS = frozenset({"command", "exec", "env", "nohup", "builtin", "time", "noglob"})
"""Words in front of a command that do not change which one it is."""

_NAME = r"[\w.:+-]+"
_ASSIGNMENT = re.compile(
    r"([A-Za-z_]\w*)=(.*)",
    re.DOTALL | re.ASCII,
)
_HEADERS = {
    "sh": re.compile(
        rf"^(?P<indent>[ \t]*)"
        rf"(?:function[ \t]+(?P<a>{_NAME})(?:[ \t]*\([ \t]*\))?|(?P<b>{_NAME})[ \t]*\([ \t]*\))"
        r"[ \t\n]*\{",
        re.MULTILINE,
    ),
    "fish": re.compile(
        rf"^(?P<indent>[ \t]*)function[ \t]+(?P<a>{_NAME})(?P<b>)[^\n;]*",
        re.MULTILINE,
    ),
}
_ENDS = {"sh": r"[;\s]\}}[ \t]*$|^{indent}\}}", "fish": r"^{indent}end\b|;[ \t]*end\b"}


class Call(NamedTuple):
    """One place that starts claude: what it is named there, and the line (from 1).

    *variables*: what claude is given; None for a value that only a shell could know.
    *options*: claude's own, as they are written. *is_known*: whether what it runs could be read.
    """

    name: str
    line: int
    variables: Mapping[str, str | None]
    options: Sequence[str] = ()
    is_known: bool = True

    def __repr__(self) -> str:
        return f"Call({self.name}, line={self.line}, {sorted(self.variables)})"


def find_calls(
    text: str,
    shell: Shell,
    home: str,
) -> list[Call]:
    """The aliases and functions of a shell's file that start claude, by line."""
    text = text.replace("\r\n", "\n")
    found = [*_aliases(text, shell, home), *_functions(text, shell, home)]
    return sorted(
        found,
        key=lambda call: call.line,
    )


def read_script(text: str, home: str) -> Call | None:
    """What a wrapper gives to the claude that it starts; None when *text* is no shell script."""
    first, _, _ = text.partition("\n")
    if not re.match(r"#!.*\b(ba|da|k|z)?sh\b", first):
        return None
    return _read(text, "sh", home) or Call(
        "",
        1,
        _exports(text, "sh", home),
        is_known=False,
    )


def _aliases(
    text: str,
    shell: Shell,
    home: str,
) -> Iterator[Call]:
    for command in commands(text, shell):
        first, *words = command.words
        if first.text != "alias":
            continue
        for name, body, line in _pairs(words):
            call = _of_alias(
                name,
                body,
                line,
                shell,
                home,
            )
            if call is not None:
                yield call


def _pairs(words: Sequence[Word]) -> Iterator[tuple[str, str, int]]:
    """Name, body and line of each alias: `name=body`, or fish's `name body`."""
    plain = [word for word in words if not word.text.startswith("-")]
    first, *rest = plain or [Word("", 0)]
    if len(rest) == 1 and "=" not in first.text:
        yield first.text, rest[0].text, first.line
        return
    for word in plain:
        name, equals, body = word.text.partition("=")
        if equals:
            yield name, body, word.line


def _of_alias(
    name: str,
    body: str,
    line: int,
    shell: Shell,
    home: str,
) -> Call | None:
    """The call behind an alias; None when it starts something else."""
    label = f"alias {name}"
    plain = evaluate(body, shell, home)
    if plain is None:  # something is computed in it, which does not matter for what it starts
        plain = body.strip("\"'")
    call = _read(plain, shell, home)
    if call is not None:
        return call._replace(name=label, line=line)
    if name == CLAUDE:
        return Call(label, line, {}, is_known=False)
    return None


def _functions(
    text: str,
    shell: Shell,
    home: str,
) -> Iterator[Call]:
    for header in _HEADERS[shell].finditer(text):
        name = header["a"] or header["b"]
        line = text.count("\n", 0, header.start()) + 1
        end = re.compile(
            _ENDS[shell].format(indent=header["indent"]),
            re.MULTILINE,
        )
        closed = end.search(text, header.end())
        if closed is None:
            if name == CLAUDE:
                yield Call(f"function {name}", line, {}, is_known=False)
            continue
        call = _read(
            text[header.end() : closed.start()],
            shell,
            home,
        )
        if call is not None:
            yield call._replace(
                name=f"function {name}",
                line=line,
            )
        elif name == CLAUDE:
            yield Call(
                f"function {name}",
                line,
                {},
                is_known=False,
            )


def _read(
    text: str,
    shell: Shell,
    home: str,
) -> Call | None:
    """The first call of claude in *text*, with what is exported; None when there is none."""
    for command in commands(text, shell):
        call = _of_command(command, shell, home)
        if call is not None:
            given = {**_exports(text, shell, home), **call.variables}
            return call._replace(variables=given)
    return None


def _exports(
    text: str,
    shell: Shell,
    home: str,
) -> dict[str, str | None]:
    """What *text* assigns by itself."""
    found = assignments(text, shell, home)
    return {name: value.value for name, value in found.items()}


def _of_command(
    command: Command,
    shell: Shell,
    home: str,
) -> Call | None:
    """One command, when it is claude, with the assignments in front of it."""
    variables: dict[str, str | None] = {}
    for number, word in enumerate(command.words):
        assigned = _ASSIGNMENT.fullmatch(word.text)
        if assigned:
            variables[assigned[1]] = evaluate(
                assigned[2],
                shell,
                home,
            )
            continue
        plain = evaluate(word.text, shell, home) or ""
        if plain in RUNNERS:
            continue
        if plain.rpartition("/")[2] != CLAUDE:
            return None
        rest = command.words[number + 1 :]
        options = [each.text for each in rest if each.text.startswith("--")]
        return Call(
            "",
            word.line,
            variables,
            options,
        )
    return None
