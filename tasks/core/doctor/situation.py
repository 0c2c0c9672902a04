"""What status shows: facts about what is deployed here, with the doctor's verdict on them.

templates/schemas/status.schema.json describes the values.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tasks.core.claude import losses
from tasks.core.deploying import choices_page, drift
from tasks.core.disk import lock, targets
from tasks.core.doctor import answers, examination
from tasks.core.history import history, our_form
from tasks.core.litellm import litellm
from tasks.core.service import status_page, strays, traces

if TYPE_CHECKING:
    from tasks.core.deploying.expected import Memo
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.layout import Layout
    from tasks.core.service.strays import Stray


def gather(resolved: Resolved, memo: Memo) -> dict[str, Any]:
    """Everything that is known, as JSON values."""
    layout = resolved.layout
    holder = lock.holder(layout)
    known = resolved.request.remembered
    found = examination.look_briefly(resolved, memo)
    facts: dict[str, Any] = {
        "gateway": str(layout.gateway),
        "deployed": None,
        "process": None,
        "litellm": None,
        "drift": [],
        "strays": [stray._asdict() for stray in find_strays(layout)],
        "chosen": "",
        "is_gone": targets.is_gone(layout.gateway),
        "points_at": None,
        "asks": [],
        "lost": losses.describe(layout),
        "checkout": None,
        "lock": None,
        "verdict": found.verdict.to_json(),
    }
    if holder:
        facts["lock"] = holder._asdict()
    if known and known.chosen:
        facts["chosen"] = choices_page.describe_pending(known)
    if manifest := history.installed(layout):
        case = found.case
        assert case.state is not None
        comparison = case.comparison
        facts["deployed"] = status_page.describe_deployment(manifest)
        facts["process"] = status_page.describe_process(case.state)
        facts["litellm"] = find_program(resolved)
        facts["drift"] = drift.describe_drift(resolved, manifest, comparison)
        facts["checkout"] = comparison.checkout
        facts["asks"] = answers.describe_asked(case)
    else:
        facts["points_at"] = our_form.find_address(layout) or None
    return facts


def find_strays(layout: Layout) -> list[Stray]:
    """Gateways that were left behind; all processes are looked at only where that may be."""
    if not traces.are_there(layout):
        return []
    return strays.find(layout)


def find_program(resolved: Resolved) -> dict[str, Any] | None:
    """The LiteLLM that would be started."""
    program = litellm.find(resolved.layout, os.environ, resolved.request.choices.litellm)
    if program is None:
        return None
    return {"version": program.version, "program": str(program.executable)}
