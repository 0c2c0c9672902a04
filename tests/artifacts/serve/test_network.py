"""Where it listens: this machine can always ask, and others only where it is asked for."""

import socket

import pytest

from serve import network


@pytest.mark.parametrize(
    ("host", "listens", "open_to_others"),
    [
        ("127.0.0.1", ["127.0.0.1"], False),
        ("::1", ["127.0.0.1", "::1"], False),
        ("192.0.2.7", ["127.0.0.1", "192.0.2.7"], True),
        ("0.0.0.0", ["0.0.0.0"], True),
        ("::", ["::"], True),
    ],
)
def test_this_machine_can_always_ask(host, listens, open_to_others):
    assert network.addresses(host) == listens
    assert network.is_exposed(host) == open_to_others


@pytest.mark.parametrize(("text", "usual"), [("127.0.0.1", "127.0.0.1"), ("0:0::1", "::1")])
def test_an_address_is_written_in_its_usual_form(text, usual):
    assert network.address(text) == usual


def test_a_name_is_no_address():
    with pytest.raises(ValueError, match="localhost"):
        network.address("localhost")


def test_a_port_that_is_given_up_in_time_is_taken():
    with network.listen("127.0.0.1", 0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_a_port_that_stays_taken_is_named(monkeypatch):
    monkeypatch.setattr(network, "PORT_PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"127.0.0.1:{port} cannot be listened on: Address already in use"):
            network.listen("127.0.0.1", port)
