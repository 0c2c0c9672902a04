"""The page of `doit doctor`: the checks, as lines for a person and as JSON values.

templates/schemas/doctor.schema.json describes the values; tests/golden/output/doctor shows the
lines.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tasks.core.console import console
from tasks.core.doctor import case
from tasks.core.model.errors import Unhealthy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tasks.core.doctor.case import Case, Check

LINK_WIDTH = 11
SAYS_INDENT = " " * 13
FIX_INDENT = " " * 15


def lines(check: Check, *, named: bool) -> Iterator[str]:
    """One check: its mark, its link if *named*, what was found and where; below it the fix."""
    link = ""
    if named:
        link = check.link
    mark = console.mark(check.state, sys.stdout)
    room = console.width() - len("x ")
    says = check.says
    if check.where and check.where not in check.says:
        says += f"  ({check.where})"
    text = console.folded(SAYS_INDENT + says, room, 2)
    yield f"{mark} {link:{LINK_WIDTH}}  " + text.lstrip(" ")
    if check.fix and check.state in (case.FAIL, case.WARN):
        yield "  " + console.folded(FIX_INDENT + check.fix, room, 2)


def describe(seen: Case, checks: Sequence[Check], place: Path) -> dict[str, Any]:
    """What was found for a claude that is started in *place*."""
    first = case.broken(checks)
    link = first.link if first else None
    return {
        "folder": str(place),
        "broken": link,
        "checks": [check.to_json() for check in checks],
        "hosts": [host._asdict() for host in seen.hosts],
        "replies": seen.replies,
    }


def find_verdict(checks: Sequence[Check]) -> Unhealthy | None:
    """The error for the first broken link; None when none is broken."""
    first = case.broken(checks)
    if first is None:
        return None
    says = f"the first broken link is {first.link}: {first.says}"
    return Unhealthy(says, first.fix, where="")
