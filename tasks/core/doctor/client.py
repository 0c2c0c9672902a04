"""The first links: Claude Code itself, the layers of its settings, the credential that it shows."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from tasks.core.catalogue import client_facts
from tasks.core.claude import client_verdict, ledger_file, other_tools, settings_edit, settings_types
from tasks.core.claude.layers import OVERRIDING, Key
from tasks.core.deploying import checks, drift
from tasks.core.disk import programs
from tasks.core.doctor.case import FAIL, OK, SKIP, WARN, Check
from tasks.core.history import backup, our_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.claude.layers import File, Held
    from tasks.core.doctor.case import Case
    from tasks.core.model.layout import Layout

OLDEST = (2, 0, 56)
"""The oldest Claude Code that this was tried with."""

INSTALL = "npm install -g @anthropic-ai/claude-code"
DEPLOY = ("deploy",)


def client(case: Case) -> Iterator[Check]:
    """Whether Claude Code is there, and new enough."""
    program = programs.find("claude", case.environ)
    if program is None:
        yield Check("client", WARN, "Claude Code is not on PATH", fix=INSTALL)
        return
    version = _version(program, case)
    if version is None:
        yield Check("client", FAIL, "Claude Code does not start: it does not tell its version", program, INSTALL)
    elif tuple(map(int, version.split("."))) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        yield Check("client", WARN, f"Claude Code {version} is older than {oldest}", program, "claude update")
    else:
        hindrances = list(start_conditions(case))
        yield from hindrances or [Check("client", OK, f"Claude Code {version}", program)]


def start_conditions(case: Case) -> Iterator[Check]:
    """What keeps Claude Code from starting, although it is there."""
    if sys.platform == "linux" and programs.find("bwrap", case.environ) is None:
        for name in ("CLAUDE_CODE_SUBPROCESS_ENV_SCRUB", "sandbox.failIfUnavailable"):
            held = case.layers.winner(name)
            if held and held.plain.lower() not in client_facts.OFF:
                says = f"{name} is set, and without bubblewrap (bwrap) Claude Code does not start"
                yield Check("client", FAIL, says, held.where, "Install bubblewrap, or take the setting out.")


def _version(program: str, case: Case) -> str | None:
    try:
        done = programs.run([program, "--version"], programs.sealed(case.environ), patience=30)
    except (OSError, ValueError):
        return None
    match = re.match(r"(\d+\.\d+\.\d+)\b", done.stdout.decode(errors="replace"))
    return match[1] if match and done.returncode == 0 else None


def settings(case: Case) -> Iterator[Check]:
    """Whether every file can be read, ours says what was deployed, and no layer above overrules it."""
    found = [*_unreadable(case), *_neighbours(case)]
    if case.manifest:
        found += [*_not_as_deployed(case), *_overruled(case)]
    yield from found
    if any(each.state == FAIL for each in found):
        return
    where = case.layers.shown(case.layout.settings)
    if case.manifest:
        yield Check("settings", OK, "Claude Code's settings name the gateway", where)
    elif address := our_form.find_address(case.layout):
        says = f"Claude Code asks {address}, a gateway that is gone"
        fix = "Deploy again: doit deploy; or take these settings out: doit uninstall"
        yield Check("settings", FAIL, says, where, fix)
    elif not found:
        yield Check("settings", SKIP, "nothing of ours is in Claude Code's settings", where)


def _unreadable(case: Case) -> Iterator[Check]:
    """The files that Claude Code ignores, as a whole or in part."""
    for file in case.layers.files:
        where = case.layers.shown(file.path)
        if file.document is None:
            yield _ignored(case, file, file.problem, where)
            continue
        wrong = settings_types.find_wrong(file.document, case.layout.templates)
        if wrong:
            listed = ", ".join(map(str, wrong))
            yield _ignored(case, file, listed, case.layers.shown(file.path, wrong[0].line))
        elif not settings_types.is_simple(file.document):
            yield from _judged(case, file, where)


def _ignored(case: Case, file: File, problem: str, where: str) -> Check:
    if file.layer != "managed":
        fix = _mending(case.layout, file)
        return Check("settings", FAIL, f"Claude Code ignores the whole file: {problem}", where, fix)
    fix = "Ask the administrator of this machine to fix it."
    if file.document is None:
        return Check("settings", FAIL, f"Claude Code does not start with this: {problem}", where, fix)
    return Check("settings", WARN, f"Claude Code ignores this key: {problem}", where, fix)


def _judged(case: Case, file: File, where: str) -> Iterator[Check]:
    """What the installed Claude Code, which is run, says of a file with rules and hooks."""
    if case.modes.is_brief:
        return
    program = programs.find("claude", case.environ)
    if program is None or file.document is None or file.layer == "managed":
        return
    data = file.document.encoded(file.document.text)
    try:
        findings = client_verdict.judge(program, data, case.environ)
    except OSError:
        return  # the first link says what is wrong with the program
    for each in findings:
        if each.is_for_whole_file:
            yield _ignored(case, file, f"{each.key}: {each.says}", where)
        else:
            yield Check("settings", WARN, f"{each.key}: {each.says}", where, "Change it, or take it out.")


def _mending(layout: Layout, file: File) -> str:
    """How to mend a settings file: by hand, with a look at the newest copy of it that was kept."""
    copy = backup.newest_settings(layout)
    if copy is None or not (layout.settings.exists() and file.path.samefile(layout.settings)):
        return "Mend it."
    return f"Mend it; how it was before it was last deployed shows {copy}"


def _neighbours(case: Case) -> Iterator[Check]:
    for each in other_tools.present(case.layout, case.catalogue.neighbours.values()):
        says = f"{each.name} has joined Claude Code to something else"
        yield Check("settings", WARN, says, case.layers.shown(case.layout.settings), f"Undo that first: {each.undo}")


def _not_as_deployed(case: Case) -> Iterator[Check]:
    """What of ours is gone or changed where we wrote it."""
    if case.layers.ours and case.layers.ours.document is None:
        return  # said already
    where = str(case.layout.settings)
    findings = checks.settings(case.layout, case.comparison)
    told = [each.removeprefix(f"{where}: ") for each in findings]
    where = case.layers.shown(case.layout.settings)
    yield from (Check("settings", FAIL, each, where, "Deploy again: doit deploy", DEPLOY) for each in told)
    known = " ".join(told)
    for each in drift.find_keys(case.layout, case.comparison, foreign=False):
        name = each.name.rpartition(" ")[2]
        if each.state != "clean" and name not in known:
            yield Check("settings", WARN, f"{name} is {each.state}; a deployment leaves it so", where)


def _overruled(case: Case) -> Iterator[Check]:
    """Keys of ours to which a stronger layer gives another value."""
    ledger = ledger_file.read(case.layout)
    ours = case.layers.ours.layer if case.layers.ours else "user"
    for path in (path for path in ledger.owned if path[0] != "permissions") if ledger else ():
        held = {each.layer: each for each in reversed(case.layers.of(Key(path)))}
        above = next((held[layer] for layer in OVERRIDING[: _rank(ours)] if layer in held), None)
        if above and above.plain != _text(held.get(ours)):
            needed = path in settings_edit.NEEDED or (
                path in settings_edit.SLOTS and (above.plain or _text(held.get(ours)))
            )
            says = f"{Key(path).name} is overruled by the {above.layer} settings"
            fix = f"Take it out there, or see all layers: doit explain {Key(path).name}"
            yield Check("settings", FAIL if needed else WARN, says, above.where, fix)


def _rank(layer: str) -> int:
    """How many layers are stronger."""
    return OVERRIDING.index(layer) if layer in OVERRIDING else len(OVERRIDING)


def _text(held: Held | None) -> str:
    return held.plain if held else ""
