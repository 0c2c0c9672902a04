"""Who starts claude, and with what: editors, aliases, functions, wrappers, a Windows beside WSL.

Settings win over the environment, so most of what these give does no harm once a gateway is
deployed. What does: another folder of settings, variables that win over settings, and names that
no settings say anything about. Everything is read, and nothing is run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.catalogue import client_facts
from tasks.core.claude.layers import OVERRIDING
from tasks.core.disk import files, programs
from tasks.core.doctor import editors, projects
from tasks.core.doctor.case import OK, SKIP, WARN, Check
from tasks.core.doctor.editors import LINK
from tasks.core.model.errors import GatewayError
from tasks.core.text import json_edit
from tasks.core.values import claude_calls, shell_profiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.doctor.case import Case
    from tasks.core.values.claude_calls import Call

CONFIG = "CLAUDE_CONFIG_DIR"
WINDOWS = Path("/mnt/c/Users")
"""The homes of Windows, as WSL shows them."""

ISOLATING = ("--settings", "--setting-sources", "--bare", "--safe-mode")
"""Options of claude that add settings above ours, or leave ours out."""

UNKNOWN = "starts claude in a way that only a shell could read; look whether it sets variables"


def starters(case: Case) -> Iterator[Check]:
    """Everything that starts claude in another way than was deployed."""
    found = [*editors.look(case)]
    if case.manifest:
        found += [
            *_shells(case),
            *_wrapper(case),
            *_windows(case),
            *projects.look(case),
        ]
    yield from found
    if any(check.state == WARN for check in found):
        return
    if case.manifest:
        yield Check(LINK, OK, "no editor, alias or wrapper starts claude in another way")
    else:
        yield Check(LINK, SKIP, "nothing is deployed")


def _shells(case: Case) -> Iterator[Check]:
    """Aliases and functions of shells, and their exports of another folder of settings."""
    home = str(case.layout.home)
    for path, shell in shell_profiles.files(
        case.layout.home,
        case.environ,
    ):
        text, _ = shell_profiles.text_of(path)
        if not text or claude_calls.CLAUDE not in text.lower():
            continue
        for call in claude_calls.find_calls(text, shell, home):
            yield from _of_call(
                case,
                call,
                case.layers.shown(path, call.line),
            )
        exported = shell_profiles.assignments(text, shell, home).get(CONFIG)
        if exported:
            where = case.layers.shown(path, exported.line)
            yield from _of_folder(case, "a new terminal", exported.value, where)


def _wrapper(case: Case) -> Iterator[Check]:
    """A claude on PATH that is a script of the shell's."""
    program = programs.find(claude_calls.CLAUDE, case.environ)
    if program is None:
        return
    text, _ = shell_profiles.text_of(Path(program), "replace")
    call = claude_calls.read_script(
        text or "",
        str(case.layout.home),
    )
    if call and (call.variables or call.options):
        named = call._replace(name="the wrapper", is_known=True)
        where = case.layers.shown(
            Path(program),
            call.line,
        )
        yield from _of_call(case, named, where)


def _of_call(
    case: Case,
    call: Call,
    where: str,
) -> Iterator[Check]:
    """What one alias, function or wrapper changes."""
    if not call.is_known:
        says = f"{call.name} {UNKNOWN}"
        yield Check(LINK, WARN, says, where, "See what it does: type -a claude")
        return
    if CONFIG in call.variables:
        yield from _of_folder(
            case,
            call.name,
            call.variables[CONFIG],
            where,
        )
    for option in call.options:
        name = option.partition("=")[0]
        if name in ISOLATING:
            says = f"{call.name} passes {name}, so the deployed settings are not all that counts"
            yield Check(LINK, WARN, says, where, "Take the option out.")
    for name in call.variables:
        says = find_effect(case, call, name)
        if says:
            yield Check(
                LINK,
                WARN,
                f"{call.name} gives {name}, {says}",
                where,
                "Take it out there.",
            )


def find_effect(
    case: Case,
    call: Call,
    name: str,
) -> str:
    """What a variable does that claude is given; "" when nothing, or nothing of its own."""
    if name == CONFIG:
        return ""
    if name in editors.find_uncancelled(case):
        return "which wins over the deployed settings"
    leading = client_facts.leading(case.layout.templates)
    if name not in (client_facts.BASE_URL, *leading):
        return ""
    winner = case.layers.winner(name)
    if winner is None or winner.layer not in (*OVERRIDING, "user"):
        return "about which the deployed settings say nothing, so it counts"
    if name == client_facts.BASE_URL and call.variables[name] != winner.plain:
        return "and settings win: it reaches the deployed gateway all the same"
    return ""


def _of_folder(
    case: Case,
    who: str,
    folder: str | None,
    where: str,
) -> Iterator[Check]:
    """Another folder of settings: do they name the gateway?"""
    if folder is None:
        says = f"{who} sets {CONFIG} to what only a shell could know"
        fix = f"If that is another folder, deploy with {CONFIG} exported."
        yield Check(
            LINK,
            WARN,
            says,
            where,
            fix,
        )
        return
    path = Path(folder).expanduser()
    if path == case.layout.claude or _names_gateway(case, path / "settings.json"):
        return
    says = f"{who} sets {CONFIG}={folder}: "
    says += "claude reads its settings there, and no gateway is deployed into them"
    yield Check(
        LINK,
        WARN,
        says,
        where,
        f"{CONFIG}={folder} doit deploy",
    )


def _names_gateway(case: Case, path: Path) -> bool:
    """Whether the settings file *path* leads to the deployed gateway."""
    assert case.manifest is not None
    try:
        data = files.read(path)
        if data is None:
            return False
        url = json_edit.parse(data).value(("env", client_facts.BASE_URL))
    except (OSError, GatewayError):
        return False
    return isinstance(url, str) and url.rstrip("/") == case.manifest.gateway_url


def _windows(case: Case) -> Iterator[Check]:
    """Claude Code of the Windows around this WSL, which has settings of its own."""
    if not case.environ.get("WSL_DISTRO_NAME"):
        return
    for folder in sorted(WINDOWS.glob("*/.claude")):
        path = folder / "settings.json"
        if not _names_gateway(case, path):
            says = "Claude Code in Windows, its editors too, reads settings without this gateway"
            fix = "Start claude in WSL, or copy what this deployment wrote into `env` there."
            yield Check(
                LINK,
                WARN,
                says,
                str(path),
                fix,
            )
