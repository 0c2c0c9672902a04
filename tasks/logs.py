"""logs: what LiteLLM and its supervisor say, for a person to read; the file itself is litellm.log. Only looks."""

from __future__ import annotations

import contextlib
import time
from datetime import datetime
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

USUAL = 50
"""Lines that are shown without --lines and --since."""

PAUSE = 0.3
"""Seconds between two looks at the log."""

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
        "metavar": "WHEN",
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
    moment = logs.parse_moment(since, datetime.now().astimezone()) if since else None
    if not (layout.log.exists() or follow):
        raise GatewayError("there is no log yet", "It begins with: doit start", where=str(layout.log))
    if count < 0 and moment is None:
        count = USUAL
    log = logs.Follower(layout.log)
    before = files.read(logs.before(layout.log)) or b""
    lines = [*logs.lines_of(before), *log.lines()]
    latest = logs.written(layout.log)
    if not follow:
        lines += logs.lines_of(log.rest)
        tell(layout, logs.select(lines, latest, moment, count))
        return
    with contextlib.suppress(KeyboardInterrupt):
        tell(layout, logs.select(lines, latest, moment, count))
        for more in _coming(log):
            tell(layout, more)


def tell(layout: Layout, lines: Iterable[str]) -> None:
    """Print *lines* as they may be shown."""
    secrets = redact.secrets_of(layout)
    for line in lines:
        console.tell(logs.hide_line(line, secrets))


def _coming(log: logs.Follower) -> Iterator[list[str]]:
    """The lines that come, as long as they are read."""
    while not console.is_unread():
        yield log.lines()
        time.sleep(PAUSE)
