"""What the default run leaves out is said at the tests, by markers that exist."""

from __future__ import annotations

import re

from tests.conftest import PROJECT

OURS = {"slow", "real", "sample", "nightly"}
BUILT_IN = {"parametrize", "skipif", "timeout"}


def test_every_marker_is_declared_and_used(pytestconfig):
    declared = {re.match(r"\w+", line)[0] for line in pytestconfig.getini("markers")}
    sources = [path.read_text() for path in (PROJECT / "tests").rglob("*.py")]
    used = {name for source in sources for name in re.findall(r"pytest\.mark\.(\w+)", source)}
    assert declared >= OURS
    assert used == OURS | BUILT_IN


def test_no_test_is_left_out_by_its_name():
    conftest = (PROJECT / "tests" / "conftest.py").read_text()
    assert not re.findall(r"[\"'/:]test_\w+", conftest)
