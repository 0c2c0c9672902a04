"""Whether the command that started the gateway is still there."""

import os

import pytest

from serve.leash import Leash


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        try:
            os.close(descriptor)
        except OSError:
            continue


def test_without_one_it_is_never_cut():
    assert not Leash(None).is_cut()


def test_it_is_cut_when_the_command_dies(pipe):
    reading, writing = pipe
    leash = Leash(reading)
    assert not leash.is_cut()
    os.close(writing)
    assert leash.is_cut()
    assert not leash.is_cut()


def test_a_byte_lets_the_gateway_go_for_good(pipe):
    reading, writing = pipe
    leash = Leash(reading)
    os.write(writing, b".")
    os.close(writing)
    assert not leash.is_cut()
    assert not leash.is_cut()


def test_what_is_no_open_file_is_refused(pipe):
    reading, _ = pipe
    os.close(reading)
    with pytest.raises(OSError, match="Bad file descriptor"):
        Leash(reading)
