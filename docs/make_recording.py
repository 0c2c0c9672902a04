"""Draw docs/first-deploy.svg: the question, the plan, and Claude Code answering, as a terminal shows them.

Run by hand, with tmux, LiteLLM and Claude Code on PATH and port 4000 free:

    python docs/make_recording.py

Everything in the picture is real: the program runs in a terminal with a fresh home, and what that
terminal shows is drawn. Blank rows go, and rows that only a wide window would hold are cut short.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROJECT = Path(__file__).resolve().parents[1]
PARTS = ("dodo.py", "pyproject.toml", "tasks", "templates", "requirements", "gatehand")
OWNER, HOME = "ada", "/home/ada"
"""Whose home it is in the picture, and where."""
COLUMNS, ROWS = 92, 50
ROW, LETTER, MARGIN = 18, 7.8, 16
PATIENCE = 300
"""Seconds until the terminal must show what is waited for."""
PALETTE = ("#8b949e", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#76e3ea", "#e6edf3")
CODE = re.compile(r"\x1b\[([\d;:]*)m")


def main() -> None:
    """Deploy, ask Claude Code, draw, and leave nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        prepare(Path(folder, "project"), home)
        terminal = Terminal(Path(folder, "tmux"), environment(home))
        try:
            panels = list(record(terminal))
        finally:
            terminal.close()
            subprocess.run(["gatehand", "uninstall", "--purge", "--yes"], env=environment(home), check=False)
    shown = [[row.replace(str(home), HOME) for row in panel] for panel in panels]
    (PROJECT / "docs" / "first-deploy.svg").write_text(draw(shown), encoding="utf-8")


def prepare(project: Path, home: Path) -> None:
    """Make a fresh *project*, and a *home* with its command, LiteLLM, and a Claude Code that was used before."""
    programs = home / ".local" / "bin"
    programs.mkdir(parents=True)
    (project / "build").mkdir(parents=True)
    for part in PARTS:
        source = PROJECT / part
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, project / part)
    launch = shlex.join([sys.executable, "-I", str(project / "tasks/core/frame/launch.py")])
    # Messages name commands as the installed one is typed.
    (programs / "gatehand").write_text(f'#!/bin/sh\nGATEWAY_COMMAND=gatehand exec {launch} "$@"\n')
    (programs / "gatehand").chmod(0o755)
    for name in ("litellm", "claude"):
        found = shutil.which(name)
        if not found:
            raise SystemExit(f"{name} is not on PATH")
        (programs / name).symlink_to(found)
    trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
    used = {"hasCompletedOnboarding": True, "theme": "dark", "projects": {str(home): trusted}}
    (home / ".claude.json").write_text(json.dumps(used))


def environment(home: Path) -> dict[str, str]:
    """What the commands see: the programs of the system and of *home*, and nothing else of this machine."""
    path = f"{home}/.local/bin:/usr/local/bin:/usr/bin:/bin"
    known = {"PATH": path, "HOME": str(home), "USER": OWNER, "LANG": "C.UTF-8"}
    return known | {"TERM": "xterm-256color", "DISABLE_AUTOUPDATER": "1"}


def record(terminal: Terminal) -> Iterator[list[str]]:
    """The three panels, as rows with their colours: the question, the plan with its end, the answer."""
    terminal.type("cd; PS1='$ '; clear", "Enter")
    terminal.wait("$")
    terminal.type("gatehand deploy", "Enter")
    terminal.wait("Something else")
    terminal.type("", "Down")  # from LiteLLM, which is found, to the demo
    question = terminal.wait(f"{POINTER} Nothing yet")
    yield [*between(question, "gatehand deploy"), *between(question, "What do you have", "Something else")]
    terminal.type("", "Enter")
    terminal.wait("Start the gateway")
    terminal.type("", "Enter")
    terminal.wait("Deploy this")
    terminal.type("y")
    plan = between(terminal.wait("Deploy this"), "Plan for", "Deploy this")
    terminal.type("", "Enter")
    receipt = terminal.wait("Undo:")
    yield [*plan, *between(receipt, "Works:", "Undo:")]
    terminal.type("clear; claude", "Enter")
    terminal.wait("for shortcuts")
    terminal.type("Are you there?", "Enter")
    answer = terminal.wait(DONE)
    yield ["$ claude", *between(answer, "Claude Code", DONE)]


DONE = "\u00b7 done"
"""How Claude Code ends an answer."""
POINTER = "\u00bb"
"""What stands before the row of a list on which one is."""


def between(rows: Sequence[str], first: str, last: str | None = None) -> list[str]:
    """The rows from the one with *first* to the one with *last*, or that one alone."""
    plain = [CODE.sub("", row) for row in rows]
    begin = next(place for place, row in enumerate(plain) if first in row)
    end = begin
    if last is not None:
        end = next(place for place, row in enumerate(plain) if place >= begin and last in row)
    return list(rows[begin : end + 1])


class Terminal:
    """A terminal that nobody looks at."""

    def __init__(self, socket: Path, environment: dict[str, str]) -> None:
        self.tmux = ("tmux", "-S", str(socket), "-f", "/dev/null")
        size = ("-x", str(COLUMNS), "-y", str(ROWS))
        subprocess.run([*self.tmux, "new-session", "-d", *size, "sh"], env=environment, check=True)

    def type(self, text: str, *keys: str) -> None:
        """Type *text*, then the *keys*, by their names."""
        if text:
            subprocess.run([*self.tmux, "send-keys", "-l", text], check=True)
            time.sleep(0.5)
        for key in filter(None, keys):
            subprocess.run([*self.tmux, "send-keys", key], check=True)

    def wait(self, text: str) -> list[str]:
        """The rows of the screen, once *text* is on it and nothing moves any more."""
        deadline, before = time.monotonic() + PATIENCE, ""
        while time.monotonic() < deadline:
            now = self.screen()
            if text in CODE.sub("", now) and now == before:
                return now.splitlines()
            before = now
            time.sleep(1)
        raise SystemExit(f"{text!r} was not shown:\n{self.screen()}")

    def screen(self) -> str:
        """What the terminal shows, with its colours."""
        done = subprocess.run([*self.tmux, "capture-pane", "-e", "-p"], check=True, capture_output=True, text=True)
        return done.stdout.rstrip()

    def close(self) -> None:
        """End it, with what still runs in it."""
        subprocess.run([*self.tmux, "kill-server"], check=False)


def draw(panels: Sequence[Sequence[str]]) -> str:
    """The panels as SVG, one below the other."""
    rows, parts = 0, []
    for number, panel in enumerate(panels):
        shown = [row for row in panel if CODE.sub("", row).strip()]
        top = MARGIN + rows * ROW + number * MARGIN * 2
        if number:
            parts.append(f'<rect y="{top - MARGIN - 1:g}" width="100%" height="2" fill="#30363d"/>')
        parts += [draw_row(row, top + place * ROW + ROW - 5) for place, row in enumerate(shown)]
        rows += len(shown)
    width = COLUMNS * LETTER + 2 * MARGIN
    height = rows * ROW + 2 * MARGIN * len(panels)
    body = "\n".join(parts)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 {width:g} {height:g}" role="img"
  aria-label="gatehand asks, shows its plan, and Claude Code answers">
<style>
text {{ font: 13px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #e6edf3; white-space: pre }}
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
{body}
</svg>
"""


def draw_row(row: str, y: float) -> str:
    """One row as SVG, its colours as spans, each at its own place so that every font keeps the columns."""
    spans, style, column = [], Style(), 0
    first, *rest = CODE.split(row.rstrip())
    for code, text in [("", first), *zip(rest[::2], rest[1::2], strict=True)]:
        style.change(code)
        if text.strip():
            spans.append(style.span(text, MARGIN + column * LETTER))
        column += len(text)
    return f'<text y="{y:g}">{"".join(spans)}</text>'


class Style:
    """Colour and weight, as the codes of a terminal change them."""

    def __init__(self) -> None:
        self.fill, self.bold, self.dim = "", False, False

    def change(self, code: str) -> None:
        """Take the numbers of a code one after the other."""
        numbers = [int(number or 0) for number in re.split("[;:]", code)] if code else []
        while numbers:
            number = numbers.pop(0)
            if number == RESET:
                self.fill, self.bold, self.dim = "", False, False
            elif number in (BOLD, DIM):
                self.bold, self.dim = number == BOLD, number == DIM
            elif number in (COLOUR, BACKGROUND):
                colour = take_colour(numbers)
                self.fill = colour if number == COLOUR else self.fill
            elif number == NO_COLOUR:
                self.fill = ""
            elif number in NAMED:
                self.fill = PALETTE[number % 10]

    def span(self, text: str, x: float) -> str:
        """*text* as SVG at *x*, as wide as a terminal would show it."""
        shown = text.rstrip()
        looks = {"fill": self.fill, "font-weight": "bold" * self.bold, "opacity": ".65" * self.dim}
        known = "".join(f' {name}="{value}"' for name, value in looks.items() if value)
        return f'<tspan x="{x:g}" textLength="{len(shown) * LETTER:g}"{known}>{escape(shown)}</tspan>'


RESET, BOLD, DIM, COLOUR, NO_COLOUR, BACKGROUND = 0, 1, 2, 38, 39, 48
NAMED = {*range(30, 38), *range(90, 98)}
DIRECT, FIRST_CUBE, FIRST_GREY = 2, 16, 232
LEVELS = (0, 95, 135, 175, 215, 255)


def take_colour(numbers: list[int]) -> str:
    """The colour that the next *numbers* name, which are taken: three of them, or one of 256."""
    if numbers.pop(0) == DIRECT:
        return "#" + "".join(f"{numbers.pop(0):02x}" for _ in range(3))
    number = numbers.pop(0)
    if number < FIRST_CUBE:
        return PALETTE[number % 8]
    if number >= FIRST_GREY:
        return "#" + f"{8 + (number - FIRST_GREY) * 10:02x}" * 3
    return "#" + "".join(f"{LEVELS[(number - FIRST_CUBE) // step % 6]:02x}" for step in (36, 6, 1))


if __name__ == "__main__":
    main()
