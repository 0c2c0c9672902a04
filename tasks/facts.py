"""facts: what Claude Code and LiteLLM name and know, read from their programs for templates/."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.cli.checkout import in_checkout
from tasks.core.console import console
from tasks.core.disk import files, programs
from tasks.core.model.errors import GatewayError
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Collection

    from tasks.core.cli.steps import Task
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.layout import Layout


def task(resolved: Resolved) -> Task:
    """`doit facts`: templates/client/claude-code.json and templates/lint/litellm.json."""
    return {"actions": [(write_all, [resolved])]}


@in_checkout
def write_all(resolved: Resolved) -> None:
    """Read the programs that are found, and show which names came and went."""
    write_litellm(resolved)
    write_client(resolved.layout)


def write_client(layout: Layout) -> None:
    """Read the Claude Code that is on PATH."""
    from tasks.core.catalogue import client_facts
    from tasks.core.claude import client_verdict
    from tasks.core.doctor.client import INSTALL

    found = programs.find("claude", os.environ)
    if found is None:
        raise GatewayError("there is no Claude Code to read", INSTALL)
    program = Path(found).resolve()
    made = client_verdict.read_facts(program, os.environ)
    before = client_facts.names(layout.templates)
    for section in ("variables", "settings"):
        show_changes(
            section,
            before[section],
            made[section],
        )
    path = layout.templates / client_facts.NAMES
    write(layout, path, made)


def write_litellm(resolved: Resolved) -> None:
    """Read the pinned LiteLLM's files."""
    from tasks.core.lint import extract
    from tasks.core.lint import facts as lint_facts
    from tasks.core.litellm import litellm

    chosen = resolved.request.choices.litellm
    found = litellm.find(resolved.layout, os.environ, chosen)
    if found is None:
        raise GatewayError("there is no LiteLLM to read", litellm.INSTALL)
    pinned = litellm.LITELLM_KNOWN_GOOD
    if found.version != pinned:
        problem = f"is LiteLLM {found.version}, and the list is made from {pinned}"
        raise GatewayError(
            problem,
            litellm.INSTALL,
            where=str(found.executable),
        )
    path = resolved.layout.templates / "lint" / lint_facts.LITELLM
    write(resolved.layout, path, extract.read_facts(found))


def show_changes(
    section: str,
    before: Collection[str],
    after: Collection[str],
) -> None:
    """What is new, and what is gone."""
    for word, more, less in (("new", after, before), ("gone", before, after)):
        names = sorted(set(more).difference(less))
        if names:
            console.say(f"{word} {section}: " + ", ".join(names))


def write(
    layout: Layout,
    path: Path,
    data: dict[str, Any],
) -> None:
    """Write one file of facts."""
    changed = files.write(path, documents.dump_json(data), 0o644)
    word = "written" if changed else "unchanged"
    console.say(f"{path.relative_to(layout.project)} {word}")
