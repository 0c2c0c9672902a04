"""What ends a command has a sentence and a code; a traceback is for bugs alone."""

from __future__ import annotations

import errno
import os

import pytest

from tasks.core.disk.recovery import Undetermined
from tasks.core.frame import ending
from tasks.core.model.errors import Conflict


def replaced(error, by):
    """The error *by*, raised while *error* was on its way out."""
    try:
        try:
            raise error
        finally:
            raise by
    except BaseException as last:  # noqa: BLE001
        return last


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/full")
ENDS = [
    (KeyboardInterrupt(), 130, "interrupted"),
    (SystemExit(143), 143, "TERM"),
    (SystemExit(129), 129, "HUP"),
    (replaced(KeyboardInterrupt(), OSError(errno.ENOSPC, "full")), 130, "interrupted"),
    (replaced(SystemExit(143), ValueError("a bug in a clean-up")), 143, "TERM"),
    (SystemExit(6), 6, ""),
    (SystemExit(None), 0, ""),
    (SystemExit("in words"), 1, "in words"),
    (FULL, 1, "/full: no space is left"),
    (Conflict("is yours", where="here"), 5, "here: is yours"),
    (Undetermined(FULL), 75, "neither be finished nor undone"),
]


@pytest.mark.parametrize(("error", "code", "says"), ENDS, ids=lambda value: repr(value)[:40])
def test_each_end_has_its_code_and_its_sentence(capsys, error, code, says):
    assert ending.report(error) == code
    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said


def test_a_bug_is_shown_and_how_to_report_it(capsys):
    assert ending.report(ZeroDivisionError("odd")) == 2
    said = capsys.readouterr().err
    assert "ZeroDivisionError: odd" in said
    assert "doit doctor --report report.md" in said
