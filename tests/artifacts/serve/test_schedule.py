"""The next worker starts at once when it is asked for, and later and later when they fail."""

import pytest

from serve import schedule
from serve.schedule import Schedule


@pytest.fixture
def clock(monkeypatch):
    """The time, which only the test moves."""
    now = [1000.0]
    monkeypatch.setattr(schedule.time, "monotonic", lambda: now[0])
    return now


def waits(planned, clock):
    """The seconds until one is due."""
    return planned.not_before - clock[0]


def test_the_first_is_due_until_it_is_started():
    planned = Schedule()
    assert planned.is_due()
    planned.take()
    assert not planned.is_due()


def test_failures_are_followed_by_longer_and_longer_waits_and_then_by_none(clock):
    planned = Schedule()
    seen = []
    while not planned.is_exhausted():
        planned.take()
        planned.retry(at_once=False)
        seen.append(waits(planned, clock))
        assert not planned.is_due()
    assert seen == [2, 4, 8, 16, 32, 64]
    clock[0] += 64
    assert planned.is_due()


def test_what_served_last_is_tried_at_once(clock):
    planned = Schedule()
    planned.take()
    planned.retry(at_once=True)
    assert planned.is_due()
    assert planned.failures == 1


def test_one_that_dies_is_replaced_at_once_then_after_a_while_but_never_a_long_one(clock):
    planned = Schedule()
    seen = []
    for _ in range(7):
        planned.take()
        planned.replace(5, is_coming=False)
        seen.append(waits(planned, clock))
    assert seen == [0, 2, 6, 14, 30, 60, 60]


def test_one_that_served_for_long_died_by_accident(clock):
    planned = Schedule()
    planned.failures = 4
    planned.take()
    planned.replace(121, is_coming=False)
    assert planned.is_due()
    assert planned.failures == 0


def test_where_a_successor_is_coming_no_other_one_is_started(clock):
    planned = Schedule()
    planned.take()
    planned.replace(5, is_coming=True)
    assert not planned.is_due()


def test_whoever_asks_does_not_wait(clock):
    planned = Schedule()
    planned.take()
    planned.retry(at_once=False)
    planned.ask()
    assert planned.is_due()
