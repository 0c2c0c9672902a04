"""Who answers for a name: one model, several in order or by weight, and those that stand in when they fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.model.catalogue import Model, Preset


class Turn(NamedTuple):
    """A model that answers for a name: the lowest order first, those of one order in proportion to their weights."""

    model: Model
    order: int | None = None
    weight: int | None = None


Turns = tuple[Turn, ...]
Groups = Mapping[str, Turns]
"""The names that several models share, or that are not the model's own; each with those that answer, best first."""


def settled(preset: Preset, models: Iterable[Model]) -> Groups:
    """The preset's groups as far as their *models* are deployed; one of which none is deployed is left out."""
    deployed = {model.id: model for model in models}
    found = {
        name: sorted(
            (Turn(deployed[m.model], m.order, m.weight) for m in members if m.model in deployed),
            key=lambda turn: turn.order or 0,
        )
        for name, members in preset.groups.items()
    }
    return {name: tuple(turns) for name, turns in found.items() if turns}


def answering(name: str, models: Iterable[Model], groups: Groups) -> Turns:
    """Those that answer for a served *name*."""
    return groups.get(name) or tuple(Turn(model) for model in models if model.id == name)


def stand_ins(wanted: Mapping[str, tuple[str, ...]], served: Iterable[str]) -> dict[str, list[str]]:
    """Of fallbacks (a name, and whom to ask when it fails) those that are *served*."""
    known = set(served)
    found = {name: [each for each in others if each in known] for name, others in wanted.items() if name in known}
    return {name: others for name, others in found.items() if others}


def in_turn(first: Turns, *others: Turns) -> Turns:
    """*first*, then each of *others*, as one group.

    LiteLLM looks up fallbacks by the very name that was asked for, so a pattern has none; but it honours their order.
    """
    made = first
    for turns in others:
        made = tuple(turn._replace(order=turn.order or 1) for turn in made)
        last = max(turn.order or 1 for turn in made)
        made += tuple(turn._replace(order=last + (turn.order or 1)) for turn in turns)
    return made


def router_settings(preset: Preset, served: Iterable[str], groups: Groups) -> dict[str, Any]:
    """What LiteLLM's router has to be told of them; nothing when every name has one model and no stand-in."""
    known = tuple(served)
    made: dict[str, Any] = {}
    if any(len(turns) > 1 for turns in groups.values()):
        made["enable_weighted_failover"] = True  # else the one that failed may be asked again
    for key in ("fallbacks", "context_window_fallbacks"):
        if found := stand_ins(getattr(preset, key), known):
            made[key] = [{name: others} for name, others in found.items()]
    return made
