"""What commands keep of a gateway outside of Claude Code's folder; `uninstall --purge` removes it.

    a clone       build/
    a package     ~/.cache/gatehand and ~/.local/state/gatehand

Each gateway has a part of its own in them. The rest is shared: it goes with the last gateway of an
installed package; in a clone it stays.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.deploying import remembered
from tasks.core.disk import lock
from tasks.core.model.errors import GatewayError
from tasks.core.model.layout import is_packaged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.core.model.layout import Layout

CACHES = frozenset({"catalogue.json", "completion.json"})
"""Copies of what is in a package: a folder with nothing else is of no gateway."""


def find(layout: Layout) -> list[Path]:
    """What there is of this gateway; the folders as a whole where they have nothing of another."""
    own = _list_own(layout)
    folders = list(dict.fromkeys([layout.build, layout.notes]))
    if is_packaged(layout.project):
        shared = [*own, layout.plan_key]
        others = [
            path  # of another gateway
            for folder in folders
            for path in _list(folder)
            if path not in shared
        ]
        if all(map(_is_cache, others)):
            own = folders
    return [
        path  # in this order
        for path in own
        if os.path.lexists(path)
    ]


@contextlib.contextmanager
def claim(layout: Layout) -> Iterator[list[Path]]:
    """The same, while no other command works in it; nothing, with a warning, where one does."""
    found = find(layout)
    if not layout.workshop.is_dir():
        yield found
        return
    try:
        held = lock.hold(layout.build_lock, "uninstall")
    except GatewayError as error:
        console.warn(f"{layout.workshop} stays: {error}")
        yield []
        return
    except OSError:  # a disk that refuses this refuses to remove anything, and is reported then
        yield found
        return
    try:
        yield found
    finally:
        os.close(held)


def _list_own(layout: Layout) -> list[Path]:
    """What is of this gateway alone, whether or not it is there."""
    noted = layout.choices
    is_noted = remembered.is_about(layout)
    own: list[Path] = []
    for folder in dict.fromkeys([layout.workshop, layout.conflicts.parent]):
        if is_noted or folder != noted.parent:
            own.append(folder)
        else:
            own += [path for path in _list(folder) if path != noted]
    if is_noted and noted.parent not in own:
        is_alone = _list(noted.parent) == [noted]
        own.append(noted.parent if is_alone else noted)
    return own


def _is_cache(path: Path) -> bool:
    """Whether a folder has nothing but copies of what is in a package."""
    if not path.is_dir():
        return False
    names = {child.name for child in _list(path)}
    return names <= CACHES


def _list(folder: Path) -> list[Path]:
    """What is in *folder*, in order; nothing where it is not there."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
