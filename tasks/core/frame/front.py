"""A command from its words to its exit code.

`python3 dodo.py`, the `doit` of our environment and our own child processes all start here.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.frame import lean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.frame import commands

INTERRUPTED = 130


def main(argv: Sequence[str]) -> int:
    """Run the command that *argv* names: its exit code."""
    # `doit list | head -1` ends quietly; the reporter takes over before anything is changed.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    lean.import_doit()
    from tasks.core.frame import commands

    front = commands.Front()
    code = run(front, argv)
    front.conclude(code)
    return code


def run(front: commands.Front, argv: Sequence[str]) -> int:
    """Have *front* run the command: its exit code."""
    try:
        code = front.run(argv)
    except KeyboardInterrupt:
        console.say("interrupted", "fail")
        return INTERRUPTED
    except SystemExit as error:
        return code_of(error)
    # doit's own 2 is for a step that could not run; ours say which kind of failure it was.
    return front.exit_code if front.exit_code > 1 else code


def code_of(error: SystemExit) -> int:
    """The exit code that Python would leave with."""
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    console.say(error.code, "fail")
    return 1
