"""What a command starts ends with it, unless it is let go."""

import os

import pytest

from tasks.core.service.leash import Leash


def read_to_end(descriptor):
    data = os.read(descriptor, 10)
    return data, os.read(descriptor, 10)


def test_it_ends_without_a_word_when_it_is_cut():
    leash = Leash()
    kept = os.dup(leash.reading)
    leash.cut()
    assert os.read(kept, 10) == b""
    os.close(kept)


def test_a_word_comes_before_the_end_when_it_is_released():
    with Leash() as leash:
        kept = os.dup(leash.reading)
        leash.release()
        leash.release()
    assert read_to_end(kept) == (b".", b"")
    os.close(kept)


def test_only_the_reading_end_may_be_handed_on():
    with Leash() as leash:
        assert not os.get_inheritable(leash.reading)  # only to whom it is given
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(leash.reading, b".")
