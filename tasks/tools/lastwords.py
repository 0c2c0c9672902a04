"""The end of a log, shown when something has failed, and what that means where we know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.model.errors import Unhealthy
from tasks.tools import console, explained, hiding, logfile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.model.layout import Layout

SHOWN = 40


def failure(layout: Layout, why: str, lines: Iterable[str], reason: str = "", remedy: str = "") -> Unhealthy:
    """The error for *why*, once the last of *lines* are shown without secrets and colours.

    It says what they mean; else *reason*, or the last of them. *remedy* stands behind what helps against that.
    """
    secrets = hiding.secrets_of(layout)
    plain = [hiding.hidden(logfile.COLOURS.sub("", line), secrets) for line in lines]
    told = [console.printable(line) for line in plain if line.strip()][-SHOWN:]
    for line in told:
        console.say(f"  | {line}")
    known = explained.of("\n".join([*told, reason]))
    fixes = [known.fix] if known else []
    if known and reason:
        fixes.insert(0, f"That means: {known.means}.")
    because = reason or (known.means if known else next(reversed(told), "it has said nothing"))
    return Unhealthy(f"{why}: {console.printable(because)}", " ".join([*fixes, remedy]).strip())
