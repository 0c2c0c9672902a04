"""What of Claude Code's settings matters for a gateway, and what other names it has.

templates/client/keys.yaml         what we say of a name, judged by hand
templates/client/claude-code.json  every name, read from the program: see core.claude.contract
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.model.errors import InvalidInput
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "client/keys.yaml"

NAMES = "client/claude-code.json"
"""Written by `doit facts`."""

OFF = frozenset({"", "0", "false", "no", "off"})
"""What turns a switch of Claude Code's off."""


BASE_URL = "ANTHROPIC_BASE_URL"

OWN = frozenset({BASE_URL, "CLAUDE_CONFIG_DIR"})
"""Looked at by themselves."""

DECIDING = frozenset({"address", "route", "credential", "precedence", "model"})
"""Effects that decide whom Claude Code asks, as whom, or for which model."""

SOCKET = "ANTHROPIC_UNIX_SOCKET"
"""Exported, it leads all requests to another program; settings cannot cancel it."""

HOST = "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST"
"""Exported, it makes the environment win over all settings for what DECIDING names."""


class ClientKey(NamedTuple):
    """A key: what it is, what it decides for a gateway, who reads it.

    *effect*: address, route, credential, precedence, model, wire, network, start or session; see the
    schema. *address*: of a switch, the variable with the address that it leads to. *since*: the first
    version that has it, where that is known.
    """

    name: str
    what: str
    effect: str
    reader: str = "Claude Code"
    address: str | None = None
    since: str | None = None

    @property
    def is_variable(self) -> bool:
        """Whether it is a variable of the environment."""
        return self.name.upper() == self.name


@functools.cache
def known(templates: Path) -> Mapping[str, ClientKey]:
    """Every key that matters, by name, in the order in which they are shown."""
    return {each["name"]: ClientKey(**each) for each in _section(templates, "keys")}


def leading(templates: Path) -> list[str]:
    """The variables beside the address itself that decide whom Claude Code asks, as whom, or for which model."""
    found = []
    for name, each in known(templates).items():
        if each.is_variable and each.effect in DECIDING and name not in OWN:
            found.append(name)
    return found


@functools.cache
def switches(templates: Path) -> Mapping[str, str]:
    """The switches that lead to a provider, and for each the variable with the address that is asked then."""
    return {name: each.address for name, each in known(templates).items() if each.address}


@functools.cache
def names(templates: Path) -> Mapping[str, Any]:
    """What the program of Claude Code names: see core.claude.contract.read()."""
    path = templates / NAMES
    found = documents.parse_json(path.read_bytes(), str(path))
    if not isinstance(found, dict):
        raise InvalidInput("is no object", "Restore it with git, or write it again: doit facts", where=str(path))
    return found


def has(templates: Path, name: str) -> bool:
    """Whether Claude Code has a variable or a setting of this name."""
    found = names(templates)
    return name in found["variables"] or name.partition(".")[0] in found["settings"]


@functools.cache
def invented(templates: Path) -> Mapping[str, str]:
    """Names that no program reads, and what was meant."""
    return {each["name"]: each["instead"] for each in _section(templates, "invented")}


def _section(templates: Path, name: str) -> list[dict[str, Any]]:
    path = templates / FILE
    try:
        return list(documents.load_yaml(path)[name])
    except (KeyError, TypeError):
        raise InvalidInput(f"has no list {name!r}", "See: doit validate", where=str(path)) from None
