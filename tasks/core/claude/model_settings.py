"""The settings that name models: pinned tiers, aliases, and what is asked for instead.

alias       ANTHROPIC_DEFAULT_<TIER>_MODEL, else Claude Code's own model of that tier
known name  modelOverrides may have another one for it
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.catalogue import client_facts
from tasks.core.claude.layers import Key
from tasks.core.claude.model_entries import TIERS, strip_mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.claude.layers import Layers

SAME = {"best": "opus", "opusplan": "sonnet"}
"""Further aliases, and the tier that each means in a usual session."""

OVERRIDES = "modelOverrides"


class Pick(NamedTuple):
    """A model on the way to a request, and the setting that named it."""

    model: str
    by: str = ""
    where: str = ""


@dataclass(frozen=True)
class ModelSettings:
    """What all layers say of the names of models."""

    layers: Layers

    def expand(self, pick: Pick) -> Pick:
        """The model that an alias means; another name stays."""
        name = strip_mark(pick.model)
        word = name.lower()
        tier = SAME.get(
            word,
            word,
        )
        if word in self.facts["replaced"] and self.is_replacing:
            tier = "opus"
        if tier not in TIERS:
            return pick._replace(model=name)
        found = self.find_tier(tier)
        if not pick.by or found.by:
            return found
        return pick._replace(model=found.model)

    def find_tier(self, tier: str) -> Pick:
        """The model of a tier."""
        pinned = self.read(f"ANTHROPIC_DEFAULT_{tier.upper()}_MODEL")
        if pinned is not None:
            return pinned._replace(model=strip_mark(pinned.model))
        return self.replace(Pick(self.own_model(tier)))

    def own_model(self, tier: str) -> str:
        """Claude Code's own model of a tier, by its full name."""
        model = self.facts["tiers"][tier]
        return str(self.facts["catalogue"][model]["name"])

    def replace(
        self,
        pick: Pick,
    ) -> Pick:
        """What is asked for instead, where modelOverrides say so."""
        name = strip_mark(pick.model)
        held = self.overrides.get(name.lower())
        if held is None or name.lower() not in self.full_names:
            return pick._replace(model=name)
        return held._replace(model=strip_mark(held.model))

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What the program names."""
        return client_facts.names(self.layers.layout.templates)

    @cached_property
    def full_names(self) -> list[str]:
        """The known models as they are sent, the newest of a family last."""
        return [model["name"] for model in self.facts["catalogue"].values()]

    @cached_property
    def overrides(self) -> dict[str, Pick]:
        """Per known model what is asked for instead."""
        found = {}
        for name in self.full_names:
            for held in self.layers.of(Key((OVERRIDES, name)))[:1]:
                if held.plain.strip():
                    found[name] = Pick(
                        held.plain,
                        OVERRIDES,
                        held.where,
                    )
        return found

    @property
    def is_replacing(self) -> bool:
        """Whether old names of Opus mean the present one."""
        return not self.read("CLAUDE_CODE_DISABLE_LEGACY_MODEL_REMAP")

    def read(
        self,
        name: str,
    ) -> Pick | None:
        """The value that counts for a key; None where it has none."""
        held = self.layers.winner(name)
        if held is None or not held.plain.strip():
            return None
        return Pick(
            held.plain.strip(),
            name,
            held.where,
        )

    def is_alias(
        self,
        word: str,
    ) -> bool:
        """Whether it means another model."""
        return word in TIERS or word in SAME
