"""The page of `doit compat`: the criteria as lines, and the error when one that is needed fails."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.model.errors import Unhealthy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasks.core.http.compat_requests import Target
    from tasks.core.http.compatibility import Judged

ROW = "{} {:13} {}"
FIX = "                {}"
"""A criterion, and below it what helps."""


def lines(target: Target, found: Sequence[Judged]) -> Iterator[str]:
    """The criteria for a person, each that is not met with its fix."""
    yield f"{target.way.url}, asked for {target.model}"
    for judged in found:
        mark = console.mark(judged.state, sys.stdout)
        yield ROW.format(mark, judged.id, judged.seen)
        is_met = judged.state == "ok"
        if judged.fix and not is_met:
            yield FIX.format(judged.fix)


def find_verdict(url: str, found: Sequence[Judged]) -> Unhealthy:
    """The error for a gateway through which Claude Code cannot work; what failed was shown."""
    names = [judged.id for judged in found if judged.state == "fail"]
    listed = ", ".join(names)
    error = Unhealthy(
        f"Claude Code cannot work through it: {listed}",
        "See above what helps.",
        where=url,
    )
    error.told = True
    return error
