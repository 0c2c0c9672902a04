"""The questions of an interview about models: which to serve, and which for each tier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.console.question import Item, Question
from tasks.core.deploying.model_items import list_models
from tasks.core.model.catalogue import TIERS
from tasks.core.model.deployment import settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.situation import Situation
    from tasks.core.model.catalogue import Catalogue
    from tasks.core.model.deployment import Deployment

YES, NO = "yes", "no"

WORK = "sonnet for most work, opus for what is hard, and haiku for small tasks on the side"
TIERS_ARE_FOR = f"Claude Code asks {WORK}."


def ask_models(
    situation: Situation,
    catalogue: Catalogue,
) -> Iterator[Question]:
    """The models to serve, where there are several: by provider, those that have ended last."""
    deployment = settle(situation.choices, catalogue)
    if not situation.asks_all or not _serves_models(deployment):
        return
    chosen = [model.id for model in deployment.models]
    if len(deployment.preset.models) <= 1 and len(chosen) <= 1:
        return
    fitting = list(catalogue.models.values())
    if provider := deployment.gateway.provider:
        fitting = [model for model in fitting if model.provider == provider]
    fitting.sort(key=lambda model: _rank(model.id, chosen))
    names = {provider.id: provider.name for provider in catalogue.providers.values()}
    columns, items = list_models(
        fitting,
        chosen,
        situation.today,
        names,
    )
    yield Question(
        "models",
        "Which models should it serve?",
        items,
        several=True,
        columns=columns,
    )


def _rank(
    name: str,
    chosen: list[str],
) -> int:
    """The place of *name* among the chosen ones, or behind all of them."""
    return chosen.index(name) if name in chosen else len(chosen)


def ask_tiers(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """Whether the suggested model of each tier is right."""
    if not _has_tiers(situation, catalogue):
        return
    deployment = settle(situation.choices, catalogue)
    suggested = [f"{tier} {name}" for tier, name in deployment.names.items()]
    shown = ", ".join(suggested) or "as Claude Code names its models"
    keep = Item(YES, shown, "These are suggested, or chosen before.", facts=shown)
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


def ask_each_tier(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """A question for each tier, where the suggested models are not wanted."""
    if situation.asks_tiers:
        yield from about_tiers(settle(situation.choices, catalogue))


def about_tiers(deployment: Deployment) -> Iterator[Question]:
    """A question for each tier; a gateway without a list of models is asked by typing a name."""
    for tier in TIERS:
        suggested = deployment.names.get(tier, "")
        text = f"Which model for the {tier} tier?"
        if deployment.models:
            names = deployment.served
            items = [
                Item(
                    name,
                    name,
                    chosen=name == suggested,
                )
                for name in names
            ]
            yield Question(
                tier,
                text,
                tuple(items),
                optional=True,
            )
        else:
            hint = "As that gateway calls it; none: as Claude Code calls it."
            yield Question(
                tier,
                f"{hint}\n{text}",
                default=suggested,
                optional=True,
            )


def _has_tiers(situation: Situation, catalogue: Catalogue) -> bool:
    """Whether there is a choice of models for the tiers, and none was typed."""
    if not situation.asks_all or situation.settled.intersection(TIERS):
        return False
    deployment = settle(situation.choices, catalogue)
    return not (_serves_models(deployment) and len(deployment.served) == 1)


def _serves_models(deployment: Deployment) -> bool:
    """Whether the gateway is on this machine and has models of its own."""
    return bool(deployment.gateway.process and not deployment.upstream)
