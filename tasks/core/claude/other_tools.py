"""Other tools that own the same settings: recognised by the marks they leave, never written over unasked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasks.core.disk import files
from tasks.core.model.errors import Conflict, GatewayError
from tasks.core.text import json_edit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tasks.core.model.catalogue import Neighbour
    from tasks.core.model.layout import Layout
    from tasks.core.text.json_edit import Document


def present(layout: Layout, known: Iterable[Neighbour]) -> list[Neighbour]:
    """Those whose marks are found."""
    return [each for each in known if _left_files(layout, each) and _set(layout, each)]


def refuse(layout: Layout, found: Iterable[Neighbour], forced: Collection[str]) -> None:
    """Conflict for the first that was not forced by name."""
    for each in found:
        if each.id not in forced:
            raise Conflict(
                f"{each.name} has joined Claude Code to something else, and both would undo each other",
                f"Take it away first: {each.undo}. To deploy over it all the same: --force {each.id}",
                where=str(layout.settings),
            )


def _left_files(layout: Layout, neighbour: Neighbour) -> bool:
    from glob import glob

    patterns = [each.replace("{claude}", str(layout.claude)) for each in neighbour.files]
    expanded = [str(layout.home) + each[1:] if each.startswith("~/") else each for each in patterns]
    return not expanded or any(glob(each) for each in expanded)  # noqa: PTH207 - the patterns are absolute


def _set(layout: Layout, neighbour: Neighbour) -> bool:
    if not neighbour.settings:
        return True
    try:
        document = json_edit.parse(files.read(files.real_target(layout.settings)) or json_edit.NEW_FILE)
    except GatewayError:
        return False
    for key, pattern in neighbour.settings.items():
        values = _read_values(document, key)
        if not any(
            re.search(
                pattern,
                str(value),
            )
            for value in values
        ):
            return False
    return True


def _read_values(document: Document, key: str) -> list[object]:
    """The value of *key*, or with `*` at its end those of all its members."""
    path = tuple(key.split("."))
    if path[-1] != "*":
        return [document.value(path) or ""]
    members = document.value(path[:-1])
    if isinstance(members, dict):
        return [*members.values()]
    return []
