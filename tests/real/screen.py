"""A terminal with Claude Code in it: what is typed, and what is on its screen."""

from __future__ import annotations

import re
import signal
import time
from typing import TYPE_CHECKING

import pexpect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LINES, COLUMNS = 60, 160

SEQUENCE = re.compile(
    r"\x1b\[(?P<private>[?<>=]?)(?P<numbers>[\d;:]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\)"  # titles and the like, which are on no screen
    r"|\x1b[ -/]*[0-~]",
    re.DOTALL,
)

BEGUN = re.compile(r"\x1b(\[[\d;:?<>= -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?$")
"""A sequence of which the rest is still to come."""

ANSWERS = {"c": "\x1b[?62c", "n": "\x1b[1;1R"}
"""What a terminal says when it is asked what it is, and where its cursor is."""


class Terminal:
    """A program in a pseudo-terminal, and its screen."""

    def __init__(self, program: Path, environ: Mapping[str, str], folder: Path) -> None:
        self.child = pexpect.spawn(
            str(program),
            cwd=str(folder),
            env={**environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"},
            dimensions=(LINES, COLUMNS),
            encoding="utf-8",
        )
        self.cells = [[" "] * COLUMNS for _ in range(LINES)]
        self.line = self.column = 0
        self.rest = ""

    def sees(self, text: str, patience: float = 60) -> Terminal:
        """Wait until *text* is on the screen."""
        end = time.monotonic() + patience
        while text not in self.screen:
            assert time.monotonic() < end, f"no {text!r} on the screen:\n{self.screen}"
            self.read()
        return self

    def types(self, text: str) -> Terminal:
        """Type *text*, and Enter behind it as a person does, a moment later."""
        self.child.send(text)
        self.read(0.5)
        self.child.send("\r")
        return self

    def read(self, patience: float = 0.2) -> None:
        """Show what comes within *patience* seconds."""
        end = time.monotonic() + patience
        while (left := end - time.monotonic()) > 0:
            try:
                self.show(self.child.read_nonblocking(65536, left))
            except pexpect.TIMEOUT:
                return

    @property
    def screen(self) -> str:
        """The lines with something on them."""
        lines = ["".join(cells).rstrip() for cells in self.cells]
        return "\n".join(line for line in lines if line)

    def show(self, data: str) -> None:
        """Do to the screen what *data* says."""
        data = self.rest + data
        begun = BEGUN.search(data)
        self.rest = begun[0] if begun else ""
        data = data[: len(data) - len(self.rest)]
        place = 0
        for match in SEQUENCE.finditer(data):
            self._put(data[place : match.start()])
            if match["final"]:
                self._obey(match)
            place = match.end()
        self._put(data[place:])

    def close(self) -> None:
        """End the program."""
        self.child.kill(signal.SIGKILL)
        self.child.wait()

    def _put(self, text: str) -> None:
        for mark in text:
            if mark == "\r":
                self.column = 0
            elif mark == "\n":
                self._next_line()
            elif mark == "\b":
                self.column = max(0, self.column - 1)
            elif mark >= " ":
                if self.column == COLUMNS:
                    self.column = 0
                    self._next_line()
                self.cells[self.line][self.column] = mark
                self.column += 1

    def _next_line(self) -> None:
        if self.line == LINES - 1:
            self.cells = [*self.cells[1:], [" "] * COLUMNS]
        else:
            self.line += 1

    def _obey(self, match: re.Match[str]) -> None:
        """Move the cursor, or clear a part of the screen."""
        final = match["final"]
        if final in ANSWERS and not match["private"].strip("?>"):
            self.child.send(ANSWERS[final])
        if match["private"]:
            return
        numbers = [int(number or 0) for number in match["numbers"].replace(":", ";").split(";")]
        count = numbers[0] or 1
        if final in "AB":
            self.line += count if final == "B" else -count
        elif final in "CD":
            self.column += count if final == "C" else -count
        elif final == "G":
            self.column = count - 1
        elif final == "d":
            self.line = count - 1
        elif final in "Hf":
            self.line, self.column = count - 1, ([*numbers, 0][1] or 1) - 1
        elif final == "J":
            self._clear_lines(numbers[0])
        elif final == "K":
            self._clear_line(numbers[0])
        self.line = min(max(self.line, 0), LINES - 1)
        self.column = min(max(self.column, 0), COLUMNS - 1)

    def _clear_line(self, how: int) -> None:
        begin = 0 if how else self.column
        end = self.column + 1 if how == 1 else COLUMNS
        self.cells[self.line][begin:end] = [" "] * (end - begin)

    def _clear_lines(self, how: int) -> None:
        self._clear_line(how)
        begin = 0 if how else self.line + 1
        end = self.line if how == 1 else LINES
        for line in range(begin, end):
            self.cells[line] = [" "] * COLUMNS
