"""CHANGELOG.md, in the form of Keep a Changelog: what it says of some versions.

## [0.2.0] - 2026-12-01
### Added
- …
"""

from __future__ import annotations

import re
from typing import NamedTuple

HEADING = re.compile(r"(?m)^## \[?(?P<version>\d[^\]\s]*)\]?(?P<more>.*)$")
NUMBERS = re.compile(r"\d+(?:\.\d+)*")


class Section(NamedTuple):
    """What changed with one version, and when it was released; *text*: without the heading."""

    version: str
    day: str
    text: str


def parse(text: str) -> list[Section]:
    """The versions in *text*, in its order; what is not released has no section."""
    headings = list(HEADING.finditer(text))
    ends = [
        heading.start()  # of the next one
        for heading in headings[1:]
    ]
    if headings:
        ends.append(len(text))
    sections = []
    for heading, end in zip(
        headings,
        ends,
        strict=False,
    ):
        version = heading["version"]
        section = Section(
            version,
            heading["more"].strip(" ]-"),
            text[heading.end() : end].strip(),
        )
        sections.append(section)
    return sections


def select(
    text: str,
    after: str,
    until: str,
) -> list[Section]:
    """What *text* says of the versions later than *after*, up to *until*."""
    first = order(after)
    last = order(until)
    return [
        section  # newest first, as it is written
        for section in parse(text)
        if first < order(section.version) <= last
    ]


def has(text: str, version: str) -> bool:
    """Whether *text* says what changed with *version*."""
    sections = parse(text)
    versions = [
        section.version  # as it is written
        for section in sections
    ]
    return version in versions


def order(version: str) -> tuple[tuple[int, ...], bool]:
    """By what versions are compared: 0.9.0 < 0.10.0rc1 < 0.10.0."""
    found = NUMBERS.match(version)
    if found is None:
        return (), False
    parts = found[0].split(".")
    numbers = [*map(int, parts)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    is_final = found[0] == version
    return tuple(numbers), is_final
