"""The page of `doit doctor`: the checks, as lines for a person and as JSON values.

templates/schemas/doctor.schema.json describes the values; tests/golden/output/doctor shows the
lines.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tasks.core.console import console
from tasks.core.doctor import answers, case, verdict
from tasks.core.model.errors import Unhealthy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tasks.core.doctor.case import Case, Check
    from tasks.core.doctor.verdict import Verdict

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
    found = verdict.judge(seen, checks)
    listed = [check.to_json() for check in checks]
    hosts = [host._asdict() for host in seen.hosts]
    return {
        "folder": str(place),
        "verdict": found.to_json(),
        "checks": listed,
        "asks": answers.describe_asked(seen),
        "hosts": hosts,
        "replies": find_replies(seen, checks),
        "runs": find_runs(seen, checks),
    }


def find_replies(seen: Case, checks: Sequence[Check]) -> list[dict[str, Any]]:
    """What the models said; where the link was passed over, none is asked for this either."""
    if is_passed_over("replies", checks):
        return []
    return seen.replies


def find_runs(seen: Case, checks: Sequence[Check]) -> list[dict[str, Any]]:
    """What Claude Code did; where the link was passed over, it is not run for this either."""
    if is_passed_over("probe", checks):
        return []
    return [run.to_json() for run in seen.runs]


def is_passed_over(link: str, checks: Sequence[Check]) -> bool:
    """Whether nothing was looked at there."""
    for check in checks:
        is_seen = check.state != case.SKIP
        if check.link == link and is_seen:
            return False
    return True


def find_error(found: Verdict) -> Unhealthy | None:
    """The error for the first broken link; None when none is broken."""
    if found.state != case.FAIL:
        return None
    says = f"the first broken link is {found.link}: {found.says}"
    return Unhealthy(says, found.fix)


def closing_lines(found: Verdict) -> Iterator[str]:
    """The conclusion, where nothing is broken."""
    state = found.state
    if state == verdict.NONE:
        state = case.SKIP
    mark = console.mark(state, sys.stdout)
    yield f"{mark} {found.says}"
    if found.fix:
        yield f"  {found.fix}"
