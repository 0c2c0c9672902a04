"""The commands that stand in a shell's profile, found in its text alone; nothing is expanded and nothing is run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Shell = Literal["sh", "fish"]
"""Whose grammar: "sh" is that of bash, zsh, dash and ksh."""


class Word(NamedTuple):
    """One word as it is written, quotes and all, and the line (from 1) where it begins."""

    text: str
    line: int


class Command(NamedTuple):
    """The words of one simple command; *certain* when nothing but the order of reading decides that it runs."""

    words: tuple[Word, ...]
    certain: bool


def commands(text: str, shell: Shell) -> Iterator[Command]:
    """The simple commands of *text* that stand neither in a function, nor in a subshell, nor in a heredoc."""
    inside: list[str] = []
    subshells, before = 0, "\n"
    for found, operator in _runs(text, shell):
        words = _without_keywords(found, inside, shell)
        alone = before in ("\n", ";", ")") and operator in ("\n", ";") and len(words) == len(found)
        if words and not subshells and "body" not in inside:
            yield Command(tuple(words), certain=alone and not inside)
        subshells = max(0, subshells + (operator == "(") - (operator == ")"))
        before = operator if found or operator != "\n" else before  # a line may end after && or |


_OPENERS = {
    "sh": {**dict.fromkeys(("if", "case", "for", "while", "until", "select"), "branch"), "{": "body"},
    "fish": {**dict.fromkeys(("if", "for", "while", "switch", "begin"), "branch"), "function": "body"},
}
_CLOSERS = {"sh": frozenset({"fi", "esac", "done", "}"}), "fish": frozenset({"end"})}
_PREFIXES = {"sh": frozenset({"then", "else", "elif", "do", "!"}), "fish": frozenset({"and", "or", "not"})}


def _without_keywords(words: list[Word], inside: list[str], shell: Shell) -> list[Word]:
    """*words* without the keywords at their head; *inside* follows what those open and close."""
    head = 0
    while head < len(words):
        word = words[head].text
        if shell == "fish" and word == "else":  # `else if` opens nothing new
            return []
        if word in _CLOSERS[shell] and inside:
            inside.pop()
        elif word in _OPENERS[shell]:
            inside.append(_OPENERS[shell][word])
        elif word not in _PREFIXES[shell]:
            break
        head += 1
    rest = words[head:]
    if shell == "sh" and rest and rest[0].text == "function" and rest[-1].text == "{":
        inside.append("body")
    return rest


_TOKEN = re.compile(r"(?P<blank>[ \t]++|\\\n)|\n|<<<|<<-?|[;&|<>]++|[()]")
_PLAIN = re.compile(r"[^ \t\n;&|<>()'\"\\`$]++")
_COMMENT = re.compile(r"#[^\n]*+")


def _runs(text: str, shell: Shell) -> Iterator[tuple[list[Word], str]]:
    """Words, and the operator (a line end, ;, &&, ...) that ends them."""
    words: list[Word] = []
    heredocs: list[str] = []
    for piece, kind, line in _pieces(text, shell, heredocs):
        if kind == "word":
            words.append(Word(piece, line))
            if heredocs and heredocs[-1] in ("<<", "<<-"):
                heredocs[-1] += re.sub(r"['\"\\]", "", piece)
        else:
            yield words, piece
            words = []
            if piece in ("<<", "<<-") and shell == "sh":
                heredocs.append(piece)
    yield words, "\n"


def _pieces(text: str, shell: Shell, heredocs: list[str]) -> Iterator[tuple[str, str, int]]:
    """The words and operators of *text* with their lines; at a line end the waiting *heredocs* are passed over."""
    at, line = 0, 1
    while at < len(text):
        token = _TOKEN.match(text, at) or _COMMENT.match(text, at)
        end = token.end() if token else _word_end(text, at, shell)
        piece = text[at:end]
        if token is None:
            yield piece, "word", line
        elif token.re is _TOKEN and not token["blank"]:
            yield piece, "operator", line
        if piece == "\n" and heredocs:
            end = _after_heredocs(text, end, heredocs)
        line += text.count("\n", at, end)
        at = end


def _after_heredocs(text: str, at: int, heredocs: list[str]) -> int:
    while heredocs:
        mark = heredocs.pop(0)
        tabs, name = (r"\t*", mark[3:]) if mark.startswith("<<-") else ("", mark[2:])
        closed = re.compile(rf"^{tabs}{re.escape(name)}$\n?", re.MULTILINE).search(text, at)
        at = closed.end() if closed else len(text)
    return at


_QUOTED = {"sh": re.compile(r"'[^']*+'"), "fish": re.compile(r"'(?:\\.|[^'\\])*+'", re.DOTALL)}
_ANSI_QUOTED = re.compile(r"\$'(?:\\.|[^'\\])*+'", re.DOTALL)
_NESTING = re.compile(r"\\.|'[^']*'|[\"`(){}]|\$[({]", re.DOTALL)
_CLOSING = {"(": ")", "{": "}", "$(": ")", "${": "}", '"': '"', "`": "`"}


def _word_end(text: str, at: int, shell: Shell) -> int:
    """Where the word that begins at *at* ends; a quote that is never closed takes the rest of the text."""
    while at < len(text):
        if plain := _PLAIN.match(text, at):
            at = plain.end()
        elif text[at] == "\\":
            at += 2
        elif text[at] == "'":
            at = _end(_QUOTED[shell].match(text, at), text)
        elif text.startswith("$'", at) and shell == "sh":
            at = _end(_ANSI_QUOTED.match(text, at), text)
        elif text[at] in '"`' or text.startswith(("$(", "${"), at):
            at = _nesting_end(text, at)
        elif text[at] == "$":
            at += 1
        else:
            break
    return min(at, len(text))


def _nesting_end(text: str, at: int) -> int:
    """The end of the "...", `...`, $(...) or ${...} that opens at *at*, with everything nested in it."""
    opening = text[at : at + 2] if text[at] == "$" else text[at]
    open_ones, at = [_CLOSING[opening]], at + len(opening)
    while open_ones:
        match = _NESTING.search(text, at)
        if match is None:
            return len(text)
        piece, at = match[0], match.end()
        if piece[0] == "'" and open_ones[-1] == '"':
            at = match.start() + 1  # an apostrophe within double quotes
        elif piece == open_ones[-1]:
            open_ones.pop()
        elif piece in _CLOSING and not (open_ones[-1] == '"' and piece in "({"):
            open_ones.append(_CLOSING[piece])
    return at


def _end(match: re.Match[str] | None, text: str) -> int:
    return match.end() if match else len(text)
