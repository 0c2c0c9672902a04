"""The link that only --deep looks at: the model of each tier is asked, which may cost money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.doctor.answers import find_hindrance
from tasks.core.doctor.case import FAIL, OK, SKIP, Check
from tasks.core.model.errors import Unhealthy
from tasks.core.service import replies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.doctor.case import Case

NOT_ASKED = "no model was asked: --deep asks them"
UNREACHED = "no model was asked: {}"
ANSWERED = "{model} ({tiers}) answers in {seconds:.2f} s: {says}"
SILENT = "{model} ({tiers}) does not answer: {means}"
SAID = "; it said: {said}"


def models_of_tiers(case: Case) -> Iterator[Check]:
    """Whether the model of each tier answers one small real request."""
    if not case.modes.deep:
        yield Check("replies", SKIP, NOT_ASKED)
        return
    hindrance = find_hindrance("replies", case)
    if hindrance:
        yield hindrance
        return
    state = case.state
    served = case.served
    assert state is not None
    if isinstance(served, Unhealthy) and replies.find_problem(state, served):
        reason = UNREACHED.format(served.problem)
        yield Check("replies", SKIP, reason, state.url)
        return
    for answer in case.replies:
        yield describe(answer)


def describe(answer: replies.Facts) -> Check:
    """How one model answered."""
    tiers = ", ".join(answer["tiers"])
    facts = answer | {"tiers": tiers}
    problem = answer["problem"]
    if problem is None:
        facts["says"] = answer["says"] or "(no text)"
        return Check("replies", OK, ANSWERED.format_map(facts))
    says = SILENT.format_map(facts | problem)
    if problem["said"]:
        says += SAID.format_map(problem)
    return Check("replies", FAIL, says, fix=problem["fix"])
