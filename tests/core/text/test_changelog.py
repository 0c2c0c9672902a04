"""CHANGELOG.md is read by versions, and versions are compared as numbers."""

import pytest

from tasks.core.model.layout import PROJECT
from tasks.core.text import changelog

TEXT = """\
# Changelog

## [Unreleased]

- Later.

## [0.10.0] - 2026-12-03

### Added

- Ten.

## [0.9.1] - 2026-12-02
- Nine.
## 0.9.0
- Older.
"""


def test_each_released_version_is_a_section_with_its_day_and_text():
    sections = changelog.parse(TEXT)
    assert [section.version for section in sections] == ["0.10.0", "0.9.1", "0.9.0"]
    assert sections[0].day == "2026-12-03"
    assert sections[0].text == "### Added\n\n- Ten."
    assert sections[1].text == "- Nine."


@pytest.mark.parametrize(
    ("after", "until", "versions"),
    [
        ("0.9.0", "0.10.0", ["0.10.0", "0.9.1"]),
        ("0.9.1", "0.10.0", ["0.10.0"]),
        ("0.9.0", "0.9.1", ["0.9.1"]),
        ("0.10.0", "0.10.0", []),
        ("0.10.0", "0.9.0", []),
        ("", "99", ["0.10.0", "0.9.1", "0.9.0"]),
        ("of a fork", "0.9.0", ["0.9.0"]),
    ],
)
def test_what_is_between_two_versions_is_selected(after, until, versions):
    assert [section.version for section in changelog.select(TEXT, after, until)] == versions


def test_versions_are_ordered_as_they_are_released():
    ordered = ["", "0.9", "0.9.1", "0.10.0rc1", "0.10.0", "1.0.0.dev3", "1"]
    mixed = [*ordered[3:], *ordered[:3]]
    assert sorted(mixed, key=changelog.order) == ordered
    assert changelog.order("1.0") == changelog.order("1")


def test_the_changelog_of_this_project_can_be_read():
    sections = changelog.parse((PROJECT / "CHANGELOG.md").read_text())
    assert sections
    assert all(section.text for section in sections)
