"""What models answer: one small request to that of each tier; and one that costs nothing."""

from __future__ import annotations

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

HEARD = "{} says: {}"
"""After a start, of a model that costs nothing."""


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


def find_problem(state: State, error: Unhealthy) -> Facts | None:
    """What is wrong with a gateway that lists no models; None when it need not."""
    may_be_unlisted = not state.is_local
    if may_be_unlisted and isinstance(error, gateway.Answered) and error.status in UNLISTED:
        return None
    return describe_error(error)


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
