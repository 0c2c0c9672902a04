"""One walk over the links, printed as it goes; and again after each command that fixes something."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.claude import layers
from tasks.core.console import console, invocation
from tasks.core.doctor import case as doctor_case
from tasks.core.doctor import consent, doctor_page, walk
from tasks.core.doctor.case import BRIEF, USUAL, Case, Modes
from tasks.core.doctor.verdict import judge

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.deploying.expected import Memo
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.doctor.case import Check
    from tasks.core.doctor.verdict import Verdict
    from tasks.core.model.layout import Layout


class Place(NamedTuple):
    """What is looked at: a deployment, for a claude that is started in *folder*, and how deeply."""

    layout: Layout
    folder: Path
    modes: Modes = USUAL


class Examination(NamedTuple):
    """What was found."""

    case: Case
    checks: list[Check]

    @property
    def verdict(self) -> Verdict:
        """What it comes to."""
        return judge(self.case, self.checks)


def look(place: Place, *, quiet: bool) -> Examination:
    """Every check; each link is printed as it is passed."""
    found_layers = layers.Layers(place.layout, os.environ, place.folder)
    case = Case(place.layout, found_layers, os.environ, place.modes)
    checks: list[Check] = []
    for check in walk.walk(case):
        if not quiet:
            first = not checks or checks[-1].link != check.link
            console.tell("\n".join(doctor_page.lines(check, named=first)))
        checks.append(check)
    return Examination(case, checks)


def look_briefly(resolved: Resolved, memo: Memo) -> Examination:
    """What status looks at: all that costs next to nothing, for a claude that is started here."""
    layout = resolved.layout
    folder = invocation.named("", layout)
    found_layers = layers.Layers(layout, os.environ, folder)
    case = Case(layout, found_layers, os.environ, BRIEF, resolved, memo)
    return Examination(case, [*walk.walk(case)])


def fix(place: Place, found: Examination, *, unasked: bool) -> Examination:
    """What is found once the commands that were agreed to have run.

    Each is offered once, and what it came to is looked at.
    """
    offered: set[tuple[str, ...]] = set()
    while verb := doctor_case.next_verb(found.checks, offered):
        offered.add(verb)
        if unasked or consent.is_given(verb):
            invocation.run(*verb)
            found = look(place, quiet=False)
    return found
