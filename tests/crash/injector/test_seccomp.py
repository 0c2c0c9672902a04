from __future__ import annotations

import struct

import pytest

from tests.crash.injector import seccomp
from tests.crash.injector.system_calls import NUMBERS


def verdict(machine: str, number: int, *arguments: int) -> int:
    """What the filter says of a call, by an interpreter of its own."""
    data = struct.pack("=IIQ6Q", number, seccomp.ARCHITECTURES[machine], 0, *(*arguments, *[0] * 6)[:6])
    code, here, word = list(struct.iter_unpack("=HBBI", seccomp.program(machine))), 0, 0
    while True:
        operation, so, otherwise, value = code[here]
        here += 1
        if operation == seccomp.RETURN:
            return int(value)
        if operation == seccomp.LOAD:
            (word,) = struct.unpack_from("=I", data, value)
            continue
        is_so = word == value if operation == seccomp.EQUAL else word & value
        here += so if is_so else otherwise


@pytest.mark.parametrize("machine", NUMBERS)
def test_what_changes_files_stops(machine):
    numbers = NUMBERS[machine]
    for name, number in numbers.items():
        if name not in seccomp.FLAGS:
            assert verdict(machine, number) == seccomp.TRACE
    assert verdict(machine, numbers["openat"], 0, 0, 0o101) == seccomp.TRACE
    assert verdict(machine, numbers["openat"], 0, 0, 0o2000000) == seccomp.ALLOW
    others = set(range(500)) - set(numbers.values())
    assert {verdict(machine, number) for number in others} == {seccomp.ALLOW}


def test_calls_of_another_architecture_pass(monkeypatch):
    code = seccomp.program("x86_64")
    monkeypatch.setitem(seccomp.ARCHITECTURES, "x86_64", 1)
    monkeypatch.setattr(seccomp, "program", lambda _: code)
    assert verdict("x86_64", NUMBERS["x86_64"]["write"]) == seccomp.ALLOW
