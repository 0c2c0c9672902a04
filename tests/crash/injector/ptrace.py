"""The kernel's interface to follow a process: stop it, read and change what it is about to ask for."""

from __future__ import annotations

import ctypes
import os
import struct

CONTINUE, NEXT_STOP, SEIZE, GET_REGISTERS, SET_REGISTERS, LISTEN = 7, 24, 0x4206, 0x4204, 0x4205, 0x4208
GENERAL, ARM_SYSTEM_CALL = 1, 0x404
"""Sets of registers."""

FOLLOW = 0x1 | 0x2 | 0x4 | 0x8 | 0x80 | 0x100000
"""Mark stops at calls; follow forks, vforks and clones; stop where the filter says so; who is followed dies with us."""

FORKED, FILTERED, STOPPED = (1, 2, 3), 7, 128
"""Events in a status of waitpid."""

ALL_CHILDREN = 0x40000000
"""For waitpid: threads as well."""

_ptrace = ctypes.CDLL(None, use_errno=True).ptrace
_ptrace.restype = ctypes.c_long
_ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def seize(process: int) -> None:
    """Follow *process* and all that it starts."""
    _request(SEIZE, process, 0, FOLLOW)


def go_on(process: int, signal: int = 0) -> None:
    """Let *process* run until something happens; *signal* reaches it."""
    _request(CONTINUE, process, 0, signal)


def go_on_to_return(process: int) -> None:
    """Let *process* run until its call returns."""
    _request(NEXT_STOP, process, 0, 0)


def stay_stopped(process: int) -> None:
    """Leave *process* as a SIGSTOP left it."""
    _request(LISTEN, process, 0, 0)


class Registers:
    """What a process that is stopped at a call asks for: the number of the call, its arguments, its result."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._is_arm = os.uname().machine == "aarch64"
        self._words = self._read()

    @property
    def number(self) -> int:
        """The number of the call."""
        return int(self._words[8 if self._is_arm else 15])

    def argument(self, position: int) -> int:
        """An argument, unsigned."""
        return int(self._words[self._place(position)])

    def set_argument(self, position: int, value: int) -> None:
        """Change an argument, and nothing else."""
        self._words = self._read()
        self._words[self._place(position)] = value
        self._write()

    @property
    def result(self) -> int:
        """What the call returned; below zero for an error."""
        word = self._words[0 if self._is_arm else 10]
        return int(word - (1 << 64) if word >> 63 else word)

    def refuse(self, error: int) -> None:
        """Have the call not take place, and return *error*."""
        self._words[0 if self._is_arm else 10] = (1 << 64) - error
        if self._is_arm:
            _write(self._process, ARM_SYSTEM_CALL, struct.pack("=i", -1))
        else:
            self._words[15] = (1 << 64) - 1
        self._write()

    def _read(self) -> list[int]:
        return list(struct.unpack("=34Q" if self._is_arm else "=27Q", _read(self._process, GENERAL)))

    def _write(self) -> None:
        _write(self._process, GENERAL, struct.pack(f"={len(self._words)}Q", *self._words))

    def _place(self, position: int) -> int:
        # rdi, rsi, rdx, r10, r8, r9 in `struct user_regs_struct`
        return position if self._is_arm else (14, 13, 12, 7, 9, 8)[position]


def read_text(process: int, address: int) -> str:
    """The text at *address*, up to its NUL."""
    found = b""
    with open(f"/proc/{process}/mem", "rb", buffering=0) as memory:
        while b"\0" not in found:
            start = address + len(found)
            found += os.pread(memory.fileno(), 4096 - start % 4096, start)
    return os.fsdecode(found.partition(b"\0")[0])


def _request(request: int, process: int, address: int, data: int | ctypes.c_void_p) -> None:
    if _ptrace(request, process, address, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _read(process: int, registers: int) -> bytes:
    buffer = ctypes.create_string_buffer(512)
    vector = _Vector(ctypes.addressof(buffer), len(buffer))
    _request(GET_REGISTERS, process, registers, ctypes.cast(ctypes.byref(vector), ctypes.c_void_p))
    return buffer.raw[: vector.length]


def _write(process: int, registers: int, data: bytes) -> None:
    buffer = ctypes.create_string_buffer(data, len(data))
    vector = _Vector(ctypes.addressof(buffer), len(data))
    _request(SET_REGISTERS, process, registers, ctypes.cast(ctypes.byref(vector), ctypes.c_void_p))
