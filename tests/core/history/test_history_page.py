"""The rows of history and backups."""

from __future__ import annotations

import time

import pytest

from tasks.core.history import history_page
from tasks.core.model.release import Revision
from tests.core.places import manifest_of


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0, "0 min ago"), (300, "5 min ago"), (7200, "2 h ago"), (86400 * 3, "3 days ago"), (-500, "0 min ago")],
)
def test_an_age_is_told_roughly(seconds, says):
    then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - seconds))
    assert history_page.format_age(then) == says


def test_an_age_that_nobody_knows_is_a_question_mark():
    assert history_page.format_age("yesterday") == "?"


def test_the_line_of_a_revision_says_which_one_is_current():
    made = Revision(
        "deploy", manifest_of({}, 7)._replace(timestamp="2026-01-01T00:00:00Z", deployed_by="me", models=("a",)), {}, ()
    )
    cells = history_page.format_revision(made, current=7)
    assert " ".join(cells).split() == ["*", "7", "2026-01-01T00:00:00Z", "me", "deploy", "a"]
    assert not history_page.format_revision(made, current=8)[0].startswith("*")
