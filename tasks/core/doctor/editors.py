"""What editors give to the claude that they start, in forms that count and in others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import client_facts
from tasks.core.claude.layers import VSCODE, Key
from tasks.core.disk import files
from tasks.core.doctor.case import WARN, Check
from tasks.core.model.errors import GatewayError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.core.claude.layers import File
    from tasks.core.doctor.case import Case

LINK = "starters"

LIST = VSCODE[0]
"""The setting of VS Code's extension with variables for claude."""

FORM_FIX = "Remove it: requests go by Claude Code's own settings. Its form would be "
FORM_FIX += f'"{LIST}": [{{"name": "NAME", "value": "VALUE"}}]'
KEBAB = "claude-code.environmentVariables"
"""How older and related extensions spell it."""

NO_LOGIN = "claudeCode.disableLoginPrompt"
TERMINAL = "terminal.integrated.env."

EXTENSIONS = (".vscode", ".vscode-insiders", ".vscode-server", ".cursor", ".windsurf")
"""Folders of a home in which `extensions/anthropic.claude-code-*` is installed."""

JETBRAINS = ("terminal.xml", "workspace.xml")
"""Files of JetBrains' IDEs in which the variables of a terminal are kept."""

CREDENTIALS = ("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY")


def look(case: Case) -> Iterator[Check]:
    """What is wrong in the settings of VS Code, its kin, and JetBrains' IDEs."""
    for file in case.layers.editors:
        yield from _forms(case, file)
    if case.manifest:
        yield from _others(case)
        yield from _login_page(case)
        yield from _jetbrains(case)


def _forms(case: Case, file: File) -> Iterator[Check]:
    """Settings in a form that nothing reads."""
    if file.document is None:
        says = f"an editor cannot read its settings: {file.problem}"
        where = case.layers.shown(file.path)
        yield Check(
            LINK,
            WARN,
            says,
            where,
            "Fix it there; the editor shows where.",
        )
        return
    members = file.document.value(())
    for name, value in members.items():
        where = case.layers.shown(
            file.path,
            file.document.line((name,)),
        )
        if name in (LIST, KEBAB):
            says = find_fault(name, value)
        elif re.match(
            r"claude-?code\.(\w+\.)*env",
            name,
            re.IGNORECASE,
        ):
            says = f"{name} is no setting of the extension"
        else:
            says = ""
        if says:
            yield Check(
                LINK,
                WARN,
                says,
                where,
                FORM_FIX,
            )
        if name.startswith(TERMINAL) and isinstance(value, dict):
            yield from _terminal(case, name, value, where)


def find_fault(name: str, value: Any) -> str:  # noqa: ANN401 - any JSON value
    """What is wrong with the form of a list of variables; "" when nothing is."""
    if isinstance(value, dict):
        return f"{name} is an object, which the extension ignores; it must be a list"
    if not isinstance(value, list):
        return f"{name} must be a list"
    for entry in value:
        if not isinstance(entry, dict) or "name" not in entry or "value" not in entry:
            return f"{name} has an entry without name and value"
    return ""


def _terminal(
    case: Case,
    name: str,
    given: dict[str, Any],
    where: str,
) -> Iterator[Check]:
    """Variables of the editor's terminal that settings of Claude Code cannot cancel."""
    for variable in find_uncancelled(case):
        if given.get(variable):
            says = f"{name} gives {variable} to a claude that is started in the editor's terminal"
            yield Check(
                LINK,
                WARN,
                says,
                where,
                "Remove it there.",
            )


def find_uncancelled(case: Case) -> list[str]:
    """The variables that count although settings win over the environment."""
    known = client_facts.known(case.layout.templates)
    deciding = [name for name, key in known.items() if key.effect == "precedence"]
    return ["ANTHROPIC_UNIX_SOCKET", *deciding]


def _others(case: Case) -> Iterator[Check]:
    """Variables to which the extension gives another value than the settings have."""
    switches = client_facts.switches(case.layout.templates)
    for name in dict.fromkeys((*CREDENTIALS, *switches, *find_uncancelled(case))):
        for held in case.layers.of(Key.of(name)):
            if held.layer == "vscode" and held.plain != case.layers.text(name):
                says = f"VS Code's settings give {name} another value"
                yield Check(
                    LINK,
                    WARN,
                    says,
                    held.where,
                    "Remove it.",
                )


def _login_page(case: Case) -> Iterator[Check]:
    """The extension shows its own login page unless a setting forbids it."""
    home = case.layout.home
    installed: list[Path] = []
    for folder in EXTENSIONS:
        installed += (home / folder / "extensions").glob("anthropic.claude-code-*")
    if not installed:
        return
    documents = [file.document for file in case.layers.editors if file.document]
    if any(document.value((NO_LOGIN,)) is True for document in documents):
        return
    says = "the extension may ask for a login, although requests reach the gateway without one"
    where = case.layers.shown(installed[0])
    fix = f'Add to the settings of the editor: "{NO_LOGIN}": true'
    yield Check(LINK, WARN, says, where, fix)


def _jetbrains(case: Case) -> Iterator[Check]:
    """Variables of the terminal of a JetBrains IDE that settings cannot cancel."""
    for path in find_jetbrains(case):
        try:
            text = (files.read(path) or b"").decode(errors="replace")
        except (OSError, GatewayError):
            continue
        for name in find_uncancelled(case):
            found = re.search(
                rf'key="{name}" value="[^"]',
                text,
            )
            if found:
                line = (
                    text.count(
                        "\n",
                        0,
                        found.start(),
                    )
                    + 1
                )
                where = case.layers.shown(
                    path,
                    line,
                )
                says = f"the IDE gives {name} to a claude that is started in its terminal"
                fix = "Remove it in Settings, Tools, Terminal."
                yield Check(
                    LINK,
                    WARN,
                    says,
                    where,
                    fix,
                )


def find_jetbrains(case: Case) -> list[Path]:
    """The files of JetBrains' IDEs with variables, of the user and of the project."""
    home = case.layout.home
    found = [case.layers.folder / ".idea" / name for name in JETBRAINS]
    for config in (".config", "Library/Application Support"):
        found += (home / config / "JetBrains").glob("*/options/terminal.xml")
    return [path for path in found if path.is_file()]
