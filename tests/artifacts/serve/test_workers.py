"""Who serves, who is coming, who is leaving, and who ends when."""

import signal
import time

import pytest

from serve.workers import Workers
from tests.artifacts.serve.fakes import FakeWorker, source


@pytest.fixture
def workers():
    made = Workers()
    made.serving = FakeWorker(1, "aaa", accepts=True)
    made.coming = FakeWorker(2, "bbb", accepts=True)
    return made


def test_the_new_one_takes_over_and_the_former_one_is_asked_to_leave(workers):
    former, coming = workers.serving, workers.coming
    workers.promote(coming, drain=5)
    assert (workers.serving, workers.coming, workers.leaving) == (coming, None, [former])
    assert former.sent == [signal.SIGINT]
    assert former.leaves_by == pytest.approx(time.monotonic() + 35, abs=5)
    assert coming.sent == []


def test_the_first_one_has_nobody_to_replace():
    workers, first = Workers(), FakeWorker(1, "aaa")
    workers.promote(first, drain=5)
    assert (workers.serving, workers.leaving) == (first, [])


def test_it_is_settled_when_no_other_one_takes_connections(workers):
    assert not workers.is_settled()
    former = workers.serving
    workers.promote(workers.coming, drain=5)
    assert not workers.is_settled()
    former.accepts = False
    assert workers.is_settled()
    workers.serving = None
    assert not workers.is_settled()


def test_those_that_have_left_are_forgotten_and_late_ones_killed(workers):
    gone, late, patient = FakeWorker(3, runs=False), FakeWorker(4, leaves_by=0), FakeWorker(5)
    workers.leaving = [gone, late, patient]
    workers.see_off()
    assert workers.leaving == [late, patient]
    assert (late.sent, patient.sent) == ([signal.SIGKILL], [])


def test_who_has_served_may_finish_and_who_has_not_ends_at_once(workers):
    workers.coming.revision = ""
    workers.terminate()
    assert workers.serving.sent == [signal.SIGTERM]
    assert workers.coming.sent == [signal.SIGKILL]
    workers.kill()
    assert workers.serving.sent == [signal.SIGTERM, signal.SIGKILL]


def test_they_are_running_until_the_last_one_has_ended(workers):
    workers.serving.runs = False
    assert workers.are_running()
    workers.coming.runs = False
    assert not workers.are_running()
    assert not Workers().are_running()


def test_the_status_says_who_serves_and_what(workers):
    workers.serving.source = source()
    assert workers.facts() == {"worker": 1, "revision": "aaa", "environment": "digest"}
    assert Workers().facts() == {"worker": None, "revision": None, "environment": None}
