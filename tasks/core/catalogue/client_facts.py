"""What of Claude Code's settings matters for a gateway: from templates/client-keys.yaml."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.model.errors import InvalidInput
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "client-keys.yaml"

OFF = frozenset({"", "0", "false", "no", "off"})
"""What turns a switch of Claude Code's off."""


class ClientKey(NamedTuple):
    """A key: what it is, who reads it, and whether it decides whom Claude Code asks, as whom or for what."""

    name: str
    what: str
    reader: str = "Claude Code"
    leads: bool = False


@functools.cache
def known(templates: Path) -> Mapping[str, ClientKey]:
    """Every key that matters, by name, in the order in which they are shown."""
    return {each["name"]: ClientKey(**each) for each in _section(templates, "keys")}


def leading(templates: Path) -> list[str]:
    """The variables beside the address itself that decide whom Claude Code asks, as whom, or for which model."""
    return [name for name, each in known(templates).items() if each.leads]


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
