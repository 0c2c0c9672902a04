"""A LiteLLM configuration as the rules of `doit lint` look at it: read once, with what they all ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.model.layout import DEFAULT_PORT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tasks.core.lint.facts import Facts
    from tasks.core.lint.findings import Place
    from tasks.core.text.documents import Document

REFERENCE = "os.environ/"


class Around(NamedTuple):
    """What is known beside the file.

    *values* holds the variables of LiteLLM's environment (None: nobody looked), *tiers* the names that Claude Code
    asks for (empty: not known), *included* the names that files under `include` serve (None: not all can be known),
    *missing* those of these files that are not there, *port* where this gateway listens (0: not known), *joined*
    whether Claude Code's settings name the models, so that its menu needs no list, *named* the variables that have
    been chosen for secrets before, by secret.
    """

    today: str
    values: Mapping[str, str] | None = None
    tiers: Mapping[str, str] = {}
    included: frozenset[str] | None = frozenset()
    missing: tuple[str, ...] = ()
    port: int = DEFAULT_PORT
    joined: bool = False
    named: Mapping[str, str] = {}


@dataclass(frozen=True)
class Config:
    """The document, and what stands around it."""

    file: str
    document: Document
    facts: Facts
    around: Around

    @cached_property
    def data(self) -> dict[Any, Any]:
        """What the file holds; nothing where it holds no mapping."""
        return self.document.data if isinstance(self.document.data, dict) else {}

    def section(self, name: str) -> dict[str, Any]:
        """A section of the file; empty when it is none."""
        found = self.data.get(name)
        return found if isinstance(found, dict) else {}

    @cached_property
    def entries(self) -> list[tuple[int, dict[str, Any]]]:
        """The entries of model_list that are mappings, with their numbers."""
        listed = self.data.get("model_list")
        return [
            (n, each) for n, each in enumerate(listed if isinstance(listed, list) else []) if isinstance(each, dict)
        ]

    @cached_property
    def params(self) -> list[tuple[Place, dict[str, Any]]]:
        """The litellm_params of every entry that has some, with their places."""
        found = ((("model_list", n, "litellm_params"), each.get("litellm_params")) for n, each in self.entries)
        return [(place, params) for place, params in found if isinstance(params, dict)]

    @cached_property
    def groups(self) -> dict[str, list[int]]:
        """The numbers of the entries that share a model_name."""
        found: dict[str, list[int]] = {}
        for number, entry in self.entries:
            if isinstance(name := entry.get("model_name"), str):
                found.setdefault(name, []).append(number)
        return found

    @cached_property
    def aliases(self) -> dict[str, Any]:
        """model_group_alias, wherever it stands."""
        found = [self.section(name).get("model_group_alias") for name in ("litellm_settings", "router_settings")]
        return {str(key): value for each in found if isinstance(each, dict) for key, value in each.items()}

    @cached_property
    def texts(self) -> list[tuple[Place, str]]:
        """Every text in the file, with its place; keys are none."""
        return list(_texts((), self.data))

    @cached_property
    def _patterns(self) -> re.Pattern[str]:
        named = [*self.groups, *(self.around.included or ())]
        found = [re.escape(name).replace(r"\*", ".*") for name in named if "*" in name]
        return re.compile("|".join(f"(?:{each})" for each in found) or r"(?!)", re.DOTALL)

    def closed(self) -> bool:
        """Whether all names that are served can be known from the file."""
        from_database = self.section("general_settings").get("store_model_in_db") is True
        return self.around.included is not None and not from_database

    def serves(self, name: str) -> bool:
        """Whether a request for *name* finds a model: by its name, an alias, or a pattern."""
        known = name in self.groups or name in self.aliases or name in (self.around.included or ())
        return known or bool(self._patterns.fullmatch(name))

    def group_of(self, name: str) -> list[int]:
        """The entries that answer a request for *name*: those of that name, else those of the longest pattern."""
        target = self.aliases.get(name, name)
        target = target.get("model") if isinstance(target, dict) else target
        if not isinstance(target, str):
            return []
        if target in self.groups:
            return self.groups[target]
        fitting = (each for each in self.groups if "*" in each and matches(each, target))
        return self.groups.get(max(fitting, key=len, default=""), [])


def matches(pattern: str, name: str) -> bool:
    """Whether *name* is one that the pattern of a model_name stands for."""
    return bool(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name, re.DOTALL))


def variable_of(text: str) -> str | None:
    """The variable that a text refers to; None when it is no reference."""
    return text[len(REFERENCE) :] if text.startswith(REFERENCE) else None


def _texts(place: Place, value: object) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts((*place, str(key)), inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts((*place, number), inner)
