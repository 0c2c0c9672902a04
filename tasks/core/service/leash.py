"""A gateway that may still be taken back ends with the command that started it."""

from __future__ import annotations

import contextlib
import os
from typing import Self

VARIABLE = "GATEWAY_LEASH"
"""Names the open file for the start script."""


class Leash:
    """A pipe: serve.py has the reading end, and ends when the other one is closed without a word.

    So it does not outlive this command, unless release() lets it go. A context manager.
    """

    def __init__(self) -> None:
        self.reading, self._writing = os.pipe()
        self._is_open = True

    def release(self) -> None:
        """Let the gateway go on without us; one that has ended meanwhile is no error."""
        if self._is_open:
            with contextlib.suppress(OSError):
                os.write(self._writing, b".")
            self.cut()

    def cut(self) -> None:
        """Have it end within a second; nothing when it was let go."""
        if self._is_open:
            self._is_open = False
            os.close(self.reading)
            os.close(self._writing)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
