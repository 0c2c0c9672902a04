"""What is left behind of a start goes, and what belongs to one that runs stays."""

import os
import signal
import time

import pytest

from tasks.core.disk import process_identity
from tasks.core.service import traces
from tests.core.places import layout_in


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path)


def make_lock(layout, *, text=None, age=0.0):
    """The lock of a start: with *text* in it, made *age* seconds ago."""
    lock = layout.gateway / ".start-lock"
    lock.mkdir()
    if text is not None:
        (lock / "pid").write_text(text)
    then = time.time() - age
    os.utime(lock, (then, then))
    return lock


OWN = process_identity.observe(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(
    ("text", "age", "stays"),
    [
        (f"{OWN.pid} {OWN.started}\n", 3600, True),
        (f"{OWN.pid} 1\n", 0, False),
        (None, 0, True),
        (None, 3600, False),
        ("\xff", 3600, False),
    ],
    ids=["runs", "has ended", "just made", "died when it was made", "is damaged"],
)
def test_the_lock_of_a_start_is_removed_once_that_has_ended(layout, text, age, stays):
    lock = make_lock(layout, text=text, age=age)
    traces.clear_start(layout)
    assert lock.exists() == stays


def test_where_there_is_none_nothing_happens(layout):
    traces.clear_start(layout)
    assert not [*layout.gateway.iterdir()]


def test_a_trial_is_abandoned_once_its_command_has_ended(layout):
    own = layout.gateway / f"{traces.name_trial()}x"
    assert not traces.is_abandoned(own)
    assert traces.is_abandoned(own.with_name(own.name.replace(str(os.getpid()), str(2**22 + 1))))
    assert not traces.is_abandoned(own.with_name(".trial-x"))
