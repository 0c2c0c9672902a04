"""lint: what is wrong with a LiteLLM configuration, ours or anybody's; and the list of what LiteLLM knows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from doit import get_initial_workdir

from tasks.core.cli.steps import JSON, WORDS, Task, action
from tasks.core.console import console
from tasks.core.disk import files
from tasks.core.lint import extract, rules, sarif
from tasks.core.lint import facts as lint_facts
from tasks.core.litellm import litellm
from tasks.core.model.errors import GatewayError, InvalidInput, UsageError
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.lint.findings import Finding
    from tasks.core.model.layout import Layout

OPTIONS = [
    JSON,
    {"name": "as_sarif", "long": "sarif", "type": bool, "default": False, "help": "SARIF 2.1.0, for editors and CI"},
    {"name": "strict", "long": "strict", "type": bool, "default": False, "help": "exit 4 for warnings too"},
    WORDS,
]


def task(layout: Layout) -> Task:
    """`doit lint [FILE…] [--json] [--sarif] [--strict]`."""
    return {"actions": [(show, [layout])], "params": OPTIONS, "pos_arg": "names", "meta": {"quiet": True}}


def allowlist_task(resolved: Resolved) -> Task:
    """`doit allowlist`: templates/lint/litellm.json, from the LiteLLM that is found."""
    return {"actions": [(write_allowlist, [resolved])]}


@action
def show(layout: Layout, as_json: bool, as_sarif: bool, strict: bool, names: Sequence[str]) -> None:
    """Print the findings; InvalidInput when there are errors, or with *strict* warnings."""
    if as_json and as_sarif:
        raise UsageError("--json and --sarif cannot both be meant", "Choose one.")
    given = [(Path(get_initial_workdir(), name), name) for name in names] or [_own(layout)]
    found = [each for path, shown in given for each in rules.of_path(path, shown, layout, os.environ)]
    told, facts = [shown for _, shown in given], lint_facts.load(layout)
    if as_json or as_sarif:
        console.document(rules.as_json(found, told, facts) if as_json else sarif.log(found, facts))
    elif found:
        console.tell("\n".join(rules.lines(found)))
    judge(found, told, strict=strict, document=as_json or as_sarif)


def judge(found: Sequence[Finding], told: Sequence[str], *, strict: bool, document: bool) -> None:
    """A closing line; an error when what was found must not be deployed."""
    counts, summary = rules.counts(found), rules.summary(found, told)
    if counts["error"] or (strict and counts["warning"]):
        mends = any(each.mends for each in found)
        error = InvalidInput(summary, "`doit migrate FILE` shows what it can mend." if mends else "")
        error.told = document
        raise error
    console.say(summary, "warn" if counts["warning"] else "ok")


def _own(layout: Layout) -> tuple[Path, str]:
    """What is deployed; else what is about to be."""
    for path in (layout.config, layout.release / layout.config.name):
        if path.exists():
            return path, str(path)
    raise UsageError("nothing is deployed or staged here", "Name a file: doit lint FILE")


@action
def write_allowlist(resolved: Resolved) -> None:
    """Read the pinned LiteLLM's files and write down what it knows."""
    found = litellm.find(resolved.layout, os.environ, resolved.request.choices.litellm)
    package = (
        next((place / "litellm" for place in found.packages if (place / "litellm").is_dir()), None) if found else None
    )
    if found is None or package is None:
        raise GatewayError("there is no LiteLLM to read", litellm.INSTALL)
    if found.version != litellm.LITELLM_KNOWN_GOOD:
        raise GatewayError(
            f"is LiteLLM {found.version}, and the list is made from {litellm.LITELLM_KNOWN_GOOD}",
            litellm.INSTALL,
            where=str(found.executable),
        )
    path = resolved.layout.templates / "lint" / lint_facts.LITELLM
    changed = files.write(path, documents.dump_json(extract.extract(package, found.version)), 0o644)
    console.say(f"{path.relative_to(resolved.layout.project)} {'written' if changed else 'unchanged'}")
