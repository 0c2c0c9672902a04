"""Which model Claude Code will ask for, for each name that a session can have.

    default     a session for which no model was chosen
    opus …      an alias, chosen with /model or --model
    subagents   one that names no model itself

All layers of its settings decide, in this order:

    alias       ANTHROPIC_DEFAULT_<TIER>_MODEL, else Claude Code's own model of that tier
    default     ANTHROPIC_MODEL, `model`, ANTHROPIC_DEFAULT_MODEL, else opus
    subagents   CLAUDE_CODE_SUBAGENT_MODEL, else the model of the session
    each name   availableModels may forbid it, and modelOverrides replace it

As seen of Claude Code 2.1.332; tests/real/test_asked_names.py asks the program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.claude.model_entries import (
    AVAILABLE,
    TIERS,
    begins_with,
    has_word,
    is_narrowed,
    merge_lists,
    strip_mark,
)
from tasks.core.claude.model_settings import SAME, ModelSettings, Pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.claude.layers import Layers

DEFAULT, SUBAGENTS = "default", "subagents"

NAMES = (DEFAULT, *TIERS, SUBAGENTS)

PLANS = ("pro", "max", "team", "enterprise")
"""The plans of a login whose default is opus; that of another is sonnet."""

NO_MODEL = ("default", "inherit")

NO_DEFAULT = (*NO_MODEL, "opusplan", "haiku")
"""What is no default, also where ANTHROPIC_DEFAULT_MODEL names it."""

SHORT = re.compile(r"[a-z]+-\d")
"""An entry of availableModels that gets `claude-` in front where it becomes the default."""

FULL = re.compile(r"(?:[a-z]+\.)?(?:anthropic\.|claude-)|arn:aws:bedrock:")
"""How a name begins that may become the default."""


class Asked(NamedTuple):
    """A name, the model in the request for it, and the setting that decides.

    *by* is "" where that is Claude Code's own choice.
    """

    name: str
    model: str
    by: str = ""
    where: str = ""

    @property
    def reason(self) -> str:
        """The deciding setting with its place."""
        if not self.where:
            return self.by
        return f"{self.by}, {self.where}"


def find_asked(
    layers: Layers,
    login: str | None = None,
) -> list[Asked]:
    """For each of NAMES what is asked for. *login*: see Naming."""
    naming = Naming(layers, login)
    found = []
    for name in NAMES:
        pick = naming.find(name)
        found.append(
            Asked(
                name,
                *pick,
            )
        )
    return found


@dataclass(frozen=True)
class Naming(ModelSettings):
    """What a session asks for.

    *login*: the plan of a login at claude.ai with which requests are made, "" where that is not
    known; None for a gateway's credential.
    """

    login: str | None = None

    def find(self, name: str) -> Pick:
        """What is in the request of a session with this name."""
        if name == DEFAULT:
            return self.replace(self.find_main())
        if name == SUBAGENTS:
            return self.replace(self.find_subagents())
        return self.replace(self.choose(Pick(name)))

    def find_main(self) -> Pick:
        """A session for which no model was chosen."""
        saved = self.read("ANTHROPIC_MODEL") or self.read("model")
        if saved is None or saved.model.lower() in NO_MODEL:
            return self.find_default()
        return self.choose(saved)

    def find_subagents(self) -> Pick:
        """A subagent that names no model."""
        named = self.read("CLAUDE_CODE_SUBAGENT_MODEL")
        if named is None or named.model.lower() in NO_MODEL:
            return self.find_main()
        if self.is_allowed(named.model):
            return self.expand(named)
        return self.step_down(named.model) or self.find_main()

    def choose(self, pick: Pick) -> Pick:
        """A chosen model; where it is forbidden, what takes its place."""
        if self.is_allowed(pick.model):
            return self.expand(pick)
        return self.step_down(pick.model) or self.find_default()

    def find_default(self) -> Pick:
        """The default of a session, whatever was chosen before."""
        named = self.read("ANTHROPIC_DEFAULT_MODEL")
        if named is not None and self.is_default(named.model):
            return self.expand(named)
        tier = "opus"
        if self.login is not None and self.login not in PLANS:
            tier = "sonnet"
        usual = self.find_tier(tier)
        if not self.is_enforced or self.is_allowed(usual.model):
            return usual
        return self.find_enforced(
            tier,
            usual,
        )

    def is_default(self, name: str) -> bool:
        """Whether ANTHROPIC_DEFAULT_MODEL counts with this name."""
        if self.is_enforced or strip_mark(name).lower() in NO_DEFAULT:
            return False
        return self.is_allowed(name)

    @cached_property
    def available(self) -> list[str] | None:
        """The entries of availableModels; None where any model may be asked for."""
        return merge_lists(self.layers)

    @cached_property
    def is_enforced(self) -> bool:
        """Whether the default must be one of them too."""
        if not self.available:
            return False
        return self.layers.text("enforceAvailableModels") == "true"

    def is_allowed(self, name: str) -> bool:
        """Whether availableModels lets a session ask for *name*."""
        entries = self.available
        if entries is None:
            return True
        word = strip_mark(name).lower()
        if word in entries and word not in TIERS:
            return not self.is_alias(word) or self.is_allowed_alias(word)
        if self.is_alias(word):
            return self.is_covered(
                self.expand(Pick(word)).model,
                entries,
            )
        return self.is_covered(
            self.find_source(word),
            entries,
        )

    def is_allowed_alias(self, word: str) -> bool:
        """Whether an alias in the list means what it always means, and no pinned model."""
        tier = SAME.get(
            word,
            word,
        )
        return self.find_tier(tier).model == self.own_model(tier)

    def is_covered(
        self,
        name: str,
        entries: list[str],
    ) -> bool:
        """Whether an entry is *name*, its tier, or how it begins."""
        model = name.lower()
        for entry in entries:
            if entry in TIERS:
                is_match = has_word(model, entry) and not is_narrowed(entry, entries)
            else:
                is_match = begins_with(model, entry) or begins_with(
                    model,
                    f"claude-{entry}",
                )
            if is_match or model == self.find_meant(entry):
                return True
        return False

    def find_meant(self, entry: str) -> str:
        """The model that an alias in the list stands for; "" for another entry."""
        tier = SAME.get(entry, "")
        if not tier:
            return ""
        return self.own_model(tier)

    def find_source(self, name: str) -> str:
        """The known model in place of which *name* is asked for; *name* where it is none."""
        for known, pick in self.overrides.items():
            if strip_mark(pick.model).lower() == name:
                return known
        return name

    def step_down(
        self,
        name: str,
    ) -> Pick | None:
        """The newest allowed model of a tier, where the tier's own model is forbidden."""
        tier = strip_mark(name).lower()
        if tier not in TIERS:
            return None
        for model in self.list_family(tier):
            if self.is_allowed(model):
                return Pick(model, AVAILABLE)
        return None

    def list_family(
        self,
        tier: str,
    ) -> Iterator[str]:
        """The known models of a tier, the newest first, without those that are replaced."""
        for model in reversed(self.full_names):
            if not has_word(model, tier):
                continue
            if model in self.facts["replaced"]:
                return
            yield model

    def find_enforced(
        self,
        tier: str,
        usual: Pick,
    ) -> Pick:
        """The first of availableModels that can be the default."""
        for entry in self.available or ():
            model = self.find_entry(entry)
            if model and self.is_allowed(model):
                return Pick(model, AVAILABLE)
        if usual.by:
            return Pick(self.own_model(tier))
        return usual

    def find_entry(
        self,
        entry: str,
    ) -> str:
        """The model that an entry makes the default; "" where it can be none."""
        tier = SAME.get(
            entry,
            entry,
        )
        if tier in TIERS:
            return self.own_model(tier)
        model = entry
        if SHORT.match(entry) and not entry.startswith("claude-"):
            model = f"claude-{entry}"
        if FULL.match(model):
            return model
        return ""
