"""Tests are where one looks for them: tests/core/<room>/test_<module>.py tests tasks/core/<room>/<module>.py."""

from __future__ import annotations

from tests.house.source import PROJECT


def test_each_file_of_tests_names_a_module_or_a_folder_that_exists():
    modules = PROJECT / "tasks" / "core"
    for path in sorted((PROJECT / "tests" / "core").glob("*/test_*.py")):
        module = modules / path.parent.name / path.stem.removeprefix("test_")
        assert module.is_dir() or module.with_suffix(".py").is_file(), path.relative_to(PROJECT)


def test_all_tests_of_core_are_in_rooms():
    assert not list((PROJECT / "tests" / "core").glob("test_*.py"))
