"""What the doctor asks a person before it does something that costs or changes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tasks.core.catalogue import catalogue
from tasks.core.console import console, prompts
from tasks.core.history import history
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settle
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.service import replies

if TYPE_CHECKING:
    from tasks.core.model.layout import Layout


def ask(layout: Layout, *, yes: bool) -> None:
    """Say which models will be asked; go on only if that is wanted."""
    manifest = history.current(layout)
    choices = Choices.from_json(manifest.choices)
    names = replies.find_tiers(settle(choices, catalogue.load(layout)))
    listed = ", ".join(names)
    console.warn(f"One small request is sent to each of {listed}; this may cost money.")
    if yes:
        return
    if not sys.stdin.isatty():
        problem = "--deep may cost money, and needs a terminal to ask first"
        raise UsageError(problem, "Agree with --yes.")
    if not prompts.wanted("Send them?"):
        raise GatewayError("nothing was sent")


def is_given(verb: tuple[str, ...]) -> bool:
    """Whether a person wants our command *verb* to run."""
    return prompts.wanted(f"Run it now: doit {' '.join(verb)} ?")
