"""exec: run one program, such as claude, with a profile of its own; nothing outside of it changes.

Not `run`, which is doit's own command.
"""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from doit import get_initial_workdir

from tasks.core.cli import command_line
from tasks.core.cli.steps import Task, action, text_option
from tasks.core.console import console
from tasks.core.deploying import reach
from tasks.core.model.errors import UsageError
from tasks.core.profiles import temporary, terminal
from tasks.core.text import documents

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved

PROFILE = text_option("profile", "NAME", "which one; else what is chosen")
SETTINGS = "--settings"


def task(resolved: Resolved) -> Task:
    """`doit exec [--profile NAME] -- PROGRAM …`."""
    return {
        "actions": [(start, [resolved])],
        "params": [PROFILE],
        "pos_arg": "words",
        "io": {"capture": False},
        "meta": {"quiet": True},
    }


@action
def start(resolved: Resolved, profile: str, words: list[str]) -> None:  # noqa: ARG001 - doit's copy, which lacks a=b
    """Become the program, in the folder where this was typed: terminal, signals and exit code are its own."""
    command = command_line.program()
    if not command:
        raise UsageError("no program is named", "Write it behind two dashes: doit exec --profile work -- claude")
    reached = reach.reach_profile(resolved, profile or None)
    layout, deployment, values = reached.layout, reached.deployment, reached.values
    os.chdir(get_initial_workdir())
    program = shutil.which(command[0])
    if program is None:
        raise UsageError(f"there is no program {command[0]!r}", "Is it installed, and on PATH?")
    environ = {name: value for name, value in os.environ.items() if name != console.COMMAND}
    if Path(command[0]).name == "claude":
        settings = terminal.make_settings(layout, deployment, values)
        become(program, [command[0], *given(settings), *refuse_own(command[1:])], environ)
    become(program, command, environ | terminal.make_variables(layout, deployment, values))


def given(settings: dict[str, Any]) -> list[str]:
    """The words that hand these settings to Claude Code; in no file and on no command line stands a secret."""
    return [SETTINGS, temporary.lent(documents.dump_json(settings), "claude-settings.json")]


def refuse_own(words: list[str]) -> list[str]:
    """*words*, when they bring no settings: Claude Code takes them once."""
    if any(word == SETTINGS or word.startswith(f"{SETTINGS}=") for word in words):
        raise UsageError(f"{SETTINGS} is how the profile is handed over", "Put yours into .claude/settings.local.json.")
    return words


def become(program: str, command: list[str], environ: dict[str, str]) -> NoReturn:
    """Go on as *program*; what Python ignores and a program should not inherit is as it was."""
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    os.execve(program, command, environ)  # noqa: S606  no shell is wanted
