"""The report of `doit doctor --report FILE`: what a helper needs to know, and nothing private."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from doit import get_initial_workdir

from tasks.core.claude import layers
from tasks.core.disk import files
from tasks.core.doctor import bundle
from tasks.core.model.errors import UsageError
from tasks.core.secrets import redact

if TYPE_CHECKING:
    from tasks.core.doctor.examination import Place


def write(place: Place, name: str) -> Path:
    """Gather, take out what is private, write; a file that is there stays."""
    chosen = Path(name).expanduser()
    path = Path(get_initial_workdir(), chosen)
    if path.exists():
        raise UsageError("already exists", "Name another file: --report FILE", where=str(path))
    now = time.strftime("%Y%m%d-%H%M%S")
    text = build(place, now)
    files.keep([path], text.encode(), 0o600)
    return path


def build(place: Place, now: str) -> str:
    """The whole report, safe to paste."""
    layout = place.layout
    found = layers.Layers(layout, os.environ, place.folder)
    sections = bundle.sections(layout, place.folder)
    whole = bundle.markdown(sections, now)
    known = redact.secrets(layout, found.documents(), os.environ)
    home = layout.home
    homes = str(home), str(home.resolve())
    return redact.anonymize(whole, known, homes, find_names())


def find_names() -> set[str]:
    """The names of this user and this machine."""
    import getpass
    import socket

    host = socket.gethostname()
    short, _, _ = host.partition(".")
    names = {getpass.getuser(), host, short}
    names.discard("")
    return names
