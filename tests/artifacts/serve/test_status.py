"""gateway.status.json says how the last attempt went, and is written only when that changes."""

import json
import stat

import pytest

from serve.status import Status


@pytest.fixture
def status(tmp_path):
    return Status(tmp_path / "gateway.status.json")


def read(status):
    return json.loads(status.path.read_bytes())


def test_it_says_what_happens_in_the_order_that_readers_know(status):
    status.begin(is_fallback=False)
    status.write({"supervisor": 1, "worker": None})
    assert list(read(status)) == ["attempt", "state", "reason", "supervisor", "worker", "error"]
    assert (read(status)["attempt"], read(status)["state"]) == (1, "starting")
    assert stat.S_IMODE(status.path.stat().st_mode) == 0o600


def test_a_failure_stays_until_the_next_attempt_but_not_for_one_that_fills_in(status):
    status.begin(is_fallback=False)
    status.fail("it ended", ["line"])
    status.begin(is_fallback=True)
    assert (status.attempt, status.state, status.reason, status.error) == (2, "failed", "it ended", ["line"])
    status.begin(is_fallback=False)
    assert (status.attempt, status.state, status.reason, status.error) == (3, "starting", "", [])


def test_what_has_not_changed_is_not_written(status):
    status.write({"worker": 1})
    status.path.write_text("as it was left")
    status.write({"worker": 1})
    assert status.path.read_text() == "as it was left"
    status.write({"worker": 2})
    assert read(status)["worker"] == 2


def test_what_cannot_be_written_is_written_later(status):
    place = status.path
    status.path = place.parent / "gone" / place.name
    status.write({"worker": 1})
    status.path = place
    status.write({"worker": 1})
    assert read(status)["worker"] == 1


def test_it_goes_with_the_gateway_once_or_twice(status):
    status.write({})
    status.remove()
    status.remove()
    assert not status.path.exists()


def test_it_comes_back_when_a_former_gateway_removes_it_and_that_of_another_one_stays(tmp_path):
    path = tmp_path / "status"
    status = Status(path)
    status.write({"worker": 1})
    path.unlink()
    status.write({"worker": 1})
    assert path.exists()
    path.write_text("another one's\n")
    status.remove()
    assert path.exists()
