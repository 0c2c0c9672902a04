"""Looks at a LiteLLM configuration for what LiteLLM passes over in silence, refuses, or makes unsafe. Reads only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tasks.core.console import console
from tasks.core.lint import access, keys, models, routing, secrets, source
from tasks.core.lint import facts as lint_facts
from tasks.core.lint.config import Around, Config
from tasks.core.lint.findings import SEVERITIES, Finding, Place, Problem
from tasks.core.model.errors import InvalidInput
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tasks.core.lint.facts import Facts
    from tasks.core.model.layout import Layout
    from tasks.core.text.documents import Document

FIXABLE = "See what can be fixed: doit lint FILE --diff"

FORM = 1
"""Of what --json prints: templates/schemas/lint.schema.json."""


def of_path(path: Path, shown: str, layout: Layout, environ: Mapping[str, str]) -> list[Finding]:
    """The findings in a file, which is called *shown* in them; a file that cannot be read is a finding too."""
    facts = lint_facts.load(layout)
    try:
        text = source.read(path, shown)
    except InvalidInput as error:
        return [_refused("unreadable", error, shown, facts)]
    try:
        document = documents.parse_document(text, shown)
    except InvalidInput as error:
        return [_refused("invalid-yaml", error, shown, facts)]
    return of_document(document, shown, facts, source.around(path, document.data, layout, environ))


def errors(text: str, shown: str, layout: Layout) -> list[str]:
    """The errors in a text that we made, each as "file:line: path: what"; of its surroundings nothing is known."""
    document = documents.parse_document(text, shown)
    found = of_document(document, shown, lint_facts.load(layout), Around(source.today(), port=0, joined=True))
    return [f"{each.file}:{each.line}: {each.path}: {each.problem}" for each in found if each.severity == "error"]


def of_document(document: Document, shown: str, facts: Facts, around: Around) -> list[Finding]:
    """The findings in what was read, in the order of its lines."""
    config = Config(shown, document, facts, around)
    rules = (keys, secrets, access, models, routing)
    found = [_finding(config, problem) for rule in rules for problem in rule.problems(config)]
    unique = {(each.line, each.rule, each.path, each.problem): each for each in found}
    return sorted(unique.values(), key=lambda each: (each.line, SEVERITIES.index(each.severity), each.rule, each.path))


def _finding(config: Config, problem: Problem) -> Finding:
    rule = config.facts.rules[problem.rule]
    line = problem.line or _line(config.document.lines, problem.place)
    severity = problem.severity or rule.severity
    why, fix = problem.why or rule.why, problem.fix or rule.fix
    path, text = secrets.hidden(documents.dotted(problem.place)), secrets.hidden(problem.text)
    return Finding(config.file, line, severity, rule.id, path, text, why, fix, problem.mends)


def _line(lines: Mapping[Place, int], place: Place) -> int:
    """The line of *place*, or of the nearest thing around it that has one."""
    around = (place[:length] for length in range(len(place), -1, -1))
    return next((lines[part] for part in around if part in lines), 1)


def _refused(name: str, error: InvalidInput, shown: str, facts: Facts) -> Finding:
    rule, line = facts.rules[name], error.where.removeprefix(f"{shown}:")
    number = int(line) if line.isascii() and line.isdecimal() else 1
    return Finding(
        shown, number, rule.severity, rule.id, "the document", secrets.hidden(error.problem), rule.why, rule.fix
    )


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many there are of each severity."""
    found = Counter(each.severity for each in findings)
    return {severity: found[severity] for severity in SEVERITIES}


def lines(findings: Sequence[Finding]) -> Iterator[str]:
    """The findings for a person; why and how to mend it once for those that say the same."""
    told: set[tuple[str, str, str]] = set()
    for each in findings:
        yield f"{each.file}:{each.line}: {each.severity}: {each.path}: {each.problem} [{each.rule}]"
        if (said := (each.rule, each.why, each.fix)) not in told:
            told.add(said)
            yield f"    {each.why}\n    {each.fix}"


def summary(findings: Sequence[Finding], files: Sequence[str]) -> str:
    """One line: how much was found, and where."""
    told = [f"{number} {name}{'' if number == 1 else 's'}" for name, number in counts(findings).items() if number]
    where = files[0] if len(files) == 1 else f"{len(files)} files"
    return f"{', '.join(told) or 'nothing found'} in {where}"


def judge(
    found: Sequence[Finding],
    told: Sequence[str],
    *,
    strict: bool,
    document: bool,
) -> None:
    """A closing line; an error when what was found must not be deployed."""
    number = counts(found)
    text = summary(found, told)
    if number["error"] or (strict and number["warning"]):
        error = InvalidInput(text)
        if any(finding.mends for finding in found):
            error = InvalidInput(text, FIXABLE)
        error.told = document
        raise error
    state = "ok"
    if number["warning"]:
        state = "warn"
    console.say(text, state)


def as_json(findings: Iterable[Finding], files: Sequence[str], facts: Facts) -> dict[str, Any]:
    """The findings for a program."""
    found = list(findings)
    return {
        "version": FORM,
        "litellm": facts.version,
        "files": list(files),
        "counts": counts(found),
        "findings": [json_of(each) for each in found],
    }


def json_of(finding: Finding) -> dict[str, Any]:
    """One finding as JSON values."""
    told = finding._asdict()
    mends = told.pop("mends")
    return {**told, "fixable": bool(mends)}
