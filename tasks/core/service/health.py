"""Is the gateway ready, does it list what was deployed, and does the model of each tier answer.

/health/readiness ─► /v1/models with the key ─► --deep: /v1/messages, once for each model

A person sees:

✓ ready    http://127.0.0.1:4000
✓ serves   demo, gpt-oss
✓ answers  demo (opus, sonnet)  0.21 s
           Hello.
✗ answers  gpt-oss (haiku)  1.40 s
           said:   RESOURCE_EXHAUSTED
           means:  the provider limits requests
           do:     Wait a little, or raise the quota.

templates/schemas/health.schema.json describes what a program sees.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import catalogue
from tasks.core.console import console
from tasks.core.http import gateway, probe
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settle
from tasks.core.model.errors import Unhealthy, UsageError
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasks.core.model.catalogue import Model
    from tasks.core.model.deployment import Deployment
    from tasks.core.service.state import State

Facts = dict[str, Any]

Names = dict[str, list[str]]
"""Per model, as Claude Code asks for it, the tiers that it serves."""

UNLISTED = frozenset({404, 405, 501})
"""How a remote gateway says that it has no list of models, which it need not have."""

NOT_READY = "does not answer /health/readiness"
READ_LOG = "See its log: doit logs"
READ_WHY = "LiteLLM leaves out what it cannot load, and says why: doit logs --since 1h"
ASK_DEEP = "It may serve them all the same: doit health --deep asks them."

SEE_ABOVE = "See above."
SEE_MORE = "See above; its log: doit logs"
"""What to do, by what was found."""

HEARD = "{} says: {}"
"""After a start, of a model that costs nothing."""

READY = "{mark} ready    {gateway}"
SERVES = "{mark} serves   {names}"
MISSING = "           not {names}, which was deployed"
ANSWERS = "{mark} answers  {model} ({names})  {seconds:.2f} s"
SAYS = "           {says}"
SAID = "           said:   {said}"
PROBLEM = """\
           means:  {means}
           do:     {fix}"""


def find_tiers(deployment: Deployment) -> Names:
    """The models to ask; UsageError when none is known."""
    found: Names = {}
    for tier, name in deployment.names.items():
        tiers = found.setdefault(name, [])
        tiers.append(tier)
    if not found:
        fix = "Say it: doit deploy --opus X --sonnet Y"
        raise UsageError("it is not known which models serve the tiers", fix)
    return found


def examine(state: State, names: Names) -> Facts:
    """What the gateway says, as JSON values; each of *names* gets one real request.

    gateway   its address
    healthy   whether nothing of the following is wrong
    ready     whether it takes requests; None for a remote gateway, which may be no LiteLLM
    serves    the models that it lists
    missing   the deployed models that it does not list
    problem   why it lists none (see describe_error), or None
    asked     the answer of each model that was asked (see ask_model)
    """
    ready = state.is_ready if state.is_local else None
    served, problem = state.served, None
    if isinstance(served, Unhealthy):
        problem = find_problem(state, served)
        served = []
    answers: list[Facts] = []
    if problem is None:
        answers = ask_models(state, names)
    missing = find_missing(state, answers)
    failed = find_failed(answers)
    troubles = (ready is False, problem, missing, failed)
    return {
        "gateway": state.url,
        "healthy": not any(troubles),
        "ready": ready,
        "serves": served,
        "missing": missing,
        "problem": problem,
        "asked": answers,
    }


def find_problem(state: State, error: Unhealthy) -> Facts | None:
    """What is wrong with a gateway that lists no models; None when it need not."""
    may_be_unlisted = not state.is_local
    if may_be_unlisted and isinstance(error, gateway.Answered) and error.status in UNLISTED:
        return None
    return describe_error(error)


def find_missing(state: State, answers: list[Facts]) -> list[str]:
    """The deployed models that it does not list.

    Of a remote gateway those that answered are left out: it may serve more than it lists,
    by a pattern.
    """
    missing = state.find_missing(state.manifest.models)
    if state.is_local:
        return missing
    answered = {answer["model"] for answer in answers if answer["ok"]}
    return [name for name in missing if name not in answered]


def find_failed(answers: list[Facts]) -> list[str]:
    """The models that did not answer.

    In the order in which they were asked.
    """
    return [answer["model"] for answer in answers if not answer["ok"]]


def ask_models(state: State, names: Names) -> list[Facts]:
    """One real request to each model."""
    answers = []
    for name, tiers in names.items():
        answer = {"model": name, "tiers": tiers}
        answers.append(answer | ask_model(state, name))
    return answers


def ask_model(state: State, name: str) -> Facts:
    """One real request.

    ok        whether an answer came
    says      its text, on one line; None without one
    problem   why none came (see describe_error)
    seconds   how long that took
    """
    begun = time.monotonic()
    says = problem = None
    try:
        text = gateway.ask(state.url, state.access, name)
        says = " ".join(console.printable(text).split())
    except Unhealthy as error:
        problem = describe_error(error)
    seconds = time.monotonic() - begun
    return {
        "ok": problem is None,
        "says": says,
        "problem": problem,
        "seconds": round(seconds, 2),
    }


def require_remote(state: State) -> None:
    """Unhealthy when a gateway that another machine runs cannot be reached. Costs nothing."""
    choices = Choices.from_json(state.manifest.choices)
    deployment = settle(choices, catalogue.load(state.layout))
    probe.require_gateway(deployment, env_file.deployed(state.layout))


def hear(state: State, models: Mapping[str, Model]) -> Iterator[str]:
    """What a deployed model says that costs nothing, because LiteLLM answers in its place.

    Nothing when none is deployed. A name in the manifest may be one that is in the catalogue
    no more, so that it is not known where its answers come from.
    """
    for name in state.manifest.models:
        model = models.get(name)
        if model and model.provider == "mock":
            text = gateway.ask(state.url, state.access, name)
            said = console.printable(text)
            yield HEARD.format(name, said)
            return


def describe_error(error: Unhealthy) -> Facts:
    """What went wrong.

    said      the gateway's own words, if it had any
    means     what they mean
    fix       what to do
    """
    said = None
    if isinstance(error, gateway.Answered):
        said = error.said or None
    return {
        "said": said,
        "means": error.problem,
        "fix": error.remedy,
    }


def find_verdict(facts: Facts) -> Unhealthy:
    """The error for what was found: the first of its problems."""
    problem = facts["problem"]
    if problem:
        says, fix = problem["means"], problem["fix"]
    else:
        says, fix = find_reason(facts)
    url = facts["gateway"]
    return Unhealthy(says, fix, where=url)


def find_reason(facts: Facts) -> tuple[str, str]:
    """What is wrong with a gateway that lists its models, and the fix."""
    is_local = facts["ready"] is not None
    if facts["ready"] is False:
        return NOT_READY, READ_LOG
    missing = ", ".join(facts["missing"])
    if missing and is_local:
        return f"does not serve {missing}", READ_WHY
    if missing:
        return f"does not list {missing}", ASK_DEEP
    failed = ", ".join(find_failed(facts["asked"]))
    if is_local:
        return f"no answer from {failed}", SEE_MORE
    return f"no answer from {failed}", SEE_ABOVE


def lines(facts: Facts) -> Iterator[str]:
    """The facts for a person."""
    if facts["ready"] is not None:
        sign = mark(facts["ready"])
        yield READY.format_map(facts | {"mark": sign})
    if facts["problem"] is None:
        yield from model_lines(facts)
    for answer in facts["asked"]:
        yield from answer_lines(answer)


def model_lines(facts: Facts) -> Iterator[str]:
    """What it lists, and what it does not."""
    missing = ", ".join(facts["missing"])
    served = ", ".join(facts["serves"])
    names = served or "it does not say what"
    sign = mark(not missing)
    yield SERVES.format(mark=sign, names=names)
    if missing:
        yield MISSING.format(names=missing)


def answer_lines(answer: Facts) -> Iterator[str]:
    """How a model answered: what it said, or why it did not.

    The three lines of a problem are the provider's words, their meaning, and the fix.
    """
    is_good = answer["ok"]
    names = ", ".join(answer["tiers"])
    sign = mark(is_good)
    yield ANSWERS.format(mark=sign, names=names, **answer)
    if is_good:
        yield SAYS.format(says=answer["says"] or "(no text)")
        return
    problem = answer["problem"]
    if problem["said"]:
        yield SAID.format_map(problem)
    yield PROBLEM.format_map(problem)


def mark(is_good: object) -> str:
    """✓ or ✗."""
    state = "ok" if is_good else "fail"
    return console.mark(state, sys.stdout)
