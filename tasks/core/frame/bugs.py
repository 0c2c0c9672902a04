"""A bug is shown with its traceback, without the secrets that the words of its error may hold."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.frame import exits
from tasks.core.model.layout import PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.model.layout import Layout

OURS = f"{PROJECT}/tasks/"

REPORT = """This is a bug in this project, not in what you typed.
  To report it, run: doit doctor --report report.md
  It writes a file without secrets; read it before you send it."""


def report(trace: Sequence[str], step: str = "") -> int:
    """Show *trace*, of the step *step* where one raised it; return the exit code."""
    found = is_ours(trace)
    said = "a mistake in this project" if found else "raised an exception"
    console.say(f"{step:28} {said}".lstrip(), "fail")
    console.say(_format_here(trace))
    if not found:
        return exits.FAILED
    console.say(REPORT)
    return exits.MISTAKE


def is_ours(trace: Sequence[str]) -> bool:
    """Whether the error was raised in this project, or in what it called.

    Steps that a user added to dodo.py, or keeps in a file beside it, are the user's own.
    """
    files = re.findall(r'^  File "([^"]+)", line', "".join(trace), re.MULTILINE)
    installed = f"{PROJECT}/.venv/"
    inside = [file for file in files if file.startswith(f"{PROJECT}/") and not file.startswith(installed)]
    return not inside or inside[-1].startswith(OURS)


def _format_here(trace: Sequence[str]) -> str:
    """*trace* as format_trace(), for what was last chosen here."""
    from tasks.core.deploying import from_memory

    try:
        layout = from_memory.resolve_remembered().layout
    except Exception as error:  # noqa: BLE001 - what is broken may be what this needs
        return _without_words(trace, error)
    return format_trace(trace, layout)


def format_trace(trace: Sequence[str], layout: Layout) -> str:
    """A traceback, safe to show; without the words of its error when what is secret cannot be found out."""
    from pathlib import Path

    from tasks.core.claude import layers
    from tasks.core.secrets import redact

    try:
        known = redact.secrets(layout, layers.Layers(layout, os.environ, Path.cwd()).documents(), os.environ)
        return redact.anonymize("".join(trace).rstrip(), known, (), ())
    except Exception as error:  # noqa: BLE001 - what is broken may be what this needs
        return _without_words(trace, error)


def _without_words(trace: Sequence[str], error: Exception) -> str:
    frames = [line for line in "".join(trace).splitlines() if line.startswith(("Traceback", "  "))]
    return "\n".join([*frames, f"(its words are not shown: {type(error).__name__} while secrets were looked for)"])
