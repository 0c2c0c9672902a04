from __future__ import annotations

import os

from tests.crash.injector import system_calls
from tests.crash.injector.system_calls import NUMBERS, SHAPES, Shape, shape_of


def test_where_arguments_are():
    assert shape_of("write") == Shape((), 0, 2)
    assert shape_of("renameat2") == Shape(((0, 1), (2, 3)), None, None)
    assert shape_of("symlink") == Shape(((None, 1),), None, None)


def test_each_call_has_one_number_and_a_shape():
    assert NUMBERS["x86_64"].keys() == SHAPES.keys()
    assert NUMBERS["aarch64"].keys() < SHAPES.keys()
    for numbers in NUMBERS.values():
        assert len(set(numbers.values())) == len(numbers)
    assert set(system_calls.NEEDS_SPACE) < SHAPES.keys()


def test_reading_changes_nothing():
    assert not (os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY) & system_calls.CHANGES
