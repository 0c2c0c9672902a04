"""What each name will ask for and who answers: values for a program, one line for a person.

    demo for all names
    gemini-3.8-flash for default, opus; my-model for sonnet (unknown there, model, ~/…:3)
    past the gateway (CLAUDE_CODE_USE_BEDROCK, ~/…:3)

The schema of the values is in templates/schemas/status.schema.json.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.catalogue import client_facts
from tasks.core.claude import asked_names, installed, logins
from tasks.core.claude.layers import Key
from tasks.core.model.answering import find_answering, find_match
from tasks.core.model.deployment import settings_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from tasks.core.claude.layers import Layers
    from tasks.core.model.deployment import Deployment

Facts = list[dict[str, Any]]
"""Per name the members of Answered."""

DEPLOYED, UNKNOWN, UNSURE, PAST = "deployed", "unknown", "unsure", "past"

GATEWAY_SWITCH = "CLAUDE_CODE_USE_GATEWAY"
"""The one switch with which the usual address is asked all the same."""

STATES = {"": UNKNOWN, None: UNSURE}
"""What follows where no model is known to answer."""

ALL = "all names"
PAST_SAYS = "past the gateway"
UNKNOWN_SAYS = "unknown there"


class Answered(NamedTuple):
    """What a name asks for, and what becomes of it.

    *state*: deployed; unknown: the gateway has no such model; unsure: only the gateway knows;
    past: it is not asked, because of *by*. *answers*: the model that answers, "" where that is not
    known. *is_ours*: whether the deployment or Claude Code itself decides, and no other setting.
    """

    name: str
    model: str
    by: str
    where: str
    is_ours: bool
    state: str
    answers: str


def find_answers(
    layers: Layers,
    deployment: Deployment,
    listed: Collection[str] = (),
) -> list[Answered]:
    """For each name what is asked for, and who answers.

    *listed*: the models that the gateway lists itself, where they are known.
    """
    wanted = find_wanted(deployment)
    login = logins.find_plan(layers)
    detour = find_detour(layers, deployment)
    found = []
    for asked in asked_names.find_asked(layers, login):
        answers = find_answering(deployment, asked.model)
        if listed and not answers:
            answers = find_listed(asked.model, listed)
        made = Answered(
            *asked,
            is_ours=not asked.by or asked.by in wanted,
            state=STATES.get(
                answers,
                DEPLOYED,
            ),
            answers=answers or "",
        )
        if detour:
            made = Answered(
                asked.name,
                asked.model,
                *detour,
                is_ours=False,
                state=PAST,
                answers="",
            )
        found.append(made)
    return found


def find_listed(
    name: str,
    listed: Collection[str],
) -> str:
    """*name* where the gateway says that it has it; else ""."""
    if find_match(name, listed):
        return name
    return ""


def find_detour(
    layers: Layers,
    deployment: Deployment,
) -> tuple[str, str] | None:
    """The setting that leads requests past the deployed gateway and its place; None without one."""
    if is_on(layers.environ.get(client_facts.SOCKET)):
        return client_facts.SOCKET, "environment"
    wanted = find_wanted(deployment)
    for name in client_facts.switches(layers.layout.templates):
        if name == GATEWAY_SWITCH or is_on(wanted.get(name)):
            continue
        if is_on(layers.text(name)):
            return name, find_place(layers, name)
    for name, url in wanted.items():
        if not name.endswith("_BASE_URL") or not url:
            continue
        if layers.text(name).rstrip("/") != url.rstrip("/"):
            return name, find_place(layers, name)
    return None


def find_place(
    layers: Layers,
    name: str,
) -> str:
    """Where the value that counts is set; "" where there is none."""
    held = layers.winner(name)
    if held is None:
        return ""
    return held.where


def find_wanted(deployment: Deployment) -> dict[str, str]:
    """What a deployment writes into Claude Code's settings in plain text, by the key's name."""
    wanted = {}
    for setting in installed.select(settings_of(deployment)):
        if setting.text is not None:
            name = Key(setting.path).name
            wanted[name] = setting.text
    return wanted


def is_on(text: str | None) -> bool:
    """Whether a switch with this value is on."""
    return (text or "").lower() not in client_facts.OFF


def describe(
    layers: Layers,
    deployment: Deployment,
    listed: Collection[str] = (),
) -> Facts:
    """All of it as JSON values; *listed* as in find_answers()."""
    found = find_answers(layers, deployment, listed)
    return [answered._asdict() for answered in found]


def format_line(facts: Facts) -> str:
    """What describe() gave, as one line."""
    groups: dict[str, list[str]] = {}
    for fact in facts:
        answered = Answered(**fact)
        if answered.state == PAST:
            return PAST_SAYS + describe_reason(answered)
        head = describe_model(answered)
        tail = describe_reason(answered)
        names = groups.setdefault(
            f"{head}|{tail}",
            [],
        )
        names.append(answered.name)
    parts = []
    for key, names in groups.items():
        head, _, tail = key.partition("|")
        listed = ", ".join(names)
        if len(groups) == 1:
            listed = ALL
        parts.append(f"{head} for {listed}{tail}")
    return "; ".join(parts)


def describe_model(answered: Answered) -> str:
    """The model in the request, and the one that answers where that has another name."""
    if answered.answers in ("", answered.model):
        return answered.model
    return f"{answered.model} -> {answered.answers}"


def describe_reason(answered: Answered) -> str:
    """Who decides, where it is another setting, and what to know."""
    notes = []
    if answered.state == UNKNOWN:
        notes.append(UNKNOWN_SAYS)
    if not answered.is_ours:
        notes.append(answered.by)
        notes.append(answered.where)
    notes = [note for note in notes if note]
    if not notes:
        return ""
    listed = ", ".join(notes)
    return f" ({listed})"
