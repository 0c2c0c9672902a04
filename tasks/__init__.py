"""The steps of a deployment; dodo.py is their table of contents.

A module of this project is executed when it is first used, not when it is imported: a command pays only for what it
uses.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType


class OnFirstUse(PathFinder):
    """Finds our modules, packages left out, with the standard library's own lazy loader around theirs."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module of ours; None for everybody else's."""
        spec = super().find_spec(fullname, path, target) if fullname.startswith("tasks.") else None
        if spec is not None and spec.loader is not None and spec.submodule_search_locations is None:
            spec.loader = LazyLoader(spec.loader)
        return spec


sys.meta_path.insert(0, OnFirstUse)
