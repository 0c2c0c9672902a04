"""The questions of an interview about what to deploy, each from a function of its own.

In this order: what is deployed there already, other tools, what the person has (which leads to a
preset), the kind and the address of a remote gateway, another gateway, models, tiers. What follows
is in machine_questions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tasks.core.console.question import Item, Question
from tasks.core.deploying.model_questions import (
    YES,
    ask_each_tier,
    ask_models,
    ask_tiers,
)
from tasks.core.deploying.situation import Situation
from tasks.core.model.catalogue import Catalogue
from tasks.core.model.choices import Choices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.core.deploying.detection import Offer
    from tasks.core.model.catalogue import Gateway, Preset

CHANGE, KEEP, OVERWRITE, CANCEL = "change", "update", "overwrite", "cancel"
"""What to do with a gateway that is deployed already."""

OTHER = "other"
"""The answer to "What do you have?" after which one of all presets is chosen."""

Asking = Callable[[Situation, Catalogue], Iterator[Question]]
"""What there is to ask about one matter."""

CANCEL_ITEM = Item(CANCEL, "Cancel", "Nothing is changed.")
CHANGE_ITEM = Item(
    CHANGE,
    "Change it",
    "The same questions as the first time; each begins with what is deployed now.",
)


def about_choices(situation: Situation, catalogue: Catalogue) -> Question | None:
    """The next question, None when all is clear; UsageError for an invalid choice."""
    matters = (
        _deployed,
        _other_tools,
        _have,
        _preset,
        _kind,
        _address,
        _other_gateway,
        ask_models,
        ask_tiers,
        ask_each_tier,
    )
    return find_next(matters, situation, catalogue)


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
        items = [
            Item(
                KEEP,
                "Deploy it again",
                "As it was chosen, with the options that you gave; what you edited there stays.",
            ),
            Item(
                OVERWRITE,
                "Back up and overwrite",
                "An archive is made first; then your edits to its files are replaced.",
            ),
            CANCEL_ITEM,
        ]
        if not situation.settled:
            items.insert(0, CHANGE_ITEM)
        name = situation.deployed
        text = f"A gateway is already deployed ({name}).\nWhat would you like to do?"
        yield Question(
            "standing",
            text,
            tuple(items),
        )
    elif situation.foreign_files:
        others = "anything else that has to make room is kept as NAME.yours"
        kept = f"An archive first; .env keeps its lines, {others}."
        overwrite = Item(
            OVERWRITE,
            "Back up and overwrite",
            kept,
        )
        names = ", ".join(situation.foreign_files)
        text = f"There are files already that this deployment did not make: {names}.\nGo on?"
        yield Question(
            "standing",
            text,
            (overwrite, CANCEL_ITEM),
        )


def _other_tools(situation: Situation, _catalogue: Catalogue) -> Iterator[Question]:
    """Settings of another tool: deployed over knowingly, or not at all."""
    for tool, name in situation.other_tools:
        text = f"{name} has pointed Claude Code at something else, and both would undo each other."
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


def _other_gateway(situation: Situation, _catalogue: Catalogue) -> Iterator[Question]:
    """Settings that point at another gateway, which is not the one that is deployed."""
    address = situation.other_gateway
    if not address or address == situation.choices.gateway_url:
        return
    if situation.other_tools or "force" in situation.settled:
        return
    text = f"Claude Code's settings point at another gateway: {address}."
    kept = "The old address is kept, and comes back with doit uninstall."
    yield Question(
        "joined",
        f"{text}\nPoint them at this one instead?",
        (Item(YES, "Yes", kept), CANCEL_ITEM),
    )


def _have(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """What a person has, which leads to a preset; what was found is named beside it."""
    if not situation.asks_all or not situation.offers:
        return
    if situation.settled.intersection(("preset", "gateway_type")):
        return
    current = find_current(situation)
    width = max(len(offer.answer.says) for offer in situation.offers)
    items = []
    for offer in situation.offers:
        found = ", ".join(offer.clues)
        label = offer.answer.says
        if found:
            label = f"{label:{width}}  found: {found}"
        more = f"{describe_offer(offer, catalogue)} ({offer.spell()})"
        items.append(
            Item(
                offer.id,
                label,
                more,
                offer.id == current,
                facts=f"Found: {found}" if found else "",
                name=offer.answer.says,
            )
        )
    items.append(
        Item(
            OTHER,
            "Something else",
            "Choose one of all presets.",
            current == OTHER,
        )
    )
    yield Question(
        "have",
        "What do you have?",
        tuple(items),
    )


def describe_offer(offer: Offer, catalogue: Catalogue) -> str:
    """What an answer leads to: the kind of gateway, where it says which; else the preset."""
    kind = offer.answer.options.get("gateway_type", "")
    if kind in catalogue.gateways:
        return catalogue.gateways[kind].description
    return offer.preset.description


def find_current(situation: Situation) -> str:
    """The answer that is marked: what is chosen or deployed; else what was found; else the demo."""
    leading = [offer.id for offer in situation.offers if offer.leads_to(situation.choices)]
    if situation.has_choice:
        # An answer with options says more than one without.
        return max(leading, key=len, default=OTHER)
    for offer in situation.offers:
        if offer.clues:
            return offer.id
    return max(leading, default="")


def _preset(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """What to deploy, by its preset; the embedded default comes first."""
    if not situation.asks_all or "gateway_type" in situation.settled:
        return
    ready = [preset for preset in catalogue.presets.values() if preset.ready]
    ready.sort(key=lambda preset: preset.id != Choices().preset)
    yield Question(
        "preset",
        "Which preset?",
        _list_items(ready, situation.choices.preset),
    )


def _kind(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """The kind of a remote gateway; that of the preset comes first."""
    choices = situation.choices
    if choices.preset not in catalogue.presets:
        return
    usual = catalogue.presets[choices.preset].gateway
    is_open = choices.gateway_type is None and needs_address(choices, catalogue)
    if situation.asks_all and "gateway_url" not in situation.settled:
        gateway = catalogue.gateways.get(choices.gateway_type or usual)
        is_open = gateway is not None and not gateway.process
    if not is_open:
        return
    kinds = catalogue.gateways.values()
    remote = [kind for kind in kinds if kind.ready and not kind.process]
    remote.sort(key=lambda kind: kind.id != usual)
    yield Question(
        "gateway_type",
        "Whose gateway is it?",
        _list_items(remote, choices.gateway_type or usual),
    )


def _address(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """The address of a remote gateway; the one that is known can be kept."""
    choices = situation.choices
    is_kept = situation.asks_all and choices.gateway_url
    if is_kept or needs_address(choices, catalogue):
        text = "Its address: https://host, without /v1.\nWhere is that gateway?"
        default = choices.gateway_url or situation.other_gateway
        yield Question("gateway_url", text, default=default)


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


def _list_items(
    things: Iterable[Preset | Gateway],
    chosen: str,
) -> tuple[Item, ...]:
    listed = list(things)
    width = max(len(thing.id) for thing in listed)
    items = []
    for thing in listed:
        is_chosen = thing.id == chosen
        items.append(
            Item(
                thing.id,
                f"{thing.id:{width}}  {thing.name}",
                thing.description,
                is_chosen,
                name=thing.name,
            )
        )
    return tuple(items)
