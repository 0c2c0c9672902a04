"""Other programs: found by name, and started. The one module that starts them.

The current folder configures none of them: PATH counts as far as it is absolute,
and each caller says which environment its program gets

    sealed   this process's, without what configures an interpreter or git
    plain    what a program needs to find its way, and nothing else
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

Process: TypeAlias = "subprocess.Popen[bytes]"
Ended: TypeAlias = "subprocess.CompletedProcess[bytes]"
Command: TypeAlias = "Sequence[str | Path]"

CONFIGURES = re.compile(r"PYTHON\w*|VIRTUAL_ENV|GIT_\w+|BASH_ENV|ENV")
"""Variables by which programs run other code, or look in other places, than they would without."""

PLAIN = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH"
    r"|GATEWAY_(START_TIMEOUT|STOP_TIMEOUT|DRAIN_SECONDS|PROGRESS)"
)
"""What the gateway's own scripts keep of an environment."""


def find(name: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """The program *name* in the absolute folders of PATH; None when it is in none."""
    import shutil

    return shutil.which(name, path=absolute_path(environ))


def absolute_path(environ: Mapping[str, str]) -> str:
    """PATH without what is relative to the current folder; an empty entry is that folder."""
    entries = environ.get("PATH", "").split(os.pathsep)
    return os.pathsep.join(entry for entry in entries if entry.startswith("/"))


def sealed(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """*environ* for a program whose code and configuration must be its own."""
    kept = {name: value for name, value in environ.items() if not CONFIGURES.fullmatch(name)}
    return kept | {"PATH": absolute_path(environ)}


def plain(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Of *environ* only what says who and where the user is."""
    kept = {name: value for name, value in environ.items() if PLAIN.fullmatch(name)}
    return kept | {"PATH": absolute_path(environ)}


def run(
    command: Command,
    environ: Mapping[str, str],
    *,
    cwd: Path | None = None,
    data: bytes = b"",
    patience: float | None = None,
) -> Ended:
    """Run to the end, with *data* as input; what was printed is in stdout and stderr.

    OSError when it cannot be started; TimeoutError, which is one, after *patience* seconds.
    """
    import subprocess

    try:
        return subprocess.run(
            command,
            input=data,
            capture_output=True,
            env=environ,
            cwd=cwd,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error


def ask(command: Command, environ: Mapping[str, str], patience: float) -> Ended:
    """Run a program that may talk to its user: what it printed on stdout. Errors as in run()."""
    import subprocess

    try:
        return subprocess.run(
            command,
            stdout=subprocess.PIPE,
            env=environ,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error


def show(command: Command, environ: Mapping[str, str], cwd: Path) -> int:
    """Run a program on our own terminal: its exit code."""
    import subprocess

    return subprocess.run(command, env=environ, cwd=cwd, check=False).returncode


def run_group(command: Command, environ: Mapping[str, str], cwd: Path) -> tuple[int, bytes]:
    """Run to the end: exit code and output. What interrupts us ends all that was started, too."""
    with _start_group(command, environ, cwd) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, output


def _start_group(command: Command, environ: Mapping[str, str], cwd: Path) -> Process:
    """Start a program in a session of its own, all output of which is in its stdout."""
    import subprocess

    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environ,
        cwd=cwd,
        start_new_session=True,
    )


def follow(
    command: Command,
    environ: Mapping[str, str],
    cwd: Path,
    handed: Collection[int] = (),
) -> Process:
    """Start a program, all output of which is in its stdout; it gets the open files *handed*."""
    import subprocess

    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environ,
        cwd=cwd,
        pass_fds=handed,
    )


def start_apart(
    command: Command,
    environ: Mapping[str, str],
    cwd: Path,
    output: BinaryIO,
    handed: Collection[int] = (),
) -> Process:
    """Start a program in a session of its own; it prints into *output*, and gets *handed*."""
    import subprocess

    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        env=environ,
        cwd=cwd,
        pass_fds=handed,
    )


def run_alone(
    command: Command,
    environ: Mapping[str, str],
    cwd: Path,
    patience: float,
) -> tuple[int | None, bytes]:
    """Run in a session of its own, all of which has ended afterwards: exit code and output.

    No exit code where it took longer than *patience* seconds.
    """
    import subprocess

    process = _start_group(command, environ, cwd)
    try:
        output, _ = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        return None, b""
    finally:
        end_session(process)
    return process.returncode, output


def start_on_terminal(
    command: Command,
    environ: Mapping[str, str],
    cwd: Path,
    terminal: int,
) -> Process:
    """Start a program in a session of its own, with the open file *terminal* as its terminal."""
    import subprocess

    return subprocess.Popen(
        command,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environ,
        cwd=cwd,
        start_new_session=True,
    )


def end_session(process: Process) -> None:
    """Kill a program that has a session of its own, with all that it started there."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
