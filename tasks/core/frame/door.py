"""From a fresh clone to a command: `python3 dodo.py …` sets up .venv once and goes on in it.

The command runs in this process if .venv was made from the Python that runs; otherwise .venv's own
Python is started.
This module must still parse on Python 3.8, so that an old Python is answered with a sentence.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)
FOLDER = Path(__file__).resolve().parent
PROJECT = FOLDER.parents[2]
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
LAUNCHER = VENV / "bin" / "doit"
INSTALLED = VENV / "locked-packages"
"""What packages.py writes last, and empties before it begins: an interrupted set-up shows here."""

CHECKED = VENV / "checked"
"""Says which files were in order, by size and time, so that looking at them closely is spared."""

DEVELOPER_COMMANDS = ("test", "lock")
"""What needs the packages of requirements/test.txt; everything else runs with those of run.txt."""

HELP = {"--help", "-h", "help"}
"""What shows a page, for which nothing more is needed."""

NEWER = (
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
)

INTERRUPTED = 130

LONGEST = 127
"""Characters of a first line that every kernel takes."""


def main(argv: list[str]) -> int:
    """Run the command *argv* in a .venv that has what it needs; return the exit code."""
    if sys.version_info < OLDEST_PYTHON:
        print(too_old(argv), file=sys.stderr)
        return 3
    try:
        if not is_ready(argv):
            code = set_up(argv)
            if code:
                return code
        return go_on(argv)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


def go_on(argv: list[str]) -> int:
    """Run the command, in this process if it can be: its exit code."""
    import shlex

    # Messages name commands as this one was typed.
    os.environ["GATEWAY_COMMAND"] = "python3 " + shlex.quote(sys.argv[0])
    if not is_made_from_this_python():
        command = [str(PYTHON), "-I", str(FOLDER / "launch.py"), *argv]
        os.execv(PYTHON, command)  # noqa: S606 - no shell is wanted
    enter()
    sys.argv[:] = [str(LAUNCHER), *argv]
    from tasks.core.frame.front import main as run

    return run(argv)


def too_old(argv: list[str]) -> str:
    """One sentence: which Python is needed, which this is, and what to type instead."""
    import shlex

    remedy = "install one and run it on dodo.py"
    for name in NEWER:
        if _runs(name):
            words = [name, "dodo.py"]
            words += map(shlex.quote, argv)
            remedy = f"run: {' '.join(words)}"
            break
    needed = show_version(OLDEST_PYTHON)
    this = show_version(sys.version_info[:2])
    return f"needs Python {needed} or newer, this is {this}; {remedy}"


def show_version(parts: tuple[int, ...]) -> str:
    """A version as it is written: 3.11."""
    return ".".join(map(str, parts))


def is_ready(argv: list[str]) -> bool:
    """Whether .venv was found complete for *argv*, and has not changed since.

    False also when any of the files is not there.
    """
    wanted, *_ = find_locks(argv)
    try:
        known = CHECKED.read_text(encoding="utf-8")
        line = describe(wanted)
    except OSError:
        return False
    return line in known.split("\n")


def set_up(argv: list[str]) -> int:
    """Make .venv hold what *argv* needs, and our doit; return the exit code."""
    from tasks.core.disk import signals
    from tasks.core.litellm import packages
    from tasks.core.model.errors import GatewayError
    from tasks.core.model.layout import make_absolute

    # What is cut short here is cleaned up, and said.
    signals.take()
    # In a folder that is gone there is nothing to be named.
    with contextlib.suppress(OSError):
        make_absolute(os.environ, os.getcwd())  # noqa: PTH109 - as the loader does
    wanted, *covered = find_locks(argv)
    try:
        if not packages.installed(VENV, wanted):
            packages.install(VENV, wanted, covers=covered)
    except GatewayError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        said = "interrupted; the next run sets .venv up anew"
        print(said, file=sys.stderr)
        return INTERRUPTED
    # An environment that cannot be written is looked at closely every time.
    with contextlib.suppress(OSError):
        finish([wanted, *covered])
    return 0


def finish(locks: list[Path]) -> None:
    """Put our doit into .venv, and note that all is in order for *locks*.

    Also after an upgrade of doit, which puts its own script there.
    """
    write(LAUNCHER, launcher(), 0o755)
    lines = list(map(describe, locks))
    write(CHECKED, "\n".join(lines), 0o644)


def find_locks(argv: list[str]) -> list[Path]:
    """The list of packages that *argv* needs, then those that it covers."""
    folder = PROJECT / "requirements"
    run = folder / "run.txt"
    test = folder / "test.txt"
    if needs_test(argv):
        return [test, run]
    return [run]


def needs_test(argv: list[str]) -> bool:
    """Whether this command line is one for people who change the project."""
    first, *rest = argv or [""]
    if first == "run" and rest:
        first = rest[0]
    if HELP.intersection(rest):
        return False
    return first in DEVELOPER_COMMANDS


def describe(lock: Path) -> str:
    """A line that changes with *lock*, the launcher, the interpreter or what was installed.

    It holds their sizes and times, and how long a launcher of this version is; raises OSError when
    one is not there.
    """
    text = launcher()
    found = [lock.name, str(len(text))]
    for path in (lock, LAUNCHER, PYTHON, INSTALLED):
        status = path.stat()
        found.append(str(status.st_mtime_ns))
        found.append(str(status.st_size))
    return " ".join(found)


def is_made_from_this_python() -> bool:
    """Whether .venv was made from the installation that runs, so its packages fit this process.

    Resolved binaries cannot be compared: there are environments that hold a copy.
    """
    settings = read_settings()
    version = settings.get("version")
    if not version:
        version = settings.get("version_info", "")
    this = show_version(sys.version_info[:3])
    if not f"{version}.".startswith(f"{this}."):
        return False
    home = Path(settings.get("home", "")).resolve()
    running = Path(sys.executable).resolve()
    return home == running.parent


def read_settings() -> dict[str, str]:
    """The lines `name = value` of pyvenv.cfg."""
    path = VENV / "pyvenv.cfg"
    text = path.read_text(encoding="utf-8")
    settings = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        settings[name.strip()] = value.strip()
    return settings


def enter() -> None:
    """Be the Python of .venv: its packages, and nothing of PYTHONPATH or of the user's own."""
    library = Path(os.__file__).parent
    version = show_version(sys.version_info[:2])
    packages = VENV / "lib" / f"python{version}" / "site-packages"
    sys.path[:] = [
        str(PROJECT),
        str(library),
        str(library / "lib-dynload"),
        str(packages),
    ]
    # Our child processes are started with it.
    sys.executable = str(PYTHON)


def launcher() -> str:
    """The text of .venv/bin/doit: -I ignores the current folder and PYTHONPATH."""
    first = f"#!{PYTHON} -I"
    if " " in str(PYTHON) or len(first) > LONGEST:
        first = through_sh()
    return f"""{first}
import sys
from _signal import SIG_DFL, SIGINT, default_int_handler, getsignal, signal

# Until the frame has the signals, Ctrl-C ends this process without a traceback.
if getsignal(SIGINT) is default_int_handler:
    signal(SIGINT, SIG_DFL)

sys.path.insert(0, {str(PROJECT)!r})

from tasks.core.frame.front import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


def through_sh() -> str:
    """First lines for a path that a kernel does not take; for Python they are a text."""
    import shlex

    python = shlex.quote(str(PYTHON))
    return f"#!/bin/sh\n'''exec' {python} -I \"$0\" \"$@\"\n' '''"


def write(path: Path, text: str, mode: int) -> None:
    """Put *text* in the place of what *path* holds, whole."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.chmod(mode)
    new.replace(path)


def _runs(python: str) -> bool:
    """Whether *python* is there and starts; a pyenv shim may be there and not start."""
    import shutil
    import subprocess

    if not shutil.which(python):
        return False
    command = [python, "-I", "-c", ""]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
