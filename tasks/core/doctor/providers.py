"""The link behind the gateway: what its providers want to see, as far as it can be judged without asking them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tasks.core.doctor.case import FAIL, OK, SKIP, WARN, Check
from tasks.core.values import environment
from tasks.core.values.environment import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.doctor.case import Case


def providers(case: Case) -> Iterator[Check]:
    """Values that are missing or cannot be right, and models that have ended or cannot call tools; nobody is asked."""
    deployment = case.deployment
    if deployment is None:
        yield Check("providers", SKIP, "nothing is deployed")
        return
    found = [*_values(case), *_models(case)]
    yield from found
    if not any(each.state == FAIL for each in found):
        says = f"{', '.join(deployment.needs)}: set and well-formed; not checked with a provider"
        yield Check("providers", OK, says, case.layers.shown(case.layout.env_file))


def _values(case: Case) -> Iterator[Check]:
    """What stands in the gateway's .env, which is all that it gets."""
    assert case.deployment is not None
    where = case.layers.shown(case.layout.env_file)
    wanted = dict.fromkeys([*case.deployment.needs, *case.deployment.optional])
    held = {name: value for name in wanted if not environment.is_placeholder(value := case.env.get(name, ""))}
    findings = {name: Finding(name, value, where) for name, value in held.items()}
    known = {name: case.deployment.variable(name) for name in wanted}
    for each in environment.problems(findings, known, case.deployment.needs):
        state = FAIL if each.severity == "error" else WARN
        yield Check("providers", state, f"{each.variable}: {each.problem}", where, each.remedy)


def _models(case: Case) -> Iterator[Check]:
    assert case.deployment is not None
    today = time.strftime("%Y-%m-%d")
    for model in case.deployment.models:
        if model.retired(today):
            fix = f"Take {model.replacement} instead." if model.replacement else "Choose another: doit models"
            yield Check("providers", WARN, f"{model.id} was to end on {model.retires_on}", fix=fix)
    for model in {each.id: each for each in case.deployment.tiers.values()}.values():
        if model.tools != "yes" and model.id != case.deployment.answered_here:
            tiers = [tier for tier, each in case.deployment.tiers.items() if each.id == model.id]
            says = f"{model.id} serves {', '.join(tiers)}, and is not known to call tools"
            yield Check("providers", WARN, says, fix=f"Choose another one: doit deploy --{tiers[0]} MODEL")
