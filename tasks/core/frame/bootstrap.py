"""From a fresh clone to doit: `python3 dodo.py …` sets up .venv beside dodo.py, once, and runs doit from it.

This module alone must still parse on Python 3.8, so that an old Python is answered with a sentence.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

OLDEST_PYTHON = (3, 11)
PROJECT = Path(__file__).resolve().parents[3]
PROGRAM = "GATEWAY_PROGRAM"
"""The variable that carries the words behind `--` past doit."""
DEVELOPER_COMMANDS = ("test", "lock")
"""What needs the packages of requirements/test.txt; everything else runs with those of run.txt."""


def main(argv: list[str]) -> int:
    """Become doit, started with *argv*, in a .venv that has what it needs; or say why not: an exit code."""
    if sys.version_info < OLDEST_PYTHON:
        print(too_old(argv), file=sys.stderr)
        return 3
    from tasks.core.model.errors import GatewayError

    words = apart(argv)
    if "" in words:
        print("an empty word is the name of nothing; an option takes it as --NAME=", file=sys.stderr)
        return 3
    try:
        python = set_up(PROJECT, argv)
    except GatewayError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted; the next run sets .venv up anew", file=sys.stderr)
        return 130
    os.environ["GATEWAY_COMMAND"] = "python3 " + shlex.quote(sys.argv[0])  # so that messages name it as it was typed
    return become(doit_command(python, PROJECT, words))


def become(command: list[str]) -> NoReturn:
    """Go on as *command* in this process: signals, exit code and terminal are its own."""
    os.execv(command[0], command)  # noqa: S606  no shell is wanted


def apart(argv: list[str]) -> list[str]:
    """*argv* without the words of a program that is to be run: doit would take some of them for its own.

    `run --profile …` is our `exec`: doit has a command called run, which knows no profiles.
    """
    end = argv.index("--") if "--" in argv else len(argv)
    if argv[end + 1 :]:
        os.environ[PROGRAM] = json.dumps(argv[end + 1 :])
    ours = joined(argv[:end])
    named = any(word.startswith("--profile") for word in ours)
    return ["exec", *ours[1:]] if ours[:1] == ["run"] and named else ours


def joined(words: list[str]) -> list[str]:
    """*words* with each empty one joined to the option in front of it: doit looks for the first letter of each."""
    whole: list[str] = []
    for word in words:
        if not word and whole and whole[-1].startswith("--") and "=" not in whole[-1]:
            whole[-1] += "="
        else:
            whole.append(word)
    return whole


def too_old(argv: list[str]) -> str:
    """One sentence: which Python is needed, which this is, and what to type instead."""
    newer = next(filter(_runs, ("python3.14", "python3.13", "python3.12", "python3.11")), None)
    remedy = f"run: {newer} dodo.py {shlex.join(argv)}".rstrip() if newer else "install one and run it on dodo.py"
    needed, this = ".".join(map(str, OLDEST_PYTHON)), ".".join(map(str, sys.version_info[:2]))
    return f"needs Python {needed} or newer, this is {this}; {remedy}"


def set_up(project: Path, argv: list[str]) -> Path:
    """The Python of the project's .venv, which has been made or brought up to date if need be."""
    from tasks.core.litellm import packages

    run, test = (project / "requirements" / name for name in ("run.txt", "test.txt"))
    wanted, covered = (test, [run]) if needs_test(argv) else (run, [])
    venv = project / ".venv"
    if not packages.installed(venv, wanted):
        packages.install(venv, wanted, covers=covered)
    return packages.python_of(venv)


def needs_test(argv: list[str]) -> bool:
    """Whether this command line is one for people who change the project."""
    words = argv[1:] if argv[:1] == ["run"] else argv
    return words[:1] != [] and words[0] in DEVELOPER_COMMANDS


def doit_command(python: Path, project: Path, argv: list[str]) -> list[str]:
    """Run doit on our dodo.py wherever the user stands; -P: nothing is imported from that folder.

    The option, not DOIT_FILE: a variable would be inherited by every doit that our tests start.
    """
    command = [str(python), "-P", str(python.with_name("doit"))]
    if argv[:1] in (["--version"], ["--help"]):  # understood by doit as the first word only
        return command + argv
    return [*command, f"--file={project / 'dodo.py'}", *argv]


def _runs(python: str) -> bool:
    """Whether *python* is there and starts; a pyenv shim may be there and not start."""
    if not shutil.which(python):
        return False
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
