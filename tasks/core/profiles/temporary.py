"""Something private for one program to read: it is gone when that program is, however that ends."""

from __future__ import annotations

import os


def lent(data: bytes, name: str) -> str:
    """A path at which this process, whatever program it becomes, and its children can read *data*.

    On Linux the file is in memory only and has no name anywhere; elsewhere a small process waits to remove it.
    """
    return _in_memory(data, name) if hasattr(os, "memfd_create") else _watched(data, name)


def _in_memory(data: bytes, name: str) -> str:
    descriptor = os.memfd_create(name, 0)  # 0: it stays open in the program that this process becomes
    os.fchmod(descriptor, 0o600)
    _fill(descriptor, data)
    return f"/proc/{os.getpid()}/fd/{descriptor}"  # not /dev/fd: a child of the program may look, too


def _watched(data: bytes, name: str) -> str:
    """A file that goes when the last of this process and its children has closed a pipe, which killing does too."""
    import tempfile

    descriptor, path = tempfile.mkstemp(prefix=f"{name}-")  # 0600
    _fill(descriptor, data)
    os.close(descriptor)
    waiting, held = os.pipe()
    os.set_inheritable(held, True)
    if os.fork() == 0:
        try:
            os.setsid()  # Ctrl-C in the terminal is not meant for it
            os.close(held)
            os.read(waiting, 1)
            os.unlink(path)  # noqa: PTH108 - nothing else is needed here
        finally:
            os._exit(0)
    os.close(waiting)
    return path


def _fill(descriptor: int, data: bytes) -> None:
    with open(descriptor, "wb", closefd=False) as file:
        file.write(data)
