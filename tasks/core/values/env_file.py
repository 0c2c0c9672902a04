"""The gateway's .env in its lines: read, written and mended so that every reader of it understands the same.

Two programs read the file. start-gateway.sh reads it line by line and executes nothing (its load_env); LiteLLM, when
it is started by hand, reads it with python-dotenv. A line in the form that both understand alike:

    NAME=value               letters, digits and _ in the name; no blanks before it or around the =
    export NAME=value        one blank after export
    NAME='a value'           or "a value"; all on one line; no backslash, no ${, not that quote within
    NAME=value # comment     a comment ends a value only after a blank
    # comment                and blank lines

The last line of a name counts; names that begin with gw_ are the script's own. Whatever one of the two would read
differently counts here as not set (`doubtful` tells the line). Nothing is ever expanded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.disk import files
from tasks.core.model.errors import InvalidInput
from tasks.core.model.secret import unshown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tasks.core.model.layout import Layout

_SAFE = r"[A-Za-z0-9_./:@%+,=-]*"
_UNSAFE = r"['\\\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]|\$\{"
"""Compiled when they are first needed, which is when something is written."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LINE_END = re.compile(r"\r\n|\n|\r")

# python-dotenv's grammar of one statement; possessive, because its parser never goes back over what it has taken
_STATEMENT = re.compile(
    r"""
    (?P<lead> \s*+ )
    (?P<export> export[^\S\r\n]++ )?+
    (?: (?P<name> '[^']++' | (?!')[^=\#\s]++ ) [^\S\r\n]*+
        (?: =[^\S\r\n]*+
            (?P<value> (?>'(?:\\.|[^'\\])*+') | (?>"(?:\\.|[^"\\])*+") | (?<!=)(?=\#) | (?!['"])[^\r\n]*+ )?+
        )?+
    )?+
    (?P<rest> [^\r\n]*+ )
    (?P<end> \r\n | \n | \r | \Z )
    """,
    re.VERBOSE | re.DOTALL,
)


class _Statement(NamedTuple):
    """What python-dotenv takes as one piece: its text, and the name, value and comment that it finds there."""

    text: str
    lead: str = ""
    export: str = ""
    name: str | None = None
    value: str | None = None
    comment: str = ""
    end: str = ""
    line: int = 1

    def __repr__(self) -> str:
        return unshown(self)

    def holding(self, text: str) -> str:
        """This statement with the value written as *text*; everything around it stays."""
        above = self.lead[: max(self.lead.rfind("\n"), self.lead.rfind("\r")) + 1]  # blank lines, no indentation
        return f"{above}{'export ' if self.export else ''}{self.name}={text}{self.comment}{self.end}"


def deployed(layout: Layout) -> dict[str, str]:
    """The variables of the deployed .env, secrets among them; none when there is no such file."""
    return parse((files.read(layout.env_file) or b"").decode("utf-8", "surrogateescape"))


def parse(text: str) -> dict[str, str]:
    """The variables of a .env, nothing expanded: those that the start script and LiteLLM read alike."""
    told = {s.name: s.value for s in _statements(text) if s.name}
    return {name: value for name, value in _exported(text).items() if value is not None and told.get(name) == value}


def doubtful(text: str) -> dict[str, int]:
    """The names that stand in *text* but are not read alike, with the line where each was last seen."""
    lines = {s.name: s.line for s in _statements(text) if s.name}
    clear = parse(text)
    return {name: line for name, line in lines.items() if name not in clear}


def quoted(name: str, value: str) -> str:
    """*value* as it is written behind `NAME=`; InvalidInput names the variable when no reader-proof form exists."""
    if re.fullmatch(_SAFE, value):
        return value
    if re.search(_UNSAFE, value):
        raise InvalidInput(
            f"{name} holds a quote ('), a backslash, a line break, another control character or ${{",
            "No form of .env is read alike everywhere with those: give it a value without them "
            "(a URL can have them percent-encoded).",
            where=".env",
        )
    return f"'{value}'"


def merged(found: str | None, wanted: Mapping[str, str], comments: Mapping[str, str], header: str) -> str:
    """The .env that holds *wanted*: what was *found*, changed only where it must be, or a new one under *header*.

    Comments, order, other variables and line ends stay. InvalidInput when what stands there prevents it.
    """
    if found is None:
        return _checked("", _new(wanted, comments, header), wanted)
    held = parse(found)
    missing = {name: value for name, value in wanted.items() if held.get(name) != value}
    if not missing:
        return found
    text, missing = _replaced(found, missing)
    return _checked(found, text + _appendix(text, missing, comments), wanted)


def without(text: str, names: Collection[str], comments: Mapping[str, str]) -> str:
    """*text* without the statements for *names* and the *comments* right above them; everything else stays as it is."""
    kept: list[str] = []
    for each in _statements(text):
        if each.name not in names or each.name is None:
            kept.append(each.text)
            continue
        remark = _remark(comments.get(each.name, "")).splitlines()
        if remark and "\n" not in each.lead and [line.strip() for line in kept[-len(remark) :]] == remark:
            del kept[-len(remark) :]
    return "".join(kept)


def _statements(text: str) -> Iterator[_Statement]:
    """*text* in python-dotenv's pieces; joined together they are *text* again."""
    at, line = 0, 1
    while at < len(text):
        match = _STATEMENT.match(text, at)
        assert match is not None, "every part of the grammar is optional"
        yield _statement(match, line + match["lead"].count("\n"))
        at, line = match.end(), line + match[0].count("\n")


def _statement(match: re.Match[str], line: int) -> _Statement:
    name, raw, rest = match["name"], match["value"], match["rest"]
    if not name or (rest.strip() and not rest.lstrip().startswith("#")):
        return _Statement(match[0])
    if raw and raw[0] not in "'\"" and (remark := re.search(r"\s+#.*", raw)):
        raw, rest = raw[: remark.start()], remark[0]
    return _Statement(
        match[0],
        match["lead"],
        match["export"] or "",
        name[1:-1] if name.startswith("'") else name,
        None if raw is None else _plain(raw),
        rest if not rest or rest[0].isspace() else f" {rest}",
        match["end"],
        line,
    )


def _plain(raw: str) -> str | None:
    """What python-dotenv takes *raw* for; None where it would expand or decode something."""
    if "${" in raw:
        return None
    if raw[:1] not in ("'", '"'):
        return raw.rstrip()
    return None if "\\" in raw else raw[1:-1]


def _exported(text: str) -> dict[str, str | None]:
    """What the start script's reader takes from *text* (its load_env); None where shells differ."""
    found: dict[str, str | None] = {}
    for line in text.split("\n"):
        name, equals, value = line.removesuffix("\r").removeprefix("export ").partition("=")
        if equals and _NAME.fullmatch(name) and not name.startswith("gw_"):
            found[name] = None if "\0" in line else _unquoted(value)
    return found


def _unquoted(value: str) -> str:
    if value[:1] in ("'", '"'):
        return value[1:].split(value[0], 1)[0]
    return re.split(r"[ \t]#", value, maxsplit=1)[0].rstrip(" \t")


def _replaced(found: str, wanted: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """*found* with the last statement of each wanted name mended; and the names that have none."""
    statements = list(_statements(found))
    last = {s.name: i for i, s in enumerate(statements) if s.name in wanted}
    texts = [s.text for s in statements]
    for name, i in last.items():
        if name is not None:
            texts[i] = statements[i].holding(quoted(name, wanted[name]))
    return "".join(texts), {name: value for name, value in wanted.items() if name not in last}


def _new(wanted: Mapping[str, str], comments: Mapping[str, str], header: str) -> str:
    return "\n".join([_remark(header), *(_entry(name, value, comments) for name, value in wanted.items())])


def _appendix(text: str, wanted: Mapping[str, str], comments: Mapping[str, str]) -> str:
    """What is added at the end of *text* for the *wanted* that it lacks, with the line ends that it has."""
    if not wanted:
        return ""
    ends = _LINE_END.findall(text)
    entries = "\n".join(_entry(name, value, comments) for name, value in wanted.items())
    gap = "" if not text else "\n" if text.endswith(("\n", "\r")) else "\n\n"
    return (gap + entries).replace("\n", ends[0] if ends else "\n")


def _entry(name: str, value: str, comments: Mapping[str, str]) -> str:
    return f"{_remark(comments.get(name, ''))}{name}={quoted(name, value)}\n"


def _remark(text: str) -> str:
    """*text* as comment lines."""
    return "".join(f"{line if line.startswith('#') else f'# {line}'.rstrip()}\n" for line in text.splitlines())


def _checked(found: str, text: str, wanted: Mapping[str, str]) -> str:
    """*text*, when it reads back as *wanted* and every other variable as it was in *found*."""
    expected = {**parse(found), **wanted}
    held = parse(text)
    wrong = sorted(name for name in expected.keys() | held.keys() if held.get(name) != expected.get(name))
    if wrong:
        raise InvalidInput(
            f"{', '.join(wrong)} would not be read back as meant",
            "Look for a quote that is never closed, a value over several lines or a name with blanks, and mend it.",
            where=".env",
        )
    return text
