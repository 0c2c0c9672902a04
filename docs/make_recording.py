"""Draw docs/first-deploy.svg: the question, the plan, and Claude Code answering, as a terminal shows them.

Run by hand, with tmux, LiteLLM and Claude Code on PATH and port 4000 free:

    python docs/make_recording.py

Everything in the picture is real: the program runs in a terminal with a fresh home, and what that
terminal shows is drawn. Blank rows go, and rows that only a wide window would hold are cut short.
"""

from __future__ import annotations

import json
import os
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
NAMES = ("/home/ada", "ada")
"""The home in the picture, and its owner."""
COLUMNS, ROWS = 96, 44
ROW, LETTER, MARGIN = 18, 7.8, 16
PATIENCE = 120
"""Seconds until the terminal must show what is waited for."""
MOST = 16
"""Rows of one panel."""
PALETTE = ("#484f58", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#76e3ea", "#e6edf3")
CODE = re.compile(r"\x1b\[([\d;:]*)m")


def main() -> None:
    """Deploy, ask Claude Code, draw, and leave nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        project, home = Path(folder, "project"), Path(folder, "home")
        prepare(project, home)
        terminal = Terminal(Path(folder, "tmux"), environment(project, home))
        try:
            panels = list(record(terminal, home))
        finally:
            terminal.close()
            subprocess.run([*PROGRAM, "uninstall", "--yes"], cwd=project, env=environment(project, home), check=False)
    shown = [[row.replace(str(home), NAMES[0]) for row in panel] for panel in panels]
    (PROJECT / "docs" / "first-deploy.svg").write_text(draw(shown), encoding="utf-8")


PROGRAM = (sys.executable, "-I", "tasks/core/frame/launch.py")


def prepare(project: Path, home: Path) -> None:
    """Make a fresh *project* with the command `gatehand`, and a *home* in which Claude Code was used before."""
    home.mkdir()
    (project / "build").mkdir(parents=True)
    for part in PARTS:
        source = PROJECT / part
        if source.exists():
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, project / part)
    command = home / ".local" / "bin" / "gatehand"
    command.parent.mkdir(parents=True)
    words = " ".join(map(shlex.quote, (sys.executable, "-I", str(project / "tasks/core/frame/launch.py"))))
    command.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    command.chmod(0o755)
    trusted = {str(home): {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}}
    (home / ".claude.json").write_text(
        json.dumps({"hasCompletedOnboarding": True, "theme": "dark", "projects": trusted})
    )


def environment(project: Path, home: Path) -> dict[str, str]:
    """What the commands see: the programs of this machine, and nothing else of it."""
    path = f"{home}/.local/bin:{os.environ['PATH']}"
    known = {"PATH": path, "HOME": str(home), "USER": NAMES[1], "LANG": "C.UTF-8", "PS1": "$ ", "PWD": str(project)}
    return known | {"TERM": "xterm-256color", "DISABLE_AUTOUPDATER": "1", "SHELL": "/bin/sh"}


def record(terminal: Terminal, home: Path) -> Iterator[list[str]]:
    """The three panels, as rows with their colours."""
    terminal.type(f"cd {shlex.quote(str(home))} && clear", "Enter")
    terminal.type("gatehand deploy", "Enter")
    yield terminal.wait("What do you have")
    terminal.type(DEMO, "Enter")
    terminal.wait("Start")
    terminal.type("", "Enter")
    yield terminal.wait("Deploy this")
    terminal.type("y", "")
    terminal.wait("Undo")
    terminal.type("clear; claude", "Enter")
    terminal.wait("for shortcuts")
    terminal.type("Hello! Who are you?", "Enter")
    yield terminal.wait("Your gateway works")


DEMO = "nothing"
"""What is typed to choose the demo."""


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
        subprocess.run([*self.tmux, "kill-server"], check=False)


def draw(panels: Sequence[Sequence[str]]) -> str:
    """The panels as SVG, one below the other."""
    rows, parts = 0, []
    for number, panel in enumerate(panels):
        shown = [row for row in panel if CODE.sub("", row).strip()][:MOST]
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
    """Colour and weight, as terminal codes change them."""

    def __init__(self) -> None:
        self.fill, self.bold, self.dim = "", False, False

    def change(self, code: str) -> None:
        numbers = [int(number or 0) for number in re.split("[;:]", code)] if code else []
        while numbers:
            number = numbers.pop(0)
            if number == 0:
                self.__init__()  # type: ignore[misc]
            elif number in (1, 2):
                self.bold, self.dim = number == 1, number == 2
            elif number in (38, 48):
                colour = take_colour(numbers)
                self.fill = colour if number == 38 else self.fill
            elif number == 39:
                self.fill = ""
            elif 30 <= number <= 37:
                self.fill = PALETTE[number - 30]
            elif 90 <= number <= 97:
                self.fill = PALETTE[number - 90]

    def span(self, text: str, x: float) -> str:
        found = {"fill": self.fill, "font-weight": "bold" if self.bold else "", "opacity": ".65" if self.dim else ""}
        known = "".join(f' {name}="{value}"' for name, value in found.items() if value)
        length = f'textLength="{len(text.rstrip()) * LETTER:g}"'
        return f'<tspan x="{x:g}" {length}{known}>{escape(text.rstrip())}</tspan>'


def take_colour(numbers: list[int]) -> str:
    """The colour that the next *numbers* name, which are taken."""
    if numbers.pop(0) == 2:
        red, green, blue = (numbers.pop(0) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    number = numbers.pop(0)
    if number < 16:
        return PALETTE[number % 8]
    if number >= 232:
        return f"#{8 + (number - 232) * 10:02x}" * 1 + f"{8 + (number - 232) * 10:02x}" * 2
    levels = (0, 95, 135, 175, 215, 255)
    number -= 16
    return "#" + "".join(f"{levels[number // step % 6]:02x}" for step in (36, 6, 1))


if __name__ == "__main__":
    main()
