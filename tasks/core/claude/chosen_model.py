"""The model that a person chose in Claude Code's list; Claude Code writes it into settings.json.

Without the gateway that served it, every session would ask for a model that does not exist. So it
goes with the list that it was chosen from; Claude Code then asks for its own default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.claude.ledger import BASE_URL
from tasks.core.model.catalogue import name_entry
from tasks.core.text.json_edit import REMOVE, Path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.claude.settings_step import View

KEY: Path = ("model",)


def is_left(found: View, changes: Mapping[Path, object]) -> bool:
    """Whether the model chosen in *found* has no server after *changes*, which remove its row."""
    chosen = found.value(KEY)
    address = changes.get(BASE_URL)
    if not isinstance(chosen, str) or address is not REMOVE:
        return False
    entry = name_entry(chosen)
    return any(
        change is REMOVE and path[-1] == entry  # of the list
        for path, change in changes.items()
    )
