"""A pass phrase for archives with secrets: from a file that is named, or typed without echo; never an argument."""

from __future__ import annotations

import os
import sys

from tasks.model.errors import UsageError
from tasks.model.secret import Secret
from tasks.tools import files

VARIABLE = "GATEWAY_PASSPHRASE_FILE"
"""Names the file, where nobody is there to type."""


def asked(*, twice: bool = True) -> Secret:
    """The pass phrase; UsageError when there is nobody to ask and no file."""
    if name := os.environ.get(VARIABLE):
        return _from_file(name)
    if not sys.stdin.isatty():
        raise UsageError(
            "there is nobody to ask for a pass phrase", f"Put it into a file and name that: {VARIABLE}=FILE"
        )
    import getpass

    first = getpass.getpass("Pass phrase for the archive: ")
    if not first or (twice and getpass.getpass("The same again: ") != first):
        raise UsageError("the pass phrases are not the same, or empty", "Run the command again.")
    return Secret(first)


def _from_file(name: str) -> Secret:
    from pathlib import Path

    try:
        text = (files.read(Path(name).expanduser()) or b"").decode().strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text:
        raise UsageError("holds no pass phrase", f"Write one line into it, or unset {VARIABLE}.", where=name)
    return Secret(text)
