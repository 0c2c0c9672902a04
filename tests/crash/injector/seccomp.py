"""A seccomp filter with which a process stops for its tracer at the calls that change files, and at no other."""

from __future__ import annotations

import ctypes
import os
import struct

from tests.crash.injector.system_calls import CHANGES, FLAGS, NUMBERS

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
"""Instructions of the kernel's packet filter: a word of the call's data; jumps; the verdict."""

ALLOW, TRACE = 0x7FFF0000, 0x7FF00000
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
"""Where `struct seccomp_data` has them; an argument has 8 bytes."""

SET_NO_NEW_PRIVILEGES, SET_SECCOMP, MODE_FILTER = 38, 22, 2


def program(machine: str) -> bytes:
    """The filter for *machine*, as the kernel takes it."""
    numbers = NUMBERS[machine]
    plain = [number for name, number in numbers.items() if name not in FLAGS]
    opening = [(numbers[name], position) for name, position in FLAGS.items() if name in numbers]
    allow = 3 + len(plain) + 3 * len(opening)
    trace = allow + 1
    code: list[bytes] = []

    def add(operation: int, value: int, so: int | None = None, otherwise: int | None = None) -> None:
        """One instruction; *so* and *otherwise* are where it jumps, by default to the next one."""
        here = len(code) + 1
        jumps = [0 if target is None else target - here for target in (so, otherwise)]
        code.append(struct.pack("=HBBI", operation, *jumps, value))

    add(LOAD, ARCHITECTURE)
    add(EQUAL, ARCHITECTURES[machine], otherwise=allow)
    add(LOAD, NUMBER)
    for number in plain:
        add(EQUAL, number, so=trace)
    for number, position in opening:
        add(EQUAL, number, otherwise=len(code) + 3)
        add(LOAD, ARGUMENTS + 8 * position)
        add(ANY_BIT, CHANGES, so=trace, otherwise=allow)
    add(RETURN, ALLOW)
    add(RETURN, TRACE)
    return b"".join(code)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def install() -> None:
    """Have this process, and all that it starts, stop at these calls from now on; OSError where that is forbidden."""
    code = program(os.uname().machine)
    filter_ = _Program(len(code) // 8, code)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    for words in ((SET_NO_NEW_PRIVILEGES, 1, 0), (SET_SECCOMP, MODE_FILTER, ctypes.addressof(filter_))):
        if prctl(*words, 0, 0):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
