"""What is found in a LiteLLM configuration, and what would mend it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

Place: TypeAlias = tuple[str | int, ...]

Severity: TypeAlias = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Mend(NamedTuple):
    """One change that mends a finding: `set` a value, `move` it to another place, or `remove` it.

    *variable* is the one that must then hold what stood there.
    """

    kind: Literal["set", "move", "remove"]
    place: Place
    to: Place = ()
    value: Any = None
    variable: str | None = None


class Problem(NamedTuple):
    """What a rule sees: where, and what is wrong there, without any secret; the rest is the rule's unless given."""

    rule: str
    place: Place
    text: str
    why: str = ""
    fix: str = ""
    severity: Severity | None = None
    mends: tuple[Mend, ...] = ()
    line: int = 0


class Finding(NamedTuple):
    """A problem in a file, complete."""

    file: str
    line: int
    severity: Severity
    rule: str
    path: str
    problem: str
    why: str
    fix: str
    mends: tuple[Mend, ...] = ()
