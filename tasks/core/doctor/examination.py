"""One walk over the links, printed as it goes; and again after each command that fixes something."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.claude import layers
from tasks.core.console import console, invocation
from tasks.core.doctor import case as doctor_case
from tasks.core.doctor import consent, doctor_page, walk
from tasks.core.doctor.case import QUICK, Case, Modes

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.doctor.case import Check
    from tasks.core.model.layout import Layout


class Place(NamedTuple):
    """What is looked at: a deployment, for a claude that is started in *folder*, and how deeply."""

    layout: Layout
    folder: Path
    modes: Modes = QUICK


def look(place: Place, *, quiet: bool) -> tuple[Case, list[Check]]:
    """Every check; each link is printed as it is passed."""
    found_layers = layers.Layers(place.layout, os.environ, place.folder)
    case = Case(place.layout, found_layers, os.environ, place.modes)
    found: list[Check] = []
    for check in walk.walk(case):
        if not quiet:
            first = not found or found[-1].link != check.link
            console.tell("\n".join(doctor_page.lines(check, named=first)))
        found.append(check)
    return case, found


def fix(place: Place, found: list[Check], *, unasked: bool) -> list[Check]:
    """What is found once the commands that were agreed to have run.

    Each is offered once, and what it came to is looked at.
    """
    offered: set[tuple[str, ...]] = set()
    while verb := doctor_case.next_verb(found, offered):
        offered.add(verb)
        if unasked or consent.is_given(verb):
            invocation.run(*verb)
            _, found = look(place, quiet=False)
    return found
