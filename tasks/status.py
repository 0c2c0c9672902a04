"""status: what is deployed, whether it runs, what drifted; and is it well? Only looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import EXIT_CODE, JSON, Task, action, make_flag
from tasks.core.console import console
from tasks.core.deploying.expected import Memo
from tasks.core.doctor import situation
from tasks.core.doctor.case import FAIL
from tasks.core.doctor.verdict import NONE
from tasks.core.model.errors import Changed, Unhealthy
from tasks.core.service import status_page

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved

DRIFT = "exit 2 when anything was changed since it was deployed"
CHECK = "exit 6 when claude would get no answer: cheap enough for a readiness probe"
OPTIONS = [make_flag("check", CHECK), {**EXIT_CODE, "help": DRIFT}, JSON]


def task(resolved: Resolved) -> Task:
    """`doit status [--json] [--check] [--exit-code]`."""
    memo = Memo()
    return {
        "actions": [(show, [resolved, memo])],
        "params": OPTIONS,
        "meta": {"quiet": True},
        "uptodate": [memo],
    }


@action
def show(
    resolved: Resolved,
    memo: Memo,
    *,
    as_json: bool,
    check: bool,
    exit_code: bool,
) -> None:
    """Print the facts, for a person or a program; with *check* Unhealthy when it is not well."""
    facts = situation.gather(resolved, memo)
    if as_json:
        console.document(facts)
    else:
        hanging = 11 if facts["deployed"] else 2
        console.tell("\n".join(status_page.lines(facts)), hanging)
    verdict = facts["verdict"]
    if check and verdict["state"] in (FAIL, NONE):
        error = Unhealthy(verdict["says"], verdict["fix"])
        error.told = as_json
        raise error
    if exit_code and status_page.find_odd(facts["drift"]):
        raise Changed("what stands is not what was left there", "See it: doit status")
