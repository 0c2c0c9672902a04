"""doctor: is it well? Trace a request from Claude Code to the providers; name what fails first.

With --fix it offers the commands of this project that fix what it found, runs what was agreed to,
and looks again.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, Task, action, make_flag
from tasks.core.console import console, invocation
from tasks.core.disk import fingerprints
from tasks.core.doctor import consent, doctor_page, examination, repair
from tasks.core.doctor import report as doctor_report
from tasks.core.doctor.case import Modes
from tasks.core.doctor.examination import Place
from tasks.core.model.errors import UsageError

if TYPE_CHECKING:
    from tasks.core.model.layout import Layout

REPORT = {
    "name": "report",
    "long": "report",
    "type": str,
    "metavar": "FILE",
    "default": "",
    "help": "only write a report into FILE, without secrets, for those who help you",
}
OPTIONS = [
    make_flag("fix", "offer the commands that fix it"),
    make_flag("deep", "ask the model of each tier too, which may cost money"),
    make_flag("probe", "run Claude Code on a copy of its settings: whom does it ask?"),
    make_flag("providers", "ask each provider too whether it can be reached; free"),
    REPORT,
    make_flag("yes", "with --fix and --deep: do not ask", short="y"),
    invocation.OPTION,
    JSON,
]


def task(layout: Layout) -> Task:
    """`doit doctor [--deep] [--providers] [--probe] [--fix] [--yes] [--json] [--report FILE]`."""
    return {
        "actions": [(examine, [layout])],
        "params": OPTIONS,
        "meta": {"quiet": True},
    }


@action
def examine(
    layout: Layout,
    *,
    as_json: bool,
    folder: str,
    fix: bool,
    deep: bool,
    probe: bool,
    providers: bool,
    report: str,
    yes: bool,
) -> None:
    """Print what is found at each link; Unhealthy when one is broken.

    With *fix*: first what we lost of ourselves is put back, then our commands are offered.
    """
    if fix and (as_json or not (yes or sys.stdin.isatty())):
        problem = "--fix asks before each command, and needs a terminal for that"
        raise UsageError(problem, "Agree with --yes.")
    if fix and fingerprints.close_key(layout):
        console.say(f"{layout.digest_key}: others could read it; now only you can.", "ok")
    place = Place(layout, invocation.named(folder, layout), Modes(deep, providers, probe=probe))
    if report:
        write_report(place, report)
        return
    if deep:
        consent.ask(layout, yes=yes)
    found = examination.look(place, quiet=as_json)
    if as_json:
        console.document(doctor_page.describe(found.case, found.checks, place.folder))
    if fix:
        if repair.offer(layout, unasked=yes):
            found = examination.look(place, quiet=False)
        found = examination.fix(place, found, unasked=yes)
    error = doctor_page.find_error(found.verdict)
    if error:
        error.told = as_json
        raise error
    if not as_json:
        console.tell("\n".join(doctor_page.closing_lines(found.verdict)))


def write_report(place: Place, name: str) -> None:
    """Write the report, and say where."""
    path = doctor_report.write(place, name)
    console.tell(str(path))
    console.say("Secrets, your name and your home are taken out. Read it once before you paste it.")
