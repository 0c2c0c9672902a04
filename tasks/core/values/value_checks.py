"""Whether the value of a variable can be right: its shape, a file that it names, an address, a token.

No sentence made here holds a value or a part of one.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.model.errors import InvalidInput
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.model.catalogue import Variable

PUBLIC_KEYS = frozenset({"sk-1234", "sk-12345", "sk-123456", "sk-1234567890abcdef"})
"""Master keys that stand in everybody's documentation."""

SHORTEST_KEY, SHORTEST_SECRET = 16, 6
"""Characters: of a master key that nobody guesses, and of a secret that can be struck out of a log."""

_LARGEST = 1 << 20


@dataclass(frozen=True)
class Fault:
    """What is wrong, as the end of a sentence that begins with "the value"; fatal when it cannot work so."""

    what: str
    remedy: str
    fatal: bool = True


def faults(variable: Variable, value: str) -> Iterator[Fault]:
    """Everything that speaks against *value*, the plainest first."""
    if variable.secret:
        yield from _of_token(variable, value)
    if variable.found_by == "generated-key":
        yield from _of_master_key(value)
    if variable.kind == "path":
        yield from _of_path(variable, value)
    if variable.kind == "url":
        yield from _of_url(variable, value)
    yield from _of_shape(variable, value)
    yield from _of_writing(variable, value)


def _of_token(variable: Variable, value: str) -> Iterator[Fault]:
    phrase = variable.name.endswith(("PASSWORD", "PASSPHRASE"))  # those may have blanks
    if value[:7].lower() == "bearer ":
        yield Fault("begins with 'Bearer ', which is added when it is sent", "Set only what follows that word.")
    if value[0] in "\"'" and value[-1] == value[0]:
        yield Fault("has quotes around it that are taken as part of it", "Remove the quotes.")
    if any(not c.isprintable() or (c.isspace() and not phrase) for c in value):
        yield Fault("has blanks, line breaks or control characters in it", "Copy it again, only the token itself.")
    if len(value) < SHORTEST_SECRET:
        header = variable.kind == "text"  # of which nobody has said that it must be a secret
        yield Fault(f"is too short for a secret ({len(value)} characters)", _how(variable), fatal=not header)


def _of_master_key(value: str) -> Iterator[Fault]:
    remedy = "Remove it there and a strong one is generated, or set one of 32 characters or more."
    if value in PUBLIC_KEYS:
        yield Fault("is a key that everybody knows from the documentation; LiteLLM refuses to start with it", remedy)
    if len(value) < SHORTEST_KEY:
        yield Fault(f"has {len(value)} characters; fewer than {SHORTEST_KEY} can be guessed", remedy)
    if value.startswith("sk-ant-"):
        yield Fault("looks like a key of Anthropic's API, not like one for your own gateway", remedy, fatal=False)


def _of_path(variable: Variable, value: str) -> Iterator[Fault]:
    if value.lstrip().startswith("{"):
        yield Fault("holds JSON itself", "Save that to a file of mode 0600 and set the path of the file.")
    elif not value.startswith("/"):
        yield Fault("is not a full path (~ is not expanded here)", "Write the path from / on.")
    else:
        yield from _of_file(Path(value), credentials=variable.found_by == "gcloud-adc")


def _of_file(path: Path, *, credentials: bool) -> Iterator[Fault]:
    try:
        mode = path.stat().st_mode
        readable = os.access(path, os.R_OK)
    except PermissionError:
        mode, readable = 0, False
    except (OSError, ValueError):
        yield Fault("names a file that does not exist", "Correct the path, or create the file.")
        return
    if not readable:
        yield Fault("names a file that you may not read", "Correct its owner or its mode.")
    elif credentials:
        yield from _of_credentials(path)
        if mode & 0o077:
            yield Fault(f"names a file that others can read (mode {mode & 0o777:04o})", "chmod 600 it.", fatal=False)


def _of_credentials(path: Path) -> Iterator[Fault]:
    import json

    remedy = "Download the key again, or run: gcloud auth application-default login"
    try:
        found = json.loads(path.read_bytes()) if path.is_file() and path.stat().st_size <= _LARGEST else None
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        yield Fault("names a file that is not a JSON object", remedy)
    elif not isinstance(found.get("type"), str):
        yield Fault("names a file without a `type`, so it holds no Google credentials", remedy)


def _of_url(variable: Variable, value: str) -> Iterator[Fault]:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        complete = bool(parts.hostname) and parts.port != 0
    except ValueError:
        complete = False
    if any(c.isspace() or not c.isprintable() for c in value):
        yield Fault("has blanks or control characters in it", _how(variable))
    elif not complete:
        yield Fault("is not an address with a scheme, a host and at most a port", _how(variable))
    elif (variable.example or "").startswith("http") and parts.scheme not in ("http", "https"):
        yield Fault("begins neither with http:// nor with https://", _how(variable))


def _of_shape(variable: Variable, value: str) -> Iterator[Fault]:
    if variable.pattern and not re.fullmatch(variable.pattern, value):
        example = f" (example: {variable.example})" if variable.example else ""
        yield Fault(f"does not look right{example}", _how(variable))


def _of_writing(variable: Variable, value: str) -> Iterator[Fault]:
    try:
        env_file.quoted(variable.name, value)
    except InvalidInput as error:
        yield Fault(error.problem.removeprefix(f"{variable.name} "), error.remedy)


def _how(variable: Variable) -> str:
    return variable.how or f"Correct {variable.name}."
