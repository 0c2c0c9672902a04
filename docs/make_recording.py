"""Record a first deployment, in a copy of this project and a home of its own, as docs/first-deploy.svg.

Run by hand, with LiteLLM and Claude Code on PATH and port 4000 free:

    python docs/make_recording.py

The program runs in a pseudo-terminal. Each line shows in the picture when it was complete; long waits are cut short.
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import termios
import time
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROJECT = Path(__file__).resolve().parents[1]
PARTS = ("dodo.py", "pyproject.toml", "tasks", "templates", "requirements")
WORDS = ("deploy", "--preset", "demo", "--start", "--yes")
COLUMNS, ROW, LETTER, MARGIN = 100, 19, 8.0, 16
LONGEST = 0.7
"""Seconds that the picture waits for a line at most."""
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "36": "#79c0ff"}
CODE = re.compile(r"\x1b\[([\d;]*)m")


def main() -> None:
    """Deploy, write the picture, stop the gateway and leave nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        project, home = Path(folder, "project"), Path(folder, "home")
        copy(project, home)
        try:
            lines = [(0.0, f"\x1b[36m$\x1b[0m doit {' '.join(WORDS)}"), *recorded(project, home)]
        finally:
            subprocess.run(doit("stop"), cwd=project, env=environment(home), check=False)
        shown = [(seconds, text.replace(str(home), "/home/ada")) for seconds, text in lines]
        (PROJECT / "docs" / "first-deploy.svg").write_text(picture(list(wrapped(shown))), encoding="utf-8")


def copy(project: Path, home: Path) -> None:
    """Make a fresh *project*, and an empty *home* beside it."""
    home.mkdir()
    (project / "build").mkdir(parents=True)
    for part in PARTS:
        source = PROJECT / part
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, project / part)


def doit(*words: str) -> tuple[str, ...]:
    """The command line of doit in the project one is in, with the Python that runs this."""
    return (sys.executable, "-I", "tasks/core/frame/launch.py", *words)


def environment(home: Path) -> dict[str, str]:
    """What the command sees: the programs of this machine, and nothing else of it."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color"}


def recorded(project: Path, home: Path) -> list[tuple[float, str]]:
    """Each line as it stood in the end, and after how many seconds it was there."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (50, COLUMNS))
    began = time.monotonic()
    command, known = doit(*WORDS), environment(home)
    with subprocess.Popen(command, cwd=project, env=known, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        lines = [(time.monotonic() - began, text) for text in read(ours)]
    if process.returncode:
        raise SystemExit("\n".join(text for _, text in lines))
    return lines


def read(terminal: int) -> Iterator[str]:
    """The lines of *terminal*; of one that was written over and over, such as progress, what was written last."""
    rest = b""
    while chunk := more(terminal):
        *complete, rest = (rest + chunk).split(b"\r\n")
        yield from (line.decode().rpartition("\r\x1b[K")[2] for line in complete)


def more(terminal: int) -> bytes:
    """What *terminal* says next; nothing when its program has ended, which Linux tells as an error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def wrapped(lines: Iterable[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    """The lines broken as a terminal breaks them, and with waits of at most LONGEST."""
    shown = last = 0.0
    for seconds, text in lines:
        shown, last = shown + min(seconds - last, LONGEST), seconds
        plain = CODE.sub("", text)
        parts = [text] if len(plain) <= COLUMNS else re.findall(f".{{1,{COLUMNS}}}", plain)
        yield from ((shown, part) for part in parts)


def picture(lines: list[tuple[float, str]]) -> str:
    """The lines as SVG, each coming in its time; where nothing moves, all of them show."""
    width, height = COLUMNS * LETTER + 2 * MARGIN, len(lines) * ROW + 2 * MARGIN
    rows = "\n".join(row(number, seconds, text) for number, (seconds, text) in enumerate(lines, 1))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 {width:g} {height}" role="img"
  aria-label="A first deployment">
<style>
text {{ font: 13.3px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #e6edf3; white-space: pre;
  animation: come 0s both }}
@keyframes come {{ from {{ opacity: 0 }} to {{ opacity: 1 }} }}
@media (prefers-reduced-motion) {{ text {{ animation: none }} }}
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
{rows}
</svg>
"""


def row(number: int, seconds: float, text: str) -> str:
    """One line as SVG, its colours as spans."""
    first, *coloured = CODE.split(text)
    spans = escape(first) + "".join(span(*pair) for pair in zip(coloured[::2], coloured[1::2], strict=True))
    return f'<text x="{MARGIN}" y="{MARGIN + number * ROW - 5}" style="animation-delay: {seconds:.1f}s">{spans}</text>'


def span(code: str, text: str) -> str:
    """*text* in the colour that *code* stands for."""
    return f'<tspan fill="{COLOURS[code]}">{escape(text)}</tspan>' if code in COLOURS else escape(text)


if __name__ == "__main__":
    main()
