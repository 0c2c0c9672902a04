"""What ends a command: a signal, an error, a bug. Each has its sentence and its exit code."""

from __future__ import annotations

from typing import NoReturn

from tasks.core.cli import command_line, steps
from tasks.core.console import console
from tasks.core.frame import bugs, exits
from tasks.core.model import errors

BY_EXIT = (
    exits.HANGUP,
    exits.TERMINATED,
)
"""The codes of signals that core.disk.signals raises as SystemExit."""


def report(error: BaseException) -> int:
    """Say why *error* ends the command: its exit code. Only a bug gets a traceback."""
    code = find_signal(error)
    if code:
        console.say(exits.SIGNALLED[code], "fail")
        return code
    if isinstance(error, SystemExit):
        return code_of(error)
    if isinstance(error, OSError):
        error = errors.from_system(error)
    if isinstance(error, errors.GatewayError):
        # No step was made yet that could leave the document for a program.
        if "--json" in command_line.current().words:
            console.document({"error": steps.as_document(error)})
        console.say(str(error), "fail")
        return error.exit_code
    return _report_bug(error)


def find_signal(error: BaseException | None) -> int:
    """The exit code of the signal that ended the command; 0 when none did.

    While steps are torn down another error may have taken its place.
    """
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return exits.INTERRUPTED
        if isinstance(error, SystemExit):
            return _find_exit(error)
        error = error.__context__
    return 0


def _find_exit(error: SystemExit) -> int:
    for code in BY_EXIT:
        if error.code == code:
            return code
    return 0


def code_of(error: SystemExit) -> int:
    """The exit code that Python would leave with."""
    code = error.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    console.say(code, "fail")
    return exits.FAILED


def _report_bug(error: BaseException) -> int:
    import traceback

    trace = traceback.format_exception(error)
    return bugs.report(trace)


def refuse(error: errors.GatewayError) -> NoReturn:
    """End this process, with nothing begun."""
    raise SystemExit(report(error)) from None
