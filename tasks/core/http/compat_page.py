"""The page of `doit check`: the criteria as lines, and the error when one that is needed fails."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.model.errors import Unhealthy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasks.core.http.compat_requests import Target
    from tasks.core.http.compatibility import Verdict

ROW = "{} {:13} {}"
FIX = "                {}"
"""A criterion, and below it what helps."""


def lines(target: Target, found: Sequence[Verdict]) -> Iterator[str]:
    """The criteria for a person, each that is not met with its fix."""
    yield f"{target.url}, asked for {target.model}"
    for verdict in found:
        mark = console.mark(verdict.state, sys.stdout)
        yield ROW.format(mark, verdict.id, verdict.seen)
        is_met = verdict.state == "ok"
        if verdict.fix and not is_met:
            yield FIX.format(verdict.fix)


def find_verdict(url: str, found: Sequence[Verdict]) -> Unhealthy:
    """The error for a gateway through which Claude Code cannot work; what failed was shown."""
    names = [verdict.id for verdict in found if verdict.state == "fail"]
    listed = ", ".join(names)
    error = Unhealthy(
        f"Claude Code cannot work through it: {listed}",
        "See above what helps.",
        where=url,
    )
    error.told = True
    return error
