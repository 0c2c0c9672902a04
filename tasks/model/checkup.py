"""What the doctor finds: one check per link of the way of a request, and what they come to together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

OK, WARN, FAIL, SKIP = "ok", "warn", "fail", "skip"

LINKS = {
    "client": "is Claude Code installed?",
    "settings": "do its settings say what was deployed, and does nobody overrule them?",
    "credentials": "does it show exactly one credential?",
    "address": "does it ask the gateway, and nobody else?",
    "network": "does the network let it through: proxy, certificates?",
    "files": "is the gateway's folder as it was left?",
    "program": "is there a LiteLLM that may be run?",
    "port": "is the gateway's port free, or its own?",
    "process": "does the gateway run, with what was last deployed?",
    "readiness": "does it answer?",
    "key": "does it take its key, and no other?",
    "models": "does it serve what was deployed?",
    "names": "does it know every name that Claude Code asks for?",
    "providers": "does it have what its providers want to see?",
}
"""The links in the order in which a request meets them, each with its question."""


class Check(NamedTuple):
    """What was found at one link: a state, a line, where, how to mend it, and our own command that does (its words)."""

    link: str
    state: str
    says: str
    where: str = ""
    fix: str = ""
    verb: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is printed for a program."""
        return {**self._asdict(), "verb": list(self.verb)}


def broken(checks: Iterable[Check]) -> Check | None:
    """The first broken link."""
    return next((each for each in checks if each.state == FAIL), None)


def verbs(checks: Iterable[Check]) -> list[tuple[str, ...]]:
    """Our own commands that mend something, in the order of the links, each once; what failed comes first."""
    odd = sorted((each for each in checks if each.state in (FAIL, WARN)), key=lambda each: each.state != FAIL)
    return list(dict.fromkeys(each.verb for each in odd if each.verb))
