"""The links beyond: what the gateway answers, asked for free, and whether it knows what Claude Code will ask for."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tasks.core.claude import asked_page
from tasks.core.claude.asked_page import UNKNOWN
from tasks.core.doctor import remote
from tasks.core.doctor.case import FAIL, OK, SKIP, WARN, Check
from tasks.core.http import gateway
from tasks.core.model.errors import GatewayError, Unhealthy
from tasks.core.service.state import NOT_RUNNING
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tasks.core.claude.asked_page import Answered
    from tasks.core.doctor.case import Case

RESTART = ("restart",)

WAIT = "Wait a moment, then look again: doit status"
LOAD_AGAIN = "Load them again: doit restart; why LiteLLM left them out says its log: doit logs --since 1h"
OWN_NAMES = "Claude Code names it by itself; name others: doit deploy with --opus, --sonnet, --haiku"
ASK_DEEP = "It may serve them all the same: doit doctor --deep asks them"


def find_hindrance(link: str, case: Case) -> Check | None:
    """Why the gateway is not asked; None when it is."""
    if case.manifest is None or (case.runs_here and case.instance is None):
        return Check(link, SKIP, NOT_RUNNING if case.manifest else "nothing is deployed")
    state = case.state
    if state is not None and state.is_first_start:
        return Check(link, SKIP, "it is starting")
    if not case.runs_here and case.modes.is_brief:
        return Check(link, SKIP, "not asked: another machine runs it", case.manifest.gateway_url)
    if not case.runs_here and not remote.asked_there(case.remote):
        return Check(link, SKIP, "not asked: Claude Code would ask somebody else", case.manifest.gateway_url)
    return None


def readiness(case: Case) -> Iterator[Check]:
    """Whether it answers: LiteLLM says when it is ready, others at least that they are there."""
    state = case.state
    if state is not None and state.is_first_start:
        yield Check("readiness", FAIL, "LiteLLM is starting", state.url, WAIT)
        return
    if skipped := find_hindrance("readiness", case):
        yield skipped
        return
    assert case.manifest is not None
    url = case.manifest.gateway_url
    if case.state and case.runs_here and not case.state.is_ready:
        fix = f"It may still be starting; look in its log: {case.layout.log}"
        yield Check("readiness", FAIL, "it does not answer /health/readiness", url, fix)
    elif not case.runs_here and isinstance(said := case.served, Unhealthy):
        yield _answers(said, url)
    else:
        yield Check("readiness", OK, "it answers", url)


def _answers(said: Unhealthy, url: str) -> Check:
    """Whether one elsewhere answers although it lists no models: with an error of its own it answers nobody."""
    status = said.status if isinstance(said, gateway.Answered) else 0
    if not status:
        return Check("readiness", FAIL, said.problem, url, "Ask whoever runs it, or look at your network.")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        fix = "Wait a little and look again; if it stays so, ask whoever runs it."
        return Check("readiness", WARN, f"it limits requests just now (HTTP {status})", url, fix)
    if status // 100 == 3:  # noqa: PLR2004
        fix = "Is the address right, and is a login wanted? No redirect is followed."
        return Check("readiness", FAIL, f"it {said.problem}", url, fix)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED:
        return Check("readiness", FAIL, f"it answers with an error of its own (HTTP {status})", url, gateway.ASK)
    return Check("readiness", OK, "it answers", url)


def key(case: Case) -> Iterator[Check]:
    """Whether it takes its key, and refuses one that nobody was given."""
    if skipped := find_hindrance("key", case):
        yield skipped
        return
    assert case.manifest is not None
    url, said = case.manifest.gateway_url, case.served
    if isinstance(said, gateway.Answered) and said.refused:
        verb = RESTART if case.runs_here else ()
        fix = "Start it anew: doit restart" if case.runs_here else "Get a new token, then deploy with --token-stdin."
        yield Check("key", FAIL, f"it does not take its key: {said.problem}", url, fix, verb)
    elif isinstance(said, Unhealthy):
        yield Check("key", SKIP, "not known: it does not list its models", url)
    else:
        yield _stranger(case, url)


def _stranger(case: Case, url: str) -> Check:
    """Whether a key that nobody was given opens nothing."""
    refused = gateway.wrong_key_refused(url) if case.runs_here else remote.stranger_refused(case.remote)
    if refused is None:
        return Check("key", OK, "it takes its key; whether it refuses another it does not tell", url)
    if not refused:
        fix = "Stop it (doit stop) and look into litellm_config.yaml." if case.runs_here else "Tell whoever runs it."
        return Check("key", FAIL if case.runs_here else WARN, "it answers to a wrong key", url, fix)
    return Check("key", OK, "it takes its key, and refuses another", url)


def models(case: Case) -> Iterator[Check]:
    """Whether it serves every model that was deployed."""
    if skipped := find_hindrance("models", case):
        yield skipped
        return
    assert case.manifest is not None
    url, said = case.manifest.gateway_url, case.served
    if isinstance(said, Unhealthy):
        yield Check("models", FAIL if case.runs_here else SKIP, f"it lists no models: {said.problem}", url, said.remedy)
    elif missing := [name for name in case.manifest.models if name not in said]:
        fix, verb = (LOAD_AGAIN, RESTART) if case.runs_here else (ASK_DEEP, ())
        says = f"it does not {'serve' if case.runs_here else 'list'} {', '.join(missing)}"
        yield Check("models", FAIL if case.runs_here else WARN, says, url, fix, verb)
    else:
        yield Check("models", OK, f"it serves {', '.join(said[:8])}{' …' if len(said) > 8 else ''}", url)  # noqa: PLR2004


def names(case: Case) -> Iterator[Check]:
    """Whether every name that Claude Code would ask for is one of the gateway's."""
    known = _known(case)
    if not known:
        says = "its names are not known" if case.manifest else "nothing is deployed"
        yield Check("names", SKIP, says)
        return
    asked = _asked(case, known)
    unknown = [each for each in asked if each.state == UNKNOWN]
    yield from _unknown(unknown, case)
    if not unknown:
        # The configuration alone says what would be served, not that anything is.
        state = "served" if _listed(case) else "configured"
        line = asked_page.format_line([each._asdict() for each in asked])
        yield Check("names", OK, f"what Claude Code asks for is {state}: {line}")


def describe_asked(case: Case) -> asked_page.Facts:
    """For each name what is asked for; nothing where what is deployed is not known."""
    try:
        return [each._asdict() for each in _asked(case, _known(case))]
    except GatewayError:
        return []


def _known(case: Case) -> list[str]:
    """The names that the gateway lists, and the names and patterns of its configuration."""
    return [*_listed(case), *_configured(case)]


def _asked(case: Case, known: Collection[str]) -> list[Answered]:
    """What each name asks for."""
    if case.deployment is None:
        return []
    return asked_page.find_answers(case.layers, case.deployment, known)


def _unknown(found: Sequence[Answered], case: Case) -> Iterator[Check]:
    """What the gateway does not have, each model once; *found*: the names that ask for it."""
    lack = _describe_lack(case)
    state = WARN
    if case.runs_here:
        state = FAIL
    for model in dict.fromkeys(each.model for each in found):
        those = [each for each in found if each.model == model]
        names = ", ".join(each.name for each in those)
        says = f"{model} is asked for ({names}), which the gateway {lack}"
        where, fix = "", OWN_NAMES
        if by := those[0].by:
            says = f"{by} is {model} ({names}), which the gateway {lack}"
            where = those[0].where
            fix = f"Name one of those that it serves, or take it out: doit explain {by}"
        yield Check("names", state, says, where, fix)


def _describe_lack(case: Case) -> str:
    """How it is known that a name is not there."""
    if not case.runs_here:
        return "does not list"
    if _listed(case):
        return "does not serve"
    return "is not configured to serve"


def _listed(case: Case) -> list[str]:
    """The names that the gateway lists itself; none when it is not asked, or does not answer."""
    if find_hindrance("names", case) or isinstance(case.served, Unhealthy):
        return []
    return case.served


def _configured(case: Case) -> list[str]:
    """The names and patterns in its configuration, where that is on this machine."""
    stays_unread = case.modes.is_brief and not _listed(case)
    if not case.runs_here or stays_unread:
        return []
    try:
        found: Any = documents.load_yaml(case.layout.config)
        return [str(each["model_name"]) for each in found["model_list"]]
    except (GatewayError, KeyError, TypeError):
        return []
