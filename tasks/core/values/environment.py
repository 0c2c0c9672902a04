"""Where the value of each variable comes from: the environment, the .env files, the shell profiles, gcloud, a default.

The first place that holds a value wins; in each place the variable's own name comes before its aliases. A placeholder
(CHANGE-ME..., YOUR_..., nothing) counts as not set. Files are read when they are first needed, and once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from tasks.core.model.catalogue import Variable
from tasks.core.model.secret import Secret
from tasks.core.values import value_checks
from tasks.core.values.places import Places

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tasks.core.model.layout import Layout

Severity = Literal["error", "warning"]

PLACEHOLDERS = ("CHANGE-ME", "CHANGE_ME", "YOUR_")
"""What a value begins with that nobody has filled in yet."""


class Finding(NamedTuple):
    """What was found for one variable: its value, in words where it stood, and what to know about the search."""

    name: str
    value: str | Secret | None
    source: str
    via: str | None = None
    note: str = ""

    @property
    def plain(self) -> str | None:
        """The value itself, also of a secret: for the one place that must have it."""
        return self.value.reveal() if isinstance(self.value, Secret) else self.value

    @property
    def needs_key(self) -> bool:
        """Whether a key has to be generated, because there is none anywhere."""
        return self.source == "generated" and self.value is None


class Problem(NamedTuple):
    """Why a variable cannot stay as it is (to be read behind its name), and how to mend it; never a part of a value."""

    variable: str
    severity: Severity
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.variable}: {self.problem}\n  {self.remedy}"


def find(variables: Iterable[Variable], layout: Layout, environ: Mapping[str, str]) -> dict[str, Finding]:
    """What is known of each of *variables*, by name; a value that is nowhere is None, with source "nowhere"."""
    looked_for = list(variables)
    names = {name for variable in looked_for for name in (variable.name, *variable.aliases)}
    places = Places(layout, environ, names)
    return {variable.name: _finding(variable, places) for variable in looked_for}


def problems(
    findings: Mapping[str, Finding], variables_by_name: Mapping[str, Variable], needed: Iterable[str]
) -> list[Problem]:
    """What is missing or cannot be right, without any part of a value; only what is *needed* can be an error."""
    required = list(dict.fromkeys(needed))
    listed: list[Problem] = []
    for name in dict.fromkeys([*required, *findings]):
        variable = variables_by_name.get(name) or Variable(name, "", "")
        listed += _problems_of(variable, findings.get(name), needed=name in required)
    return [*listed, *_aws(findings, required)]


def generate_key() -> Secret:
    """A new master key: sk- and 32 random bytes in hex."""
    import secrets

    return Secret("sk-" + secrets.token_hex(32))


def is_placeholder(value: str) -> bool:
    """Whether *value* only holds the place of one."""
    return not value.strip() or value.strip().startswith(PLACEHOLDERS)


def _finding(variable: Variable, places: Places) -> Finding:
    passed: list[str] = []
    for held in places.find(variable):
        value = held.value
        if value is not None and not is_placeholder(value):
            alias = None if held.name == variable.name else held.name
            return Finding(variable.name, _wrapped(variable, value), held.source, alias, "; ".join(passed))
        if value != "":  # an empty one says nothing worth telling
            why = held.doubt if value is None else "is a placeholder"
            passed.append(f"{held.name} in {held.source} {why}, ignored")
    to_make = variable.found_by == "generated-key" and not places.may_hold(variable)  # a key is never lost that way
    source = "generated" if to_make else "nowhere"
    return Finding(variable.name, None, source, note="; ".join([*passed, *places.skipped()]))


def _wrapped(variable: Variable, value: str) -> str | Secret:
    """*value*, hidden when it is a secret or an address with a password in it."""
    address = variable.kind == "url" or "://" in value
    return Secret(value) if variable.secret or (address and "@" in value) else value


def _problems_of(variable: Variable, finding: Finding | None, *, needed: bool) -> Iterator[Problem]:
    if finding is not None and finding.plain is not None:
        for fault in value_checks.faults(variable, finding.plain):
            found = f"the value from {finding.source}{f' (as {finding.via})' if finding.via else ''}"
            severity: Severity = "error" if fault.fatal and needed else "warning"
            yield Problem(variable.name, severity, f"{found} {fault.what}", fault.remedy)
            if fault.fatal:  # the next ones would only say it again
                return
    elif needed and not (finding and finding.needs_key):
        passed = f" ({finding.note})" if finding and finding.note else ""
        purpose = f". {variable.description.rstrip('.')}" if variable.description else ""
        yield Problem(variable.name, "error", f"missing{passed}{purpose}", _how(variable))


def _how(variable: Variable) -> str:
    return variable.how or f"Set {variable.name} in the environment or in the gateway's .env."


def _aws(findings: Mapping[str, Finding], needed: Collection[str]) -> Iterator[Problem]:
    """The half of an AWS key pair that is missing, and the token that a temporary one needs."""
    values = {name: finding.plain for name, finding in findings.items() if finding.plain}
    severity: Severity = "error" if any(name.startswith("AWS_") for name in needed) else "warning"
    pair = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    for name, other in (pair, pair[::-1]):
        if other in values and name not in values and name not in needed:
            yield Problem(name, severity, f"missing, though {other} is set", f"Set both, or unset {other}.")
    if values.get(pair[0], "").startswith("ASIA") and "AWS_SESSION_TOKEN" not in values:
        what = "missing, though AWS_ACCESS_KEY_ID is that of a temporary key"
        yield Problem("AWS_SESSION_TOKEN", severity, what, "Set all three of what AWS gave you.")
