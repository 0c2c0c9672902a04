"""Findings as SARIF 2.1.0, the form that editors and code hosts read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.core.lint.facts import Facts, Rule
    from tasks.core.lint.findings import Finding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def log(findings: Iterable[Finding], facts: Facts) -> dict[str, Any]:
    """One run with all findings, and the rules that they name."""
    found = list(findings)
    used = sorted({each.rule for each in found})
    driver = {
        "name": "doit lint",
        "informationUri": "https://docs.litellm.ai/docs/proxy/configs",
        "rules": [_rule(facts.rules[name]) for name in used],
    }
    results = [_result(each, used.index(each.rule)) for each in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    where = {"artifactLocation": {"uri": _uri(finding.file)}, "region": {"startLine": finding.line}}
    text = f"{finding.path}: {finding.problem}. {finding.why} {finding.fix}"
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": text},
        "locations": [{"physicalLocation": where}],
    }


def _uri(name: str) -> str:
    """A file as an address: relative as it was given, or file://."""
    address = quote(name.encode("utf-8", "surrogateescape"))
    return f"file://{address}" if name.startswith("/") else address
