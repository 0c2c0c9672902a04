"""How settings.json looks when this project wrote it: for when nothing else says so any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.disk import files
from tasks.core.model.errors import GatewayError
from tasks.core.text import json_edit
from tasks.core.text.json_edit import NEW_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.model.layout import Layout
    from tasks.core.text.json_edit import Document, Path

BASE_URL: Path = ("env", "ANTHROPIC_BASE_URL")

SWITCHES: Mapping[Path, frozenset[str]] = {
    ("env", "CLAUDE_CODE_USE_BEDROCK"): frozenset({"", "1"}),
    ("env", "CLAUDE_CODE_USE_VERTEX"): frozenset({"", "1"}),
    ("env", "CLAUDE_CODE_USE_FOUNDRY"): frozenset({""}),
}
"""Every kind of gateway writes all three; a person writes the wanted one, and no empty one."""


def find_address(layout: Layout) -> str:
    """The address of our gateway that settings.json leads to; "" when it leads to none."""
    try:
        data = files.read(files.real_target(layout.settings))
        document = json_edit.parse(data or NEW_FILE)
    except GatewayError:
        return ""  # what edits it says what is wrong with it
    return address_in(document)


def address_in(document: Document) -> str:
    """The address in *document*, if its form is ours; else ""."""
    address = document.value(BASE_URL)
    if not isinstance(address, str):
        return ""
    for path, allowed in SWITCHES.items():
        value = document.value(path)
        if not isinstance(value, str) or value not in allowed:
            return ""
    return address
