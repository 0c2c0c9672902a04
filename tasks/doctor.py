"""doctor: walk the way of a request, from Claude Code to the providers, and name the first broken link. Only looks.

With --fix it offers the commands of this project that mend what it found, runs what was agreed to, and looks again.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tasks.core.claude import layers
from tasks.core.cli.steps import JSON, Task, action
from tasks.core.console import console, invocation, prompts
from tasks.core.doctor import case as doctor_case
from tasks.core.doctor import doctor_page, repair, walk
from tasks.core.model.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.doctor.case import Check
    from tasks.core.model.layout import Layout

OPTIONS = [
    JSON,
    invocation.OPTION,
    {"name": "fix", "long": "fix", "type": bool, "default": False, "help": "offer the commands that mend it"},
    {
        "name": "yes",
        "long": "yes",
        "short": "y",
        "type": bool,
        "default": False,
        "help": "with --fix: run them unasked",
    },
]


def task(layout: Layout) -> Task:
    """`doit doctor [--dir FOLDER] [--fix [--yes]] [--json]`."""
    return {"actions": [(examine, [layout])], "params": OPTIONS, "meta": {"quiet": True}}


@action
def examine(layout: Layout, as_json: bool, folder: str, fix: bool, yes: bool) -> None:
    """Print what is found at each link; Unhealthy when one is broken.

    With *fix*: first what we lost of ourselves is put back, then our commands are offered.
    """
    if fix and (as_json or not (yes or sys.stdin.isatty())):
        raise UsageError(
            "--fix asks before each command, and there is nobody to ask", "Type it in a terminal, or: --yes"
        )
    place = invocation.named(folder, layout)
    found = looked(layout, place, quiet=as_json)
    if as_json:
        console.document(doctor_page.describe(found, place))
    if fix:
        if repair.offer(layout, unasked=yes):
            found = looked(layout, place, quiet=False)
        found = mended(layout, place, found, unasked=yes)
    if first := doctor_case.broken(found):
        error = doctor_page.find_verdict(first)
        error.told = as_json
        raise error


def looked(layout: Layout, place: Path, *, quiet: bool) -> list[Check]:
    """Every check; each link is printed as it is passed."""
    case = doctor_case.Case(layout, layers.Layers(layout, os.environ, place), os.environ)
    found: list[Check] = []
    for each in walk.walk(case):
        if not quiet:
            first = not found or found[-1].link != each.link
            console.tell("\n".join(doctor_page.lines(each, named=first)))
        found.append(each)
    return found


def mended(layout: Layout, place: Path, found: list[Check], *, unasked: bool) -> list[Check]:
    """What is found once the commands that were agreed to have run; each is offered once, and looked after."""
    offered: set[tuple[str, ...]] = set()
    while verb := next((each for each in doctor_case.verbs(found) if each not in offered), None):
        offered.add(verb)
        if unasked or agreed(verb):
            invocation.run(*verb)
            found = looked(layout, place, quiet=False)
    return found


def agreed(verb: tuple[str, ...]) -> bool:
    """Whether a person wants *verb* to be run."""
    return prompts.wanted(f"Run it now: doit {' '.join(verb)} ?")
