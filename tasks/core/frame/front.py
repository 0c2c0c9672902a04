"""The outermost frame: a command from its words to its exit code.

`python3 dodo.py`, the `doit` of our environment and our own child processes all start here. What a
signal, a bug or the system ends, ends here: with a sentence, and with the exit code of exits.EXITS.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from tasks.core.disk import signals
from tasks.core.frame import ending, exits, lean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.frame.commands import Front


def main(argv: Sequence[str]) -> int:
    """Run the command that *argv* names: its exit code."""
    signals.take()
    # `doit list | head -1` ends quietly; the reporter takes over before anything is changed.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    front = None
    try:
        front = make_front()
        code = front.run(argv)
        signals.ignore()
    except BaseException as error:  # noqa: BLE001 - nothing is outside of this
        signals.ignore()
        code = ending.report(error)
    if front is not None:
        code = front.settle(code)
    if code in exits.SIGNALLED:
        leave(code)
    return code


def leave(code: int) -> NoReturn:
    """End the process at once.

    Python would wait for a program that a step has started and still reads from.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def make_front() -> Front:
    """Import doit, and start it as this project does; most of a start is this import."""
    lean.import_doit()
    from tasks.core.frame import commands

    return commands.Front()
