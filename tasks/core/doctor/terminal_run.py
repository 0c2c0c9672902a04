"""A session of Claude Code in a terminal that no person sees.

What it asks first is noted and answered with Enter, as one does who reads nothing; then one
sentence is typed. The terminal is a pseudo-terminal; what is on it is only searched for words.
"""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import termios
import time
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.disk import programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

SIZE = struct.pack("HHHH", 50, 160, 0, 0)
"""Lines and columns."""

ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_]|[()].)")

ENTER, DOWN, INTERRUPT = b"\r", b"\x1b[B", b"\x03"

READY = 40
"""So many characters are on its first screen at least."""

QUIET = 1.2
"""After so many seconds without output it waits for its user."""

PAUSE = 0.4
"""Seconds between two keys."""

SENTENCE = b"say hi"


class Question(NamedTuple):
    """What is on the terminal, without blanks, and what it asks; the keys for the answer.

    *asks* is "" for one that everybody is asked once.
    """

    words: str
    asks: str
    keys: tuple[bytes, ...] = (ENTER,)


QUESTIONS = (
    Question("usethisAPIkey", "whether to use the API key that it found; Enter means no"),
    Question("trustthisfolder|trustthefiles", "whether the folder is trusted"),
    Question("SettingsError", "what to do about a wrong settings file", (DOWN, DOWN, ENTER)),
    Question("SettingsWarning", "to go on although a setting is wrong"),
    Question("Choosethetextstyle|textstylethatlooks", ""),
    Question("Selectloginmethod", "how to log in", (INTERRUPT, INTERRUPT)),
)

NO_LOGIN = "NotloggedinPleaserunlogin"


class Session(NamedTuple):
    """What it asked before it took a sentence, and whether it said that it is not logged in."""

    questions: list[str]
    is_logged_out: bool = False


def run(
    command: Sequence[str],
    environ: Mapping[str, str],
    folder: Path,
    is_asked: Callable[[], bool],
    patience: float,
) -> Session:
    """Type one sentence, and wait until *is_asked* says that a model was asked.

    That ends after *patience* seconds. OSError when it cannot be started.
    """
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, SIZE)
    try:
        process = programs.start_on_terminal(
            command,
            {**environ, "TERM": "xterm-256color"},
            folder,
            theirs,
        )
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    try:
        return talk(ours, is_asked, time.monotonic() + patience)
    finally:
        programs.end_session(process)
        os.close(ours)


def talk(
    terminal: int,
    is_asked: Callable[[], bool],
    deadline: float,
) -> Session:
    """Answer what it asks, then type."""
    asked: list[str] = []
    screen, is_typed = "", False
    for text in read(terminal, deadline):
        screen += text
        if is_asked():
            break
        if text:
            continue
        question = find_question(screen)
        if question is not None:
            asked.append(question.asks)
            type_keys(terminal, question.keys)
            screen = ""
        elif not is_typed and len(screen) > READY:
            is_typed = True
            type_keys(terminal, (SENTENCE, ENTER))
            screen = ""
        elif NO_LOGIN in screen:
            return Session(clean(asked), is_logged_out=True)
    return Session(clean(asked))


def clean(asked: list[str]) -> list[str]:
    """Each question that is worth to know, once."""
    known = dict.fromkeys(asked)
    known.pop("", None)
    return [*known]


def type_keys(
    terminal: int,
    keys: Sequence[bytes],
) -> None:
    """What a person types, one after the other."""
    for key in keys:
        os.write(terminal, key)
        time.sleep(PAUSE)


def read(terminal: int, deadline: float) -> Iterator[str]:
    """What is printed, without blanks and codes; "" whenever it waits. Ends at *deadline*."""
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], QUIET)
        if not ready:
            yield ""
            continue
        try:
            data = os.read(terminal, 65536)
        except OSError:  # its other end is closed
            return
        if not data:
            return
        yield squeeze(data)


def squeeze(data: bytes) -> str:
    """The words in what a program prints on a terminal, without blanks: it may jump over them."""
    text = ESCAPE.sub("", data.decode(errors="replace"))
    return re.sub(r"\W+", "", text)


def find_question(screen: str) -> Question | None:
    """The question that was asked last; None when there is none."""
    for question in QUESTIONS:
        if re.search(question.words, screen):
            return question
    return None
