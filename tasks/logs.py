"""logs: what LiteLLM and its supervisor say, for a person to read; the file itself is litellm.log. Only looks."""

from __future__ import annotations

import contextlib
import os
import re
import select
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.console import console
from tasks.core.disk import files
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.secrets import redact
from tasks.core.service import logs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.layout import Layout
    from tasks.core.model.secret import Secret

USUAL = 50
"""Lines that are shown when nobody says how many, or since when."""

PAUSE = 0.3
"""Seconds between two looks at the log."""

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

OPTIONS = [
    {
        "name": "follow",
        "long": "follow",
        "short": "f",
        "type": bool,
        "default": False,
        "help": "go on showing what comes, until Ctrl-C",
    },
    {
        "name": "since",
        "long": "since",
        "type": str,
        "default": "",
        "help": "from then on: 30s, 10m, 2h or 1d ago, or a time such as 2026-11-22T14:30",
    },
    {
        "name": "count",
        "long": "lines",
        "short": "n",
        "type": int,
        "default": -1,
        "help": f"so many lines, the last ones ({USUAL}, unless --since is given)",
    },
]


def task(resolved: Resolved) -> Task:
    """`doit logs [-f] [--since TIME] [-n LINES]`."""
    return {"actions": [(show, [resolved.layout])], "params": OPTIONS, "meta": {"quiet": True}}


@action
def show(layout: Layout, follow: bool, since: str, count: int) -> None:
    """Print the end of the log, then what comes."""
    if count < -1:
        raise UsageError("--lines is a number of lines, 0 or more", where=str(count))
    moment = asked_time(since, datetime.now().astimezone()) if since else None
    if not (layout.log.exists() or follow):
        raise GatewayError("there is no log yet", "It begins with: doit start", where=str(layout.log))
    log = logs.Follower(layout.log)
    lines = [*logs.lines_of(files.read(logs.before(layout.log)) or b""), *log.lines()]
    if not follow:
        lines += logs.lines_of(log.rest)
    with contextlib.suppress(*[KeyboardInterrupt] * follow):
        tell(layout, chosen(lines, logs.written(layout.log), moment, count))
        for more in _coming(log) if follow else ():
            tell(layout, more)


def asked_time(text: str, now: datetime) -> datetime:
    """The moment that *text* means: a span before *now*, or a time; UsageError."""
    if span := re.fullmatch(r"(\d{1,6})([smhd])", text.strip()):
        return now - timedelta(**{UNITS[span[2]]: int(span[1])})
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        remedy = "Say how long ago (30s, 10m, 2h, 1d), or a time such as 2026-11-22T14:30."
        raise UsageError(f"--since {console.printable(text)!r} is no time", remedy) from None


def chosen(lines: list[str], latest: datetime, moment: datetime | None, count: int) -> list[str]:
    """Those since *moment*, and of them the last *count*; -1: all since then, or the usual number."""
    if moment is not None:
        lines = [line for line, at in zip(lines, logs.times(lines, latest), strict=True) if at >= moment]
    elif count < 0:
        count = USUAL
    return lines if count < 0 else lines[len(lines) - min(count, len(lines)) :]


def tell(layout: Layout, lines: Iterable[str]) -> None:
    """Print *lines* as they may be shown."""
    secrets = redact.secrets_of(layout)
    for line in lines:
        console.tell(shown(line, secrets))


def shown(line: str, secrets: Iterable[Secret]) -> str:
    """One line without colours and secrets, its control characters escaped."""
    return console.printable(redact.hide_values(logs.COLOURS.sub("", line), secrets))


def _coming(log: logs.Follower) -> Iterator[list[str]]:
    """The lines that come, as long as somebody reads them."""
    while not _unread():
        yield log.lines()
        time.sleep(PAUSE)


def _unread() -> bool:
    """Whether nobody reads our output any more (`doit logs -f | head`): the console then writes to nowhere."""
    if os.path.samestat(os.fstat(1), Path(os.devnull).stat()):
        return True
    output = select.poll()
    output.register(1, 0)  # what went wrong is told without being asked for
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in output.poll(0))
