"""From a fresh clone to a command: `python3 dodo.py …` sets up .venv beside dodo.py, once, and goes on with it.

Where .venv was made from the very Python that runs, the command runs in this process; else that of .venv is started.
This module must still parse on Python 3.8, so that an old Python is answered with a sentence.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)
FOLDER = Path(__file__).resolve().parent
PROJECT = FOLDER.parents[2]
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
LAUNCHER = VENV / "bin" / "doit"
CHECKED = VENV / "checked"
"""Says which files were in order, by size and time, so that looking at them closely is spared."""

DEVELOPER_COMMANDS = ("test", "lock")
"""What needs the packages of requirements/test.txt; everything else runs with those of run.txt."""

LONGEST = 127
"""Characters of a first line that every kernel takes."""


def main(argv: list[str]) -> int:
    """Run the command *argv* in a .venv that has what it needs; or say why not: an exit code."""
    if sys.version_info < OLDEST_PYTHON:
        print(too_old(argv), file=sys.stderr)
        return 3
    if not is_ready(argv):
        from tasks.core.model.errors import GatewayError

        try:
            set_up(argv)
        except GatewayError as error:
            print(error, file=sys.stderr)
            return error.exit_code
        except KeyboardInterrupt:
            print("interrupted; the next run sets .venv up anew", file=sys.stderr)
            return 130
    return go_on(argv)


def go_on(argv: list[str]) -> int:
    """Run the command, in this process if it can be: its exit code."""
    import shlex

    os.environ["GATEWAY_COMMAND"] = "python3 " + shlex.quote(sys.argv[0])  # messages name it as it was typed
    if not is_made_from_this_python():
        os.execv(PYTHON, [str(PYTHON), "-I", str(FOLDER / "launch.py"), *argv])  # noqa: S606 - no shell is wanted
    enter()
    sys.argv[:] = [str(LAUNCHER), *argv]
    from tasks.core.frame.front import main as run

    return run(argv)


def too_old(argv: list[str]) -> str:
    """One sentence: which Python is needed, which this is, and what to type instead."""
    import shlex

    names = ("python3.14", "python3.13", "python3.12", "python3.11")
    newer = next((name for name in names if _runs(name)), None)
    remedy = "install one and run it on dodo.py"
    if newer:
        remedy = "run: " + " ".join([newer, "dodo.py", *map(shlex.quote, argv)])
    needed, this = ".".join(map(str, OLDEST_PYTHON)), ".".join(map(str, sys.version_info[:2]))
    return f"needs Python {needed} or newer, this is {this}; {remedy}"


def is_ready(argv: list[str]) -> bool:
    """Whether .venv was in order for *argv* when it was last looked at, and nothing has changed since."""
    try:
        return signature(locks_for(argv)[0]) in CHECKED.read_text(encoding="utf-8").split("\n")
    except OSError:
        return False


def set_up(argv: list[str]) -> None:
    """See that .venv holds what *argv* needs, and that its doit is ours; GatewayError when that cannot be had."""
    from tasks.core.litellm import packages

    wanted, *covered = locks_for(argv)
    if not packages.installed(VENV, wanted):
        packages.install(VENV, wanted, covers=covered)
    try:
        # Also after an upgrade of doit, which puts its own script there.
        write(LAUNCHER, launcher(), 0o755)
        write(CHECKED, "\n".join(signature(lock) for lock in (wanted, *covered)), 0o644)
    except OSError:
        return  # somebody else's environment, which cannot be written: looked at closely every time


def locks_for(argv: list[str]) -> list[Path]:
    """The list of packages that *argv* needs; behind it those that it covers."""
    run, test = (PROJECT / "requirements" / name for name in ("run.txt", "test.txt"))
    return [test, run] if needs_test(argv) else [run]


def needs_test(argv: list[str]) -> bool:
    """Whether this command line is one for people who change the project."""
    words = argv[1:] if argv[:1] == ["run"] else argv
    return words[:1] != [] and words[0] in DEVELOPER_COMMANDS


def signature(lock: Path) -> str:
    """Which *lock*, launcher and interpreter these are; OSError when one is not there."""
    found = [lock.name]
    for path in (lock, LAUNCHER, PYTHON):
        status = path.stat()
        found += [str(status.st_mtime_ns), str(status.st_size)]
    return " ".join(found)


def is_made_from_this_python() -> bool:
    """Whether .venv was made from the installation that runs: then its packages are right for this process.

    Resolved binaries cannot be compared: there are environments that hold a copy.
    """
    lines = (VENV / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=") for line in lines]
    settings = {name.strip(): value.strip() for name, _, value in pairs}
    version = settings.get("version") or settings.get("version_info", "")
    this = ".".join(map(str, sys.version_info[:3]))
    is_same_place = Path(settings.get("home", "")).resolve() == Path(sys.executable).resolve().parent
    return is_same_place and f"{version}.".startswith(f"{this}.")


def enter() -> None:
    """Be the Python of .venv: its packages, and nothing of PYTHONPATH or of the user's own."""
    library = Path(os.__file__).parent
    version = ".".join(map(str, sys.version_info[:2]))
    packages = VENV / "lib" / f"python{version}" / "site-packages"
    sys.path[:] = [str(path) for path in (PROJECT, library, library / "lib-dynload", packages)]
    sys.executable = str(PYTHON)  # what our children are started with


def launcher() -> str:
    """The text of .venv/bin/doit: -I takes nothing from the folder one stands in, nor from PYTHONPATH."""
    first = f"#!{PYTHON} -I"
    if " " in str(PYTHON) or len(first) > LONGEST:
        import shlex

        first = f"#!/bin/sh\n'''exec' {shlex.quote(str(PYTHON))} -I \"$0\" \"$@\"\n' '''"
    return f"""{first}
import sys

sys.path.insert(0, {str(PROJECT)!r})

from tasks.core.frame.front import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""


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
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
