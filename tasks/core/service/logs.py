"""LiteLLM's log as it is written: lines with and without a time, and a file that starts anew when it is long.

It becomes long, is copied (or moved) to litellm.log.1, and goes on empty. LiteLLM tells the time of day, the supervisor
and JSON logs also the day, a traceback nothing.
"""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tasks.core.catalogue import explanations
from tasks.core.console import console
from tasks.core.disk import files
from tasks.core.model.errors import Unhealthy, UsageError
from tasks.core.secrets import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tasks.core.model.layout import Layout
    from tasks.core.model.secret import Secret


STAMP = re.compile(
    r"(?:\x1b\[[\d;]*m)*(?:\{.*?\"timestamp\": \")?(?:(?P<day>\d{4}-\d\d-\d\d)[ T])?(?P<clock>\d\d:\d\d:\d\d)\b"
)
"""The time that a line begins with, colours before it left out; in a line of JSON, the time that it says."""


COLOURS = re.compile(r"\x1b\[[\d;]*m")

HEAD = 4096
"""Bytes at its beginning by which the log is known to be the same one still."""

SLACK = timedelta(minutes=2)
"""Lines of several threads, and the clocks of files, are not quite in order."""


def before(path: Path) -> Path:
    """What was in the log at *path* before it started anew."""
    return path.with_name(f"{path.name}.1")


def lines_of(data: bytes) -> list[str]:
    """*data* in lines, as well as it can be read."""
    whole = data.decode("utf-8", "replace").removesuffix("\n").split("\n") if data else []
    return [line.removesuffix("\r") for line in whole]


def written(path: Path) -> datetime:
    """When the log was last written to; now, when there is none."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    except FileNotFoundError:
        return datetime.now().astimezone()


def times(lines: Sequence[str], latest: datetime) -> list[datetime]:
    """When each line was written, the last of them at *latest* or before it.

    A line without a time belongs to the one before it (those above all others, to the first that has one). Where only
    the time of day is told, it is the last one that can be meant.
    """
    known: list[datetime | None] = []
    for line in reversed(lines):
        told = _told(line, latest)
        latest = told or latest
        known.append(told)
    known.reverse()
    at = next((each for each in known if each), latest)
    found = []
    for each in known:
        at = each or at
        found.append(at)
    return found


def _told(line: str, latest: datetime) -> datetime | None:
    """The time that *line* begins with; None when it has none, or one that does not exist."""
    stamp = STAMP.match(line)
    if not stamp:
        return None
    try:
        told = datetime.fromisoformat(f"{stamp['day'] or latest.date()} {stamp['clock']}").astimezone()
    except ValueError:
        return None
    around = (told + timedelta(days=days) for days in (1, 0, -1))
    return told if stamp["day"] else next(each for each in around if each <= latest + SLACK)


class Follower:
    """Reads what comes, over the beginnings of the log."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.at = 0
        self.head = b""
        self.rest = b""

    def lines(self) -> list[str]:
        """The whole lines that have come since the last call; all that stand there, the first time."""
        *whole, self.rest = (self.rest + self._come()).split(b"\n")
        return lines_of(b"".join(line + b"\n" for line in whole))

    def _come(self) -> bytes:
        missed = b""
        try:
            with self.path.open("rb") as file:
                if file.read(len(self.head)) != self.head or file.seek(0, os.SEEK_END) < self.at:
                    missed, self.at = self._missed(), 0
                file.seek(0)
                self.head = file.read(HEAD)
                file.seek(self.at)
                come = file.read()
        except FileNotFoundError:
            return b""
        self.at += len(come)
        return missed + come

    def _missed(self) -> bytes:
        """What was written before the log started anew, and not read yet."""
        former = files.read(before(self.path)) or b""
        return former[self.at :] if former.startswith(self.head) else b""


SHOWN = 40


def failure(layout: Layout, why: str, lines: Iterable[str], reason: str = "", remedy: str = "") -> Unhealthy:
    """The error for *why*, once the last of *lines* are shown without secrets and colours.

    It says what they mean; else *reason*, or the last of them. *remedy* stands behind what helps against that.
    """
    secrets = redact.secrets_of(layout)
    plain = [redact.hide_values(COLOURS.sub("", line), secrets) for line in lines]
    told = [console.printable(line) for line in plain if line.strip()][-SHOWN:]
    for line in told:
        console.say(f"  | {line}")
    known = explanations.of("\n".join([*told, reason]))
    fixes = [known.fix] if known else []
    if known and reason:
        fixes.insert(0, f"That means: {known.means}.")
    because = reason or (known.means if known else next(reversed(told), "it has said nothing"))
    return Unhealthy(f"{why}: {console.printable(because)}", " ".join([*fixes, remedy]).strip())


UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_moment(text: str, now: datetime) -> datetime:
    """The moment that *text* means: a span before *now*, or a time; UsageError."""
    if span := re.fullmatch(r"(\d{1,6})([smhd])", text.strip()):
        return now - timedelta(**{UNITS[span[2]]: int(span[1])})
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        remedy = "Say how long ago (30s, 10m, 2h, 1d), or a time such as 2026-11-22T14:30."
        raise UsageError(f"--since {console.printable(text)!r} is no time", remedy) from None


def select(
    lines: list[str],
    latest: datetime,
    moment: datetime | None,
    count: int,
) -> list[str]:
    """The lines since *moment*, and of them the last *count*; None and -1: all."""
    if moment is not None:
        timed = zip(lines, times(lines, latest), strict=True)
        lines = [line for line, time in timed if time >= moment]
    if count < 0:
        return lines
    return lines[len(lines) - min(count, len(lines)) :]


def hide_line(line: str, secrets: Iterable[Secret]) -> str:
    """One line without colours and secrets, its control characters escaped."""
    return console.printable(redact.hide_values(COLOURS.sub("", line), secrets))
