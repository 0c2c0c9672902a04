"""facts: what Claude Code and LiteLLM name and know, read from their programs and kept in templates/."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.cli.steps import Task, action
from tasks.core.console import console
from tasks.core.disk import files, programs
from tasks.core.model.errors import GatewayError
from tasks.core.text import documents

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.layout import Layout

INSTALL_CLAUDE = "npm install -g @anthropic-ai/claude-code"


def task(resolved: Resolved) -> Task:
    """`doit facts`: templates/client/claude-code.json and templates/lint/litellm.json."""
    return {"actions": [(write_all, [resolved])]}


@action
def write_all(resolved: Resolved) -> None:
    """Read the programs that are found, and show which names came and went."""
    write_litellm(resolved)
    write_client(resolved.layout)


def write_client(layout: Layout) -> None:
    """Read the Claude Code that is on PATH."""
    from tasks.core.catalogue import client_facts

    found = programs.find("claude", os.environ)
    if found is None:
        raise GatewayError("there is no Claude Code to read", INSTALL_CLAUDE)
    path = layout.templates / client_facts.NAMES
    made = read_client(Path(found).resolve())
    before = documents.parse_json(path.read_bytes(), str(path)) if path.exists() else {}
    for section in ("variables", "settings"):
        show_changes(section, before.get(section, ()), made[section])
    write(layout, path, made)


def read_client(program: Path) -> dict[str, Any]:
    """All facts of one Claude Code: what its program names, and what it answers."""
    from tasks.core.claude import client_verdict, contract

    made = contract.read(program)
    made["settings"] = client_verdict.find_types(program, made["settings"], os.environ)
    return made


def write_litellm(resolved: Resolved) -> None:
    """Read the pinned LiteLLM's files."""
    from tasks.core.lint import extract
    from tasks.core.lint import facts as lint_facts
    from tasks.core.litellm import litellm

    found = litellm.find(resolved.layout, os.environ, resolved.request.choices.litellm)
    places = found.packages if found else ()
    packages = [place / "litellm" for place in places if (place / "litellm").is_dir()]
    if found is None or not packages:
        raise GatewayError("there is no LiteLLM to read", litellm.INSTALL)
    if found.version != litellm.LITELLM_KNOWN_GOOD:
        problem = f"is LiteLLM {found.version}, and the list is made from {litellm.LITELLM_KNOWN_GOOD}"
        raise GatewayError(problem, litellm.INSTALL, where=str(found.executable))
    path = resolved.layout.templates / "lint" / lint_facts.LITELLM
    write(resolved.layout, path, extract.extract(packages[0], found.version))


def show_changes(section: str, before: Any, after: Any) -> None:  # noqa: ANN401 - names, or a mapping from them
    """What is new, and what is gone."""
    for word, names in (("new", set(after) - set(before)), ("gone", set(before) - set(after))):
        if names:
            console.say(f"{word} {section}: {', '.join(sorted(names))}")


def write(layout: Layout, path: Path, data: dict[str, Any]) -> None:
    """Write one file of facts."""
    changed = files.write(path, documents.dump_json(data), 0o644)
    console.say(f"{path.relative_to(layout.project)} {'written' if changed else 'unchanged'}")
