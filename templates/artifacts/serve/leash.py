"""A gateway that is only tried ends with the command that started it."""

from __future__ import annotations

import os


class Leash:
    """The reading end of a pipe; the command that started this program holds the other one.

    A byte in it lets the gateway go. The end without one means that the command has died.
    """

    def __init__(self, descriptor: int | None) -> None:
        self.descriptor = descriptor
        if descriptor is not None:
            os.set_blocking(descriptor, False)
            # No worker is to have it.
            os.set_inheritable(descriptor, False)

    def is_cut(self) -> bool:
        """Whether that command has died without letting this gateway go."""
        if self.descriptor is None:
            return False
        try:
            data = os.read(self.descriptor, 1)
        except BlockingIOError:
            return False
        os.close(self.descriptor)
        self.descriptor = None
        return not data
