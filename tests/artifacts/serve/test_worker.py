"""What a worker tells its supervisor through the pipe, and what it is started with."""

from multiprocessing import Pipe
from types import SimpleNamespace

import pytest

from serve import worker as workers
from serve.worker import Worker, worker_config


@pytest.fixture
def worker():
    """One whose other end of the pipe is in our hands."""
    made = Worker.__new__(Worker)
    made.parent_conn, made.child_conn = Pipe()
    made.process = SimpleNamespace(is_alive=lambda: True, pid=None)
    return made


def test_it_accepts_from_the_moment_when_it_is_ready_until_it_leaves(worker):
    assert not worker.is_accepting()
    worker.child_conn.send("abc")
    assert worker.is_accepting()
    assert worker.revision == "abc"
    worker.child_conn.send("")
    assert not worker.is_accepting()
    assert worker.revision == "abc"


def test_one_that_came_and_left_between_two_looks_does_not_accept(worker):
    worker.child_conn.send("abc")
    worker.child_conn.send("")
    assert not worker.is_accepting()


def test_one_that_has_died_accepts_nothing_and_gets_no_signal(worker, monkeypatch):
    worker.child_conn.send("abc")
    worker.child_conn.close()
    worker.process = SimpleNamespace(is_alive=lambda: False, pid=1)
    monkeypatch.setattr(workers.os, "kill", lambda *_: pytest.fail("a signal was sent"))
    assert not worker.is_accepting()
    worker.send(15)


def test_a_signal_goes_to_its_process(worker, monkeypatch):
    sent = []
    monkeypatch.setattr(workers.os, "kill", lambda *words: sent.append(words))
    worker.process.pid = 7
    worker.send(15)
    assert sent == [(7, 15)]


@pytest.mark.parametrize("started", [False, True])
def test_it_ends_with_its_supervisor(worker, monkeypatch, started):
    ended = []
    monkeypatch.setattr(workers.os, "_exit", ended.append)
    monkeypatch.setattr(workers.os, "kill", lambda _, sig: ended.append(sig))
    worker.__dict__["server"] = SimpleNamespace(started=started)
    worker.parent_conn.close()
    worker.always_pong()
    assert ended[0] == (15 if started else 0)


def test_clients_close_idle_connections_first_and_answers_may_finish():
    config = worker_config(complete=True, guarded=True, drain=7)
    assert config.timeout_graceful_shutdown == 7
    assert config.timeout_keep_alive > 60
    assert config.factory
    assert config.app.args == (True, True)
