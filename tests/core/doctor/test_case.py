"""What the checks of the doctor come to together."""

from __future__ import annotations

from tasks.core.doctor.case import FAIL, OK, SKIP, WARN, Check, broken, verbs

CHECKS = [
    Check("settings", WARN, "changed", verb=("deploy",)),
    Check("port", OK, "free", verb=("litellm",)),
    Check("process", FAIL, "does not run", verb=("start",)),
    Check("models", FAIL, "none", verb=("start",)),
    Check("names", SKIP, "not asked", verb=("restart",)),
]


def test_the_first_that_failed_is_the_broken_link():
    found = broken(CHECKS)
    assert found is not None
    assert found.link == "process"
    assert broken(CHECKS[:2]) is None


def test_commands_are_offered_once_and_for_what_failed_first():
    assert verbs(CHECKS) == [("start",), ("deploy",)]
