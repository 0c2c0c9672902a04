"""What a person sees: progress on stderr, data on stdout, marks and colours only where they belong."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


MARKS = {
    "ok": ("✓", "+", "32"),
    "skip": ("·", "-", "90"),
    "warn": ("!", "!", "33"),
    "fail": ("✗", "x", "31"),
    "step": ("→", ">", "36"),
}
"""Per state: the mark, its ASCII form, its ANSI colour."""

COLOURS = re.compile(r"(\033\[(?:0|1|3[1-6]|90)m)")
"""What painted() puts around a text."""

ASCII = {"→": "->", "…": "...", "·": "-", "─": "-"}
"""What stands for our own signs where they cannot be shown."""

UNLIMITED = 1 << 20
"""The width of what is no terminal: lines stay whole, for grep and for programs."""

NARROWEST = 20

COMMAND = "GATEWAY_COMMAND"
"""The variable in which frame.door says how it was called."""


class Loudness:
    """How much of what goes on is told: --quiet leaves warnings and failures, --verbose adds what had nothing to do."""

    quiet = False
    verbose = False


loudness = Loudness()

make_room: Callable[[], None] | None = None
"""Takes a line of progress away before anything else is printed (see core.console.console)."""


def mark(state: str, stream: TextIO | None = None) -> str:
    """The mark of *state* (ok, skip, warn, fail, step) as this stream can show it."""
    out = stream or sys.stderr
    symbol, plain, colour = MARKS[state]
    return painted(symbol if encodes(out, symbol) else plain, colour, out)


def painted(text: str, colour: str, stream: TextIO | None = None) -> str:
    """*text* in an ANSI colour, where colours belong on *stream* (stdout, when it is not said)."""
    return f"\033[{colour}m{text}\033[0m" if coloured(stream or sys.stdout) else text


def bold(text: str, stream: TextIO | None = None) -> str:
    """*text* in bold, where colours belong on *stream* (stdout, when it is not said)."""
    return painted(text, "1", stream)


def coloured(stream: TextIO) -> bool:
    """Whether colours belong on *stream*: NO_COLOR, FORCE_COLOR and TERM=dumb are honoured."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def width(stream: TextIO | None = None) -> int:
    """Columns of the terminal behind *stream* (or stdout); COLUMNS wins; UNLIMITED when there is no terminal."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return max(int(told), NARROWEST)
    out = stream or sys.stdout
    try:
        real = sys.__stderr__ if out is sys.stderr else sys.__stdout__
        return max(os.get_terminal_size(real.fileno()).columns, NARROWEST) if out.isatty() and real else UNLIMITED
    except (OSError, ValueError):
        return UNLIMITED


def folded(text: str, columns: int, hanging: int = 2) -> str:
    """*text* with lines that are too long folded between words; what follows stands *hanging* columns further in."""
    return "\n".join(piece for line in text.split("\n") for piece in _pieces(line, columns, hanging))


def say(text: str, state: str | None = None) -> None:
    """A line about what is going on, on stderr; --quiet leaves only what warns or failed."""
    if loudness.quiet and state not in ("warn", "fail"):
        return
    room = width(sys.stderr) - (len("! ") if state else 0)
    line = folded(as_typed(text), room, 4 if state else 2)
    # A terminal that was closed ends no command, whose exit code says enough.
    with suppress(OSError):
        _show(f"{mark(state)} {line}" if state else line, sys.stderr)


def warn(text: str) -> None:
    """Something to know that stops nothing, on stderr."""
    if _kept:
        _kept[-1].append(text)
    else:
        say(text, "warn")


@contextmanager
def kept_warnings() -> Iterator[list[str]]:
    """Within it a warning is not said but added to this list, for who has a better place for it."""
    _kept.append([])
    try:
        yield _kept[-1]
    finally:
        _kept.pop()


def tell(text: str, hanging: int | None = None) -> None:
    """A line of what was asked for, on stdout; folded, as prose may be, when it is said how far it hangs then."""
    text = as_typed(text)
    _show(text if hanging is None else folded(text, width(), hanging), sys.stdout)


def ask(text: str, end: str = "\n") -> None:
    """A question or what belongs to it, on stderr: --quiet does not hide it."""
    _show(as_typed(text), sys.stderr, end)


def encodes(stream: TextIO, text: str) -> bool:
    """Whether *stream* can show *text*."""
    try:
        text.encode(_encoding(stream))
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def moves_cursor() -> bool:
    """Whether stderr is a terminal that can move its cursor."""
    moves = os.environ.get("TERM", "dumb").lower() not in ("", "dumb", "unknown")
    return moves and sys.stderr.isatty()


def is_unread() -> bool:
    """Whether stdout has lost its reader (`doit logs -f | head`): printing then goes to nowhere."""
    import select
    from pathlib import Path

    if os.path.samestat(os.fstat(1), Path(os.devnull).stat()):
        return True
    output = select.poll()
    output.register(1, 0)  # errors and hang-ups are reported without being asked for
    lost = select.POLLERR | select.POLLHUP
    return any(event & lost for _, event in output.poll(0))


def document(data: Any) -> None:  # noqa: ANN401 - any JSON value
    """What was asked for as one JSON document on stdout, in ASCII."""
    _print(json.dumps(data, indent=2), sys.stdout)


def hand(text: str) -> None:
    """Lines for a program, as they are, on stdout."""
    _print(text, sys.stdout)


def printable(text: str) -> str:
    """*text* with control characters escaped, for names and values that come from elsewhere."""
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def cleaned(text: str, stream: TextIO) -> str:
    """*text* as printable() shows it, but for our own colours where *stream* has them."""
    if not coloured(stream):
        return printable(text)
    pieces = COLOURS.split(text)  # every second one is a colour
    pieces[::2] = map(printable, pieces[::2])
    return "".join(pieces)


def as_typed(text: str) -> str:
    """*text* with the commands that it names as this person types them: `doit start` or `python3 dodo.py start`."""
    return re.sub(r"\bdoit (?=[a-z])", f"{os.environ.get(COMMAND, 'doit')} ", text)


_kept: list[list[str]] = []


def _pieces(line: str, columns: int, hanging: int) -> Iterator[str]:
    """One line, folded; what cannot be folded (a path, an address) stays whole."""
    indent = len(line) - len(line.lstrip(" "))
    while len(line) > columns:
        end = line.rfind(" ", indent + 1, columns + 1)
        end = end if end > indent + hanging else line.find(" ", columns)
        if end < 0:
            break
        yield line[:end].rstrip()
        line = " " * (indent + hanging) + line[end:].lstrip()
        indent, hanging = indent + hanging, 0
    yield line


def _encoding(stream: TextIO) -> str:
    """Of the terminal or file behind *stream*: while a step runs, doit puts something without one in its place."""
    return getattr(stream, "encoding", None) or getattr(sys.__stderr__, "encoding", None) or "ascii"


def _show(text: str, stream: TextIO, end: str = "\n") -> None:
    """Print for a person: whatever a value holds, it moves no cursor and changes no terminal."""
    _print(cleaned(text, stream), stream, end)


def _print(text: str, stream: TextIO, end: str = "\n") -> None:
    if make_room is not None:
        make_room()
    try:
        stream.write(_fitting(text, stream) + end)
        stream.flush()
    except OSError as error:
        # The reader has seen enough (`doit plan | head`), or the terminal was closed.
        if error.errno not in (errno.EPIPE, errno.EIO):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _fitting(text: str, stream: TextIO) -> str:
    """*text* with what this stream cannot encode replaced: our own signs by their like, others by a mark."""
    if encodes(stream, text):
        return text
    encoding = _encoding(stream)
    for sign, plain in ASCII.items():
        text = text if encodes(stream, sign) else text.replace(sign, plain)
    return text.encode(encoding, "replace").decode(encoding, "replace")


EVERY = 1.0
"""Seconds before the line appears, and between two of it."""

ERASE = "\r\033[K"


class Meter:
    """Between start() and stop() a line tells which step runs; whatever else is printed makes room for itself."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown = False
        self._lock = threading.Lock()

    def start(self, name: str) -> None:
        """*name* is running from now on."""
        global make_room  # noqa: PLW0603 - whatever prints asks it, and there is one terminal
        self.stop()
        if not wanted():
            return
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, args=(name, self._over, time.monotonic()), daemon=True)
        self._thread.start()
        make_room = self.clear

    def stop(self) -> None:
        """Nothing is running any more."""
        global make_room  # noqa: PLW0603
        if self._thread is not None:
            self._over.set()
            self._thread.join()
            self._thread = None
            self.clear()
            make_room = None

    def clear(self) -> None:
        """Take the line away."""
        with self._lock:
            if self._shown:
                self._write(ERASE)
                self._shown = False

    def _tick(self, name: str, over: threading.Event, since: float) -> None:
        while not over.wait(EVERY):
            with self._lock:
                self._shown = True
                self._write(f"{ERASE}{mark('step', sys.__stderr__)} {name}  {time.monotonic() - since:.0f} s")

    def _write(self, text: str) -> None:
        stream = sys.__stderr__
        if stream is not None:
            with suppress(OSError):  # a terminal may be closed at any moment
                stream.write(text)
                stream.flush()


def wanted() -> bool:
    """Whether such a line can be shown: by a terminal that can erase it, to somebody who did not ask for quiet."""
    stream = sys.__stderr__
    shows = stream is not None and not stream.closed and stream.isatty()
    return shows and os.environ.get("TERM", "dumb") != "dumb" and not loudness.quiet


GAP = 2
LEAST = 24
"""So many columns the last cell must have for itself; with fewer it goes to a line of its own."""


def lines(rows: Sequence[Sequence[str]], width: int, indent: int = 0) -> Iterator[str]:
    """The lines of a table of *rows* (of as many cells each) in *width* columns."""
    cells = max((len(row) for row in rows), default=0)
    widths = [max(len(row[place]) for row in rows) for place in range(cells)]
    before = indent + sum(widths[:-1]) + GAP * (cells - 1)
    for row in rows:
        spaced = [*(f"{cell:{size}}" for cell, size in zip(row[:-1], widths, strict=False)), row[-1]]
        whole = " " * indent + (" " * GAP).join(spaced)
        if len(whole.rstrip()) <= width and before <= width:
            yield whole.rstrip()
        elif width - before >= LEAST:
            yield from folded(whole, width, before - indent).rstrip().split("\n")
        else:
            yield from _record(row, widths if before <= width else (), width, indent)


def _record(row: Sequence[str], widths: Sequence[int], width: int, indent: int) -> Iterator[str]:
    """One row where the table is too wide: its short cells (in columns, given *widths*), and the long one below."""
    spaced = [f"{cell:{size}}" for cell, size in zip(row[:-1], widths, strict=False)]
    head = (" " * GAP).join(spaced or filter(None, row[:-1])).rstrip()
    yield from folded(" " * indent + head, width, 4).split("\n")
    if row[-1]:
        yield from folded(" " * (indent + 4) + row[-1], width, 0).split("\n")
