"""Commands of this project, run as a person would type them."""

from __future__ import annotations

import os
import subprocess
import sys

from tasks.model.layout import PROJECT


def command(*words: str) -> list[str]:
    """`doit WORDS` with this Python on this project; -P: nothing is imported from the folder where it is typed."""
    return [sys.executable, "-P", "-m", "doit", f"--file={PROJECT / 'dodo.py'}", *words]


def run(*words: str) -> int:
    """Run `doit WORDS` on our own terminal: its exit code."""
    sys.stdout.flush()
    return subprocess.run(command(*words), check=False).returncode


def said(*words: str) -> str:
    """What `doit WORDS` prints, plain and 100 columns wide, whatever it comes to."""
    environ = {**os.environ, "NO_COLOR": "1", "COLUMNS": "100"}
    done = subprocess.run(
        command(*words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environ,
        check=False,
    )
    return done.stdout.decode("utf-8", "replace")
