"""allowlist: write down what LiteLLM knows, its settings, providers and models, for lint."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.core.cli.checkout import in_checkout
from tasks.core.console import console
from tasks.core.disk import files
from tasks.core.lint import extract
from tasks.core.lint import facts as lint_facts
from tasks.core.litellm import litellm
from tasks.core.model.errors import GatewayError
from tasks.core.text import documents

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.cli.steps import Task
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.litellm.litellm import Found


def task(resolved: Resolved) -> Task:
    """`doit allowlist`: templates/lint/litellm.json, from the LiteLLM that is found."""
    return {"actions": [(write, [resolved])]}


@in_checkout
def write(resolved: Resolved) -> None:
    """Read the files of the known-good LiteLLM and write down what it knows."""
    layout, choices = resolved.layout, resolved.request.choices
    found = litellm.find(layout, os.environ, choices.litellm)
    package = find_package(found)
    if found is None or package is None:
        raise GatewayError("there is no LiteLLM to read", litellm.INSTALL)
    if found.version != litellm.LITELLM_KNOWN_GOOD:
        known = litellm.LITELLM_KNOWN_GOOD
        problem = f"is LiteLLM {found.version}, and the list is made from {known}"
        raise GatewayError(problem, litellm.INSTALL, where=str(found.executable))
    path = layout.templates / "lint" / lint_facts.LITELLM
    known_settings = extract.extract(package, found.version)
    text = documents.dump_json(known_settings)
    state = "unchanged"
    if files.write(path, text, 0o644):
        state = "written"
    shown = path.relative_to(layout.project)
    console.say(f"{shown} {state}")


def find_package(found: Found | None) -> Path | None:
    """The folder of LiteLLM's code beside its program."""
    if found is None:
        return None
    for place in found.packages:
        if (place / "litellm").is_dir():
            return place / "litellm"
    return None
