"""A server that leaves breaks no answer off; the second SIGTERM does. Every answer names its revision."""

import asyncio
import signal
from types import SimpleNamespace

import pytest
import uvicorn

from serve import server as servers
from serve.server import Connection, Server


@pytest.fixture
def server(monkeypatch, tmp_path):
    """One that has told nothing yet, and serves nothing."""
    monkeypatch.setattr(Connection, "stopping", False)
    path = tmp_path / "litellm_config.yaml"
    path.write_text("model_list: []\n")
    monkeypatch.setenv("CONFIG_FILE_PATH", str(path))

    async def nothing(*_):
        pass

    monkeypatch.setattr(uvicorn.Server, "startup", nothing)
    monkeypatch.setattr(uvicorn.Server, "shutdown", nothing)
    told = []
    made = Server(uvicorn.Config("app:app"), told.append)
    made.config.encoded_headers = []
    made.servers = []
    made.told = told
    return made


def test_it_tells_the_revision_once_it_accepts_and_nothing_when_it_leaves(server):
    asyncio.run(server.startup())
    (revision,) = server.told
    assert server.config.encoded_headers == [(b"x-gateway-revision", revision.encode())]
    asyncio.run(server.shutdown())
    assert server.told == [revision, ""]
    assert (b"connection", b"close") in server.server_state.default_headers


def test_a_supervisor_that_is_gone_does_not_keep_it_from_leaving(server):
    def gone(_):
        raise BrokenPipeError

    server.tell = gone
    asyncio.run(server.shutdown())


def test_sigint_retires_it_and_sigterm_ends_it_the_second_one_at_once(server):
    server.loop = SimpleNamespace(call_soon_threadsafe=lambda call: call())
    hung_up = []
    open_one = SimpleNamespace(shutdown=lambda: hung_up.append(1))
    server.server_state.connections = [open_one]
    server.handle_exit(signal.SIGINT, None)
    assert (server.should_exit, Connection.stopping, hung_up) == (True, False, [])
    server.should_exit = False
    server.handle_exit(signal.SIGTERM, None)
    assert (server.should_exit, Connection.stopping, hung_up) == (True, True, [])
    server.handle_exit(signal.SIGTERM, None)
    assert hung_up == [1]


@pytest.fixture
def connection(monkeypatch):
    monkeypatch.setattr(Connection, "stopping", False)
    closed = []
    monkeypatch.setattr(servers.H11Protocol, "shutdown", lambda _: closed.append(1))
    made = Connection.__new__(Connection)
    made.server_state = SimpleNamespace(default_headers=[(b"connection", b"close")])
    made.cycle = SimpleNamespace(default_headers=[])
    made.closed = closed
    return made


def test_a_connection_outlives_the_workers_retirement_and_its_answer_says_that_it_is_the_last(connection):
    connection.shutdown()
    assert connection.closed == []
    assert connection.cycle.default_headers == [(b"connection", b"close")]


def test_one_on_which_nothing_was_asked_stays_open_too(connection):
    connection.cycle = None
    connection.shutdown()
    assert connection.closed == []


def test_it_is_closed_when_the_worker_ends(connection):
    Connection.stopping = True
    connection.shutdown()
    assert connection.closed == [1]


def test_one_that_never_asks_anything_is_closed_like_an_idle_one(monkeypatch):
    monkeypatch.setattr(servers.H11Protocol, "connection_made", lambda *_: None)
    planned = []
    made = Connection.__new__(Connection)
    made.loop = SimpleNamespace(call_later=lambda *words: planned.append(words))
    made.timeout_keep_alive = 75
    made.connection_made(None)
    assert planned == [(75, made.timeout_keep_alive_handler)]
