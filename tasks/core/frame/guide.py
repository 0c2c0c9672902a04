"""Every command with its options: what docs/ and the tests compare with help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.frame import groups, help_page
from tasks.core.frame.loader import Loader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.frame.help_page import Command


def read(dodo: Mapping[str, Any]) -> dict[groups.Group, list[Command]]:
    """The commands and steps of *dodo*, the names in dodo.py, below their groups."""
    loader = Loader()
    loader.take_creators(dodo)
    loader.make(loader.creators)
    found = {}
    for group, names in groups.by_group(loader.creators).items():
        if not names or group is groups.INNER:
            continue
        found[group] = [
            _read_command(loader, name)  # with its options
            for name in names
        ]
    return found


def _read_command(loader: Loader, name: str) -> Command:
    """The command *name*; where it has subtasks, the whole of them comes first."""
    whole, *_ = loader.made[name]
    return help_page.describe(
        name,
        loader.creators[name].__doc__,
        [
            *whole.creator_params,
            *whole.params,
        ],
    )
