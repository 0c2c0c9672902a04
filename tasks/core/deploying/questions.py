"""The questions of an interview about what to deploy, each from a function of its own.

In this order: what is deployed there already, other gateways and tools, the preset, the kind and
the address of a remote gateway, models, tiers. What follows is in machine_questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tasks.core.console.prompts import Item, Question
from tasks.core.deploying.model_items import list_models
from tasks.core.deploying.situation import Situation
from tasks.core.model.catalogue import TIERS, Catalogue
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.core.model.catalogue import Gateway, Preset
    from tasks.core.model.deployment import Deployment

KEEP, ANEW, CANCEL = "update", "overwrite", "cancel"
"""What to do with a gateway that is deployed already."""

YES, NO = "yes", "no"

WORK = "sonnet for most work, opus for what is hard, and haiku for small tasks on the side"
TIERS_ARE_FOR = f"Claude Code asks {WORK}."

Asking = Callable[[Situation, Catalogue], Iterator[Question]]
"""What there is to ask about one matter."""

CANCEL_ITEM = Item(CANCEL, "Cancel", "Nothing is changed.")


def about_choices(situation: Situation, catalogue: Catalogue) -> Question | None:
    """The next question, None when all is clear; UsageError for an invalid choice."""
    matters = (_deployed, _other_gateway, _preset, _kind, _address, _models, _tiers)
    return find_next(matters, situation, catalogue)


def about_tiers(deployment: Deployment) -> Iterator[Question]:
    """A question for each tier, where the suggested models are not wanted.

    A gateway without a list of models is asked for by typing a name.
    """
    for tier in TIERS:
        suggested = deployment.names.get(tier, "")
        text = f"Which model for the {tier} tier?"
        if deployment.models:
            names = deployment.served
            items = [Item(name, name, chosen=name == suggested) for name in names]
            yield Question(tier, text, tuple(items), optional=True)
        else:
            empty = suggested or "as Claude Code does"
            hint = f"As that gateway calls it; empty: {empty}."
            yield Question(tier, f"{hint}\n{text}", optional=True)


def find_next(
    matters: Iterable[Asking],
    situation: Situation,
    catalogue: Catalogue,
) -> Question | None:
    """The first question that has no answer yet."""
    for list_questions in matters:
        for question in list_questions(situation, catalogue):
            if question.name not in situation.settled:
                return question
    return None


def _deployed(situation: Situation, _catalogue: Catalogue) -> Iterator[Question]:
    """A gateway, or other files, in the folder where this goes."""
    if situation.deployed:
        items = (
            Item(
                KEEP,
                "Update it",
                "As it was chosen, with the options that you gave; what you edited there stays.",
            ),
            Item(
                ANEW,
                "Back up and overwrite",
                "Choose anew; an archive of what stands is made first.",
            ),
            CANCEL_ITEM,
        )
        text = f"A gateway stands already: {situation.deployed}.\nWhat shall become of it?"
        yield Question(
            "standing",
            text,
            items,
        )
    elif situation.foreign_files:
        others = "what else has to make room is kept as NAME.yours"
        kept = f"An archive first; .env keeps its lines, {others}."
        overwrite = Item(
            ANEW,
            "Back up and overwrite",
            kept,
        )
        names = ", ".join(situation.foreign_files)
        text = f"Files that this deployment did not make stand there: {names}.\nGo on?"
        yield Question(
            "standing",
            text,
            (overwrite, CANCEL_ITEM),
        )


def _other_gateway(situation: Situation, _catalogue: Catalogue) -> Iterator[Question]:
    """Settings that are not ours: deployed over knowingly, or not at all."""
    for tool, name in situation.other_tools:
        text = f"{name} has joined Claude Code to something else, and both would undo each other."
        force = Item(
            tool,
            "Deploy over it",
            f"As --force {tool} does.",
        )
        yield Question(
            "force",
            f"{text}\nGo on?",
            (CANCEL_ITEM, force),
        )
    if situation.other_tools or "force" in situation.settled:
        return
    if address := situation.other_gateway:
        kept = "What stands there now is remembered, and comes back with doit uninstall."
        text = f"Claude Code's settings lead to another gateway: {address}."
        question = f"{text}\nJoin it to this one instead?"
        yield Question(
            "joined",
            question,
            (
                Item(
                    YES,
                    "Yes",
                    kept,
                ),
                CANCEL_ITEM,
            ),
        )


def _preset(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """What to deploy; the embedded default comes first."""
    if not situation.is_fresh or "gateway_type" in situation.settled:
        return
    ready = [preset for preset in catalogue.presets.values() if preset.ready]
    ready.sort(key=lambda preset: preset.id != Choices().preset)
    items = _list_items(ready, situation.choices.preset)
    yield Question(
        "preset",
        "What shall be deployed?",
        items,
    )


def _kind(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """The kind of a remote gateway; that of the preset comes first."""
    choices = situation.choices
    if choices.gateway_type is not None or not needs_address(choices, catalogue):
        return
    usual = catalogue.presets[choices.preset].gateway
    kinds = catalogue.gateways.values()
    remote = [kind for kind in kinds if kind.ready and not kind.process]
    remote.sort(key=lambda kind: kind.id != usual)
    items = _list_items(remote, remote[0].id)
    yield Question(
        "gateway_type",
        "Whose gateway is it?",
        items,
    )


def _address(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """The address of a remote gateway."""
    if needs_address(situation.choices, catalogue):
        text = "Its address: https://host, without /v1.\nWhere is that gateway?"
        yield Question("gateway_url", text)


def needs_address(choices: Choices, catalogue: Catalogue) -> bool:
    """Whether it is a remote gateway whose address is not known."""
    kind = choices.gateway_type
    if kind == "enterprise":
        kind = "custom"
    elif kind is None and choices.preset in catalogue.presets:
        kind = catalogue.presets[choices.preset].gateway
    gateway = catalogue.gateways.get(kind or "")
    if gateway is None or gateway.process:
        return False
    return not (choices.gateway_url or gateway.url)


def _models(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """The models to serve, where there are several: those of the preset first, ended ones last."""
    deployment = settle(situation.choices, catalogue)
    if not situation.is_fresh or not _serves_models(deployment):
        return
    chosen = [model.id for model in deployment.models]
    if len(chosen) <= 1:
        return
    fitting = list(catalogue.models.values())
    if provider := deployment.gateway.provider:
        fitting = [model for model in fitting if model.provider == provider]
    fitting.sort(key=lambda model: model.retired(situation.today))
    fitting.sort(key=lambda model: _rank(model.id, chosen))
    items = tuple(
        list_models(
            fitting,
            chosen,
            situation.today,
        )
    )
    yield Question(
        "models",
        "Which models shall it serve?",
        items,
        several=True,
    )


def _rank(name: str, chosen: list[str]) -> int:
    """The place of *name* among the chosen ones, or behind all of them."""
    return chosen.index(name) if name in chosen else len(chosen)


def _tiers(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """Whether the suggested model of each tier is right."""
    if not situation.is_fresh or situation.settled.intersection(TIERS):
        return
    deployment = settle(situation.choices, catalogue)
    if _serves_models(deployment) and len(deployment.served) == 1:
        return
    suggested = [f"{tier} {name}" for tier, name in deployment.names.items()]
    shown = ", ".join(suggested) or "as Claude Code names its models"
    keep = Item(
        YES,
        "As they are",
        shown,
    )
    others = Item(
        NO,
        "Choose others",
        "One question for each tier.",
    )
    text = f"{TIERS_ARE_FOR}\nWhich model for each of Claude Code's tiers?"
    yield Question(
        "tiers",
        text,
        (keep, others),
    )


def _serves_models(deployment: Deployment) -> bool:
    """Whether the gateway is on this machine and has models of its own."""
    return bool(deployment.gateway.process and not deployment.upstream)


def _list_items(things: Iterable[Preset | Gateway], chosen: str) -> tuple[Item, ...]:
    items = []
    for thing in things:
        is_chosen = thing.id == chosen
        items.append(
            Item(
                thing.id,
                thing.id,
                thing.description,
                is_chosen,
            )
        )
    return tuple(items)
