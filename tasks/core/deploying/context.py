"""The checkout and the machine as this run finds them.

Each part is read when it is first needed, and once.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Final

from tasks.core.catalogue import catalogue, own
from tasks.core.claude import other_tools
from tasks.core.model.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tasks.core.model.catalogue import Catalogue, Neighbour
    from tasks.core.model.choices import Choices
    from tasks.core.model.secret import Secret


class Context:
    """Where it goes, what can be chosen, and the variables of this process."""

    # A plain class: making a dataclass costs every start about a millisecond.
    def __init__(self, layout: Layout, environ: Mapping[str, str]) -> None:
        self.layout: Final = layout
        self.environ: Final = environ
        self._secrets: Final[dict[str, Secret]] = {}

    @classmethod
    def of(cls, choices: Choices) -> Context:
        """The context of a deployment of *choices*."""
        return cls(locate(choices), os.environ)

    def with_templates(self, folder: str | None) -> Context:
        """This context with *folder* as the chosen templates."""
        layout = self.layout.of_templates(folder)
        if layout == self.layout:
            return self
        return Context(layout, self.environ)

    @cached_property
    def catalogue(self) -> Catalogue:
        """All that can be chosen; GatewayError when it is damaged."""
        return catalogue.load(self.layout)

    @cached_property
    def neighbours(self) -> list[Neighbour]:
        """Other tools that own Claude Code's settings at the moment."""
        return other_tools.present(self.layout, self._shipped.neighbours.values())

    @property
    def _shipped(self) -> Catalogue:
        """All that is shipped: own templates that are no use must not hide another tool."""
        if not own.list_folders(self.layout):
            return self.catalogue
        shipped = self.layout.without_own_templates()
        return catalogue.load(shipped)

    def read_once(
        self,
        place: str,
        read: Callable[[], Secret],
    ) -> Secret:
        """The secret from *place*, which *read* reads.

        Standard input can be read once only; a program may ask for a password each time.
        """
        if place not in self._secrets:
            self._secrets[place] = read()
        return self._secrets[place]


def locate(choices: Choices) -> Layout:
    """Where *choices* say that it goes."""
    layout = Layout.of(os.environ, choices.target)
    return layout.of_scope(choices.scope).of_templates(choices.templates)
