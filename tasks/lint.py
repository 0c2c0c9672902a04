"""lint: find what is wrong with a LiteLLM configuration, ours or any; --fix fixes it in the text."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from doit import get_initial_workdir

from tasks.core.cli.steps import JSON, WORDS, Task, action, make_flag
from tasks.core.console import console
from tasks.core.lint import facts as lint_facts
from tasks.core.lint import rewrite, rules
from tasks.core.lint import sarif as lint_sarif
from tasks.core.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.lint.findings import Finding
    from tasks.core.model.layout import Layout

OPTIONS = [
    make_flag("diff", "show what --fix would change in FILE; write nothing"),
    make_flag("fix", "fix in FILE what can be fixed, keeping a copy"),
    make_flag("strict", "exit 4 for warnings too"),
    make_flag("sarif", "SARIF 2.1.0, for editors and CI"),
    JSON,
    WORDS,
]


def task(layout: Layout) -> Task:
    """`doit lint [FILE…] [--json | --sarif] [--strict]`, `doit lint FILE --diff | --fix [--json]`."""
    return {
        "actions": [(lint, [layout])],
        "params": OPTIONS,
        "pos_arg": "names",
        "meta": {"quiet": True},
    }


@action
def lint(
    layout: Layout,
    names: Sequence[str],
    *,
    diff: bool,
    fix: bool,
    as_json: bool,
    sarif: bool,
    strict: bool,
) -> None:
    """Print the findings, or fix them; InvalidInput when errors are there, or with *strict* warnings."""
    is_one = len(names) == 1 and not sarif
    if diff + fix > is_one:
        raise UsageError("one of --diff and --fix, and one file", "See first: doit lint FILE --diff")
    if as_json and sarif:
        raise UsageError("--json and --sarif exclude each other", "Choose one.")
    files = [(Path(get_initial_workdir(), name), name) for name in names] or [_own(layout)]
    if diff or fix:
        left = rewrite.fix_file(layout, *files[0], writes=fix, as_json=as_json)
        if fix:
            rules.judge(left, names, strict=strict, document=as_json)
        return
    found: list[Finding] = []
    for path, shown in files:
        found += rules.of_path(path, shown, layout, os.environ)
    told = [shown for _, shown in files]
    facts = lint_facts.load(layout)
    if sarif:
        console.document(lint_sarif.log(found, facts))
    elif as_json:
        console.document(rules.as_json(found, told, facts))
    elif found:
        console.tell("\n".join(rules.lines(found)))
    rules.judge(found, told, strict=strict, document=as_json or sarif)


def _own(layout: Layout) -> tuple[Path, str]:
    """What is deployed; else what is about to be."""
    for path in (layout.config, layout.release / layout.config.name):
        if path.exists():
            return path, str(path)
    raise UsageError("nothing is deployed or staged here", "Name a file: doit lint FILE")
