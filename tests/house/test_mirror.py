"""Tests are where one looks for them: tests/core/<room>/test_<module>.py, and tests/steps/test_<step>.py."""

from __future__ import annotations

from tests.house.source import PROJECT

CORE = PROJECT / "tests" / "core"
STEPS = PROJECT / "tests" / "steps"


def test_tests_of_core_name_a_module_or_a_folder_of_their_room():
    assert not list(CORE.glob("test_*.py"))
    for path in CORE.glob("*/test_*.py"):
        tested = PROJECT / "tasks" / "core" / path.parent.name / path.stem.removeprefix("test_")
        assert tested.is_dir() or tested.with_suffix(".py").is_file(), path


def test_tests_of_steps_name_a_step():
    names = {path.stem.removeprefix("test_") for path in STEPS.glob("test_*.py")}
    steps = {path.stem for path in (PROJECT / "tasks").glob("*.py")}
    assert names <= steps
