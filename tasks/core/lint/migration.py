"""Brings a LiteLLM configuration to today's keys: what `doit lint` finds and a machine can mend, mended in the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.console import diff as diff_lines
from tasks.core.lint import facts as lint_facts
from tasks.core.lint import fixes, rules, source
from tasks.core.lint import secrets as lint_secrets
from tasks.core.model import secret_patterns
from tasks.core.model.errors import InvalidInput
from tasks.core.secrets import hide
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tasks.core.lint.facts import Facts
    from tasks.core.lint.findings import Finding, Mend, Place
    from tasks.core.model.layout import Layout
    from tasks.core.text.documents import Document

FORM = 1
"""Of what --json prints: templates/schemas/lint_fix.schema.json."""

MOST_PASSES = 100
"""One mend can uncover another, or wait for its neighbour; each round does at least one of them, usually nearly all."""

COMMENT = re.compile(r"(?m)((?:^|(?<=[ \t]))#+[ \t]*)(.*)$")

MARK = re.compile(rb"\[hidden [0-9a-f]+\]")
"""What is left of a secret in other diffs; it tells whether one changed, and here each one does."""


class Change(NamedTuple):
    """One thing that was mended: where it stood in the file as it was, what was done, why; no value is shown."""

    line: int
    rule: str
    path: str
    action: str
    why: str
    variable: str | None = None


class Migration(NamedTuple):
    """The text as it is and as it becomes, what changes, the findings that stay, and whether secrets stood in it."""

    before: str
    after: str
    changes: tuple[Change, ...]
    left: tuple[Finding, ...]
    secrets: bool = False

    @property
    def variables(self) -> list[str]:
        """The variables that must hold what stood in the file."""
        return sorted({each.variable for each in self.changes if each.variable})


def migrated(path: Path, shown: str, layout: Layout, environ: Mapping[str, str]) -> Migration:
    """What becomes of the file at *path*; InvalidInput when it cannot be read, or has keys that stand twice."""
    before = text = source.read(path, shown)
    facts = lint_facts.load(layout)
    changes: list[Change] = []
    stuck: set[Mend] = set()
    named: dict[str, str] = {}
    first: list[Finding] = []
    found: list[Finding] = []
    for _ in range(MOST_PASSES):
        document = documents.parse_document(text, shown)
        if document.twice:
            raise _twice(document, shown)
        around = source.around(path, document.data, layout, environ)._replace(named=named)
        found = rules.of_document(document, shown, facts, around)
        first = first or found
        wanted = _apart((mend, each) for each in found for mend in each.mends if mend not in stuck)
        if not wanted:
            break
        text, done, impossible = fixes.mended(text, list(wanted), shown)
        stuck.update(impossible)
        changes += [_change(wanted[mend], mend) for mend in done]
        named |= {str(_at(document.data, mend.place)).strip(): mend.variable for mend in done if mend.variable}
    weak = [each for each in first if each.rule == "master-key-weak" and each not in found]  # wherever it is now
    secrets = any(each.rule == "literal-secret" for each in first)
    return Migration(before, text, tuple(sorted(changes, key=lambda each: each.line)), (*weak, *found), secrets)


def _at(data: Any, place: Place) -> Any:  # noqa: ANN401 - whatever the document holds
    for step in place:
        data = data[step]
    return data


def _twice(document: Document, shown: str) -> InvalidInput:
    place, line = document.twice[0]
    problem = f"{documents.dotted(place)} stands there twice, so it cannot be told what is meant"
    return InvalidInput(problem, "Keep one of them, then run the command again.", where=f"{shown}:{line}")


def _apart(found: Iterable[tuple[Mend, Finding]]) -> dict[Mend, Finding]:
    """The mends that do not touch each other, the outer before the inner, what goes before what is only changed.

    The others wait for the next round.
    """
    chosen: dict[Mend, Finding] = {}
    taken: set[Place] = set()
    for mend, finding in sorted(found, key=lambda pair: (len(pair[0].place), pair[0].kind != "remove")):
        places = [place for place in (mend.place, mend.to) if place]
        if not any(place[:length] in taken for place in places for length in range(1, len(place) + 1)):
            taken.update(places)
            chosen[mend] = finding
    return chosen


def _change(finding: Finding, mend: Mend) -> Change:
    why = finding.why
    if mend.kind == "remove":
        action, why = "removed", f"{why} {finding.fix}"
    elif mend.kind == "move":
        action = f"now {documents.dotted(mend.to)}"
    else:
        action = f"now {mend.value}"
    path = lint_secrets.hidden(documents.dotted(mend.place))
    return Change(finding.line, finding.rule, path, lint_secrets.hidden(action), why, mend.variable)


def lines(migration: Migration, shown: str) -> Iterator[str]:
    """What changes and why, then what is left to a person."""
    for each in migration.changes:
        yield f"{shown}:{each.line}: {each.path}: {each.action} [{each.rule}]"
        yield f"    {each.why}"
    if migration.variables:
        yield "To be put into .env, with the values that stood in the file:"
        yield from (f"    {name}" for name in migration.variables)
    left = [each for each in migration.left if each.severity != "note"]
    if left:
        yield "What is left to you:"
        yield from (f"    {line}" for text in rules.lines(left) for line in text.splitlines())


def diff(migration: Migration, shown: str, layout: Layout) -> Iterator[str]:
    """The unified diff of the two texts, without any secret."""
    facts = lint_facts.load(layout)
    yield from diff_lines.unified(
        _hidden(migration.before, shown, facts), _hidden(migration.after, shown, facts), shown
    )


def _hidden(text: str, shown: str, facts: Facts) -> bytes:
    """The text with secrets struck out: those that the rules see, wherever they end, and what looks like one."""
    pieces, position = [], 0
    for start, end in sorted(set(_spans(text, documents.composed(text, shown), facts))):
        pieces += [text[position:start], "[hidden]"]
        position = end
    told = COMMENT.sub(_hidden_remark, "".join([*pieces, text[position:]]))
    return MARK.sub(b"[hidden]", hide.hide_text(told.encode("utf-8", "surrogatepass")))


def _hidden_remark(found: re.Match[str]) -> str:
    """A comment: it may be a line of YAML that somebody has put aside, or a sentence."""
    remark = secret_patterns.replace_named_secrets(found[2], lambda _: "[hidden]")
    return found[1] + hide.hide_text(remark.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def _spans(text: str, root: Any, facts: Facts) -> Iterator[tuple[int, int]]:  # noqa: ANN401 - PyYAML's node
    """Where in a text its secrets stand."""
    waiting: list[tuple[Place, Any]] = [((), root)] if root is not None else []
    while waiting:
        place, node = waiting.pop()
        if node.id == "mapping":
            waiting += [((*place, str(key.value)), value) for key, value in node.value]
        elif node.id == "sequence":
            waiting += [((*place, number), value) for number, value in enumerate(node.value)]
        elif lint_secrets.is_secret(facts, place, node.value):
            start, end = node.start_mark.index, node.end_mark.index
            yield start, start + len(text[start:end].rstrip())  # a block ends where the next thing begins


def as_json(migration: Migration, shown: str, kept: Path | None) -> dict[str, Any]:
    """All that is told, for a program; *kept*: the copy of a file that was replaced."""
    return {
        "version": FORM,
        "file": shown,
        "written": kept is not None,
        "kept": str(kept) if kept else None,
        "changes": [each._asdict() for each in migration.changes],
        "variables": migration.variables,
        "left": [rules.json_of(each) for each in migration.left],
    }
