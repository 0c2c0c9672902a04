"""compat: can Claude Code work through a gateway, the deployed one or any? Asks what costs nothing, unless --paid."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.cli.steps import JSON, WORDS, Task, action
from tasks.core.console import console, prompts
from tasks.core.history import history
from tasks.core.http import compatibility, doors
from tasks.core.model import choices
from tasks.core.model.catalogue import TIERS
from tasks.core.model.deployment import settle
from tasks.core.model.errors import Unhealthy, UsageError
from tasks.core.service.state import NOT_RUNNING, START_IT, State
from tasks.core.values import env_file, environment, references

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasks.core.deploying.context import Asked
    from tasks.core.http.client import Wire
    from tasks.core.http.compatibility import Judged, Seen

MESSAGES, COUNT, MODELS = "/v1/messages?beta=true", "/v1/messages/count_tokens?beta=true", "/v1/models?limit=1000"
ANTHROPIC = {"anthropic-version": "2023-06-01"}
"""What every request of Claude Code has."""
MODEL = "claude-haiku-5-5"
"""What is asked for where no model was named: Claude Code's own name for its smallest."""
LONG = "Count from 1 to 60 in words, one number per line."
"""A question whose answer takes its time."""
QUESTION = {"role": "user", "content": LONG}

OPTIONS = [
    JSON,
    {
        "name": "paid",
        "long": "paid",
        "type": bool,
        "default": False,
        "help": "also small requests that cost, five at most",
    },
    {"name": "yes", "long": "yes", "short": "y", "type": bool, "default": False, "help": "without asking first"},
    {"name": "token_stdin", "long": "token-stdin", "type": bool, "default": False, "help": "read the token for URL"},
    {"name": "auth", "long": "auth", "type": str, "default": "bearer", "help": "for URL: bearer or x-api-key"},
    {"name": "model", "long": "model", "type": str, "default": "", "help": "the model to ask for"},
    WORDS,
]


class Target(NamedTuple):
    """Whom to ask, and as whom: the way there, the headers of a request, those of a stranger, and which models."""

    way: Wire
    headers: Mapping[str, str]
    strange: Mapping[str, str]
    names: tuple[str, ...]
    model: str
    free: bool = False


def task(asked: Asked) -> Task:
    """`doit compat [URL] [--json] [--paid [--yes]] [--model NAME] [--token-stdin] [--auth …]`."""
    return {"actions": [(examine, [asked])], "params": OPTIONS, "pos_arg": "words", "meta": {"quiet": True}}


@action
def examine(
    asked: Asked,
    words: Sequence[str],
    *,
    as_json: bool,
    paid: bool,
    yes: bool,
    token_stdin: bool,
    auth: str,
    model: str,
) -> None:
    """Print what is seen of each criterion; Unhealthy when Claude Code cannot work through it."""
    if len(words) > 1:
        raise UsageError("more than one address was given", "One at a time: doit compat URL")
    target = named(asked, words[0], auth, token_stdin, model) if words else deployed(asked, model)
    agreed = target.free or (paid and agreed_to(target, yes=yes))
    found = compatibility.judged(seen(target, paid=agreed), target.names)
    if as_json:
        console.document(compatibility.document(target.way.url, target.model, found, paid=agreed))
    else:
        console.tell("\n".join(lines(target, found)))
    if compatibility.failed(found):
        raise told(target.way.url, found)


def told(url: str, found: Sequence[Judged]) -> Unhealthy:
    """The error for a gateway through which Claude Code cannot work."""
    names = ", ".join(each.id for each in found if each.state == "fail")
    error = Unhealthy(f"Claude Code cannot work through it: {names}", "See above what helps.", where=url)
    error.told = True
    return error


def agreed_to(target: Target, *, yes: bool) -> bool:
    """Whether the requests that cost may be made; UsageError when there is nobody to ask."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("--paid asks first, and there is nobody to ask", "Agree with --yes.")
    console.say(
        f"Up to five small requests to {target.model} at {target.way.url} will cost what they cost there.", "warn"
    )
    return prompts.wanted("Make them?")


def deployed(asked: Asked, model: str) -> Target:
    """What is deployed here, as Claude Code asks it."""
    manifest = history.current(asked.layout)
    state = State(asked.layout, manifest)
    if state.is_silent:
        raise Unhealthy(NOT_RUNNING, START_IT, where=state.url)
    made = settle(choices.Choices.from_json(manifest.choices), asked.catalogue)
    values = env_file.deployed(asked.layout)
    if not values.get(manifest.token_variable):
        raise UsageError(
            f"there is no token to show: {manifest.token_variable} has no value",
            "Set it there, then deploy again.",
            where=str(asked.layout.env_file),
        )
    names = tuple(dict.fromkeys(name.removesuffix("[1m]") for name in made.names.values()))
    smallest = next((made.names[tier] for tier in reversed(TIERS) if tier in made.names), MODEL)
    wanted = model or smallest.removesuffix("[1m]")
    stranger = dict.fromkeys(
        [name for name in values if made.variable(name).secret], environment.generate_key().reveal()
    )
    return Target(
        doors.way(manifest.gateway_url, made.choices, values),
        doors.headers(made, values),
        doors.headers(made, {**values, **stranger}),
        names,
        wanted,
        free=wanted == made.answered_here,
    )


def named(asked: Asked, address: str, auth: str, token_stdin: bool, model: str) -> Target:
    """Any gateway, with a token from standard input; network and certificates as chosen here."""
    if not token_stdin:
        raise UsageError("a token is needed", f"Give it on standard input: doit compat {address} --token-stdin")
    url, how = choices.url(address, "the address"), choices.checked("auth", auth)
    token = references.from_stdin("token")
    strange = environment.generate_key()
    known, unknown = (doors.credential(how, each.reveal()) for each in (token, strange))
    return Target(doors.way(url, asked.choices, {}), known, unknown, (), model or MODEL)


def seen(target: Target, *, paid: bool) -> Seen:
    """The answers to all that is asked; where what cannot be valid is taken, nothing more that could cost."""
    free = refusable(target, paid=paid)
    known = {**ANTHROPIC, **target.headers}
    found = compatibility.Seen(
        plain=free["plain"],
        version=free.get("version"),
        beta=free.get("beta"),
        field=free.get("field"),
        stranger=free.get("stranger"),
        counted=target.way.ask(COUNT, known, {"model": target.model, "messages": [QUESTION]}),
        models=target.way.ask(MODELS, known),
    )
    return costly(target, found) if paid else found


def costly(target: Target, found: Seen) -> Seen:
    """*found* with the answers to what may cost; what those to the others told already is not asked for."""
    valid = {"model": target.model, "max_tokens": 400, "stream": True, "messages": [QUESTION]}
    once = {"model": target.model, "max_tokens": 1, "messages": [QUESTION]}
    known = {**ANTHROPIC, **target.headers}
    requests: dict[str, tuple[Mapping[str, str], Mapping[str, object]]] = {
        "lost": (known, {**once, compatibility.FIELD: True})
    }
    if compatibility.arrived(compatibility.VERSION, found.version) is None:
        requests["dated"] = {**known, "anthropic-version": compatibility.VERSION}, once
    if compatibility.arrived(compatibility.BETA, found.beta) is None:
        requests["tried"] = {**known, "anthropic-beta": compatibility.BETA}, once
    if found.stranger and not compatibility.refuses(found.stranger, found.plain):
        requests["entered"] = {**ANTHROPIC, **target.strange}, once
    answers = {name: target.way.ask(MESSAGES, *request) for name, request in requests.items()}
    return found._replace(stream=target.way.stream(MESSAGES, known, valid), **answers)


def refusable(target: Target, *, paid: bool) -> dict[str, compatibility.Answer]:
    """The answers to what costs nothing, since it is refused; one that is taken is the last, unless *paid*."""
    invalid = {"model": target.model, "max_tokens": 1, "messages": []}
    known = {**ANTHROPIC, **target.headers}
    requests: dict[str, tuple[Mapping[str, str], Mapping[str, object]]] = {
        "plain": (known, invalid),
        "version": ({**known, "anthropic-version": compatibility.VERSION}, invalid),
        "beta": ({**known, "anthropic-beta": compatibility.BETA}, invalid),
        "field": (known, {**invalid, compatibility.FIELD: True}),
        "stranger": ({**ANTHROPIC, **target.strange}, invalid),
    }
    found: dict[str, compatibility.Answer] = {}
    for name, (headers, body) in requests.items():
        found[name] = target.way.ask(MESSAGES, headers, body)
        if compatibility.completed(found[name]) and not paid:
            break
    return found


def lines(target: Target, found: Sequence[Judged]) -> Iterator[str]:
    """The result for a person."""
    yield f"{target.way.url}, asked for {target.model}"
    for each in found:
        yield f"{console.mark(each.state, sys.stdout)} {each.id:13} {each.seen}"
        if each.fix and each.state != "ok":
            yield f"{'':16}{each.fix}"
