"""report: one file with all that somebody who helps needs to know and nothing that is not for others. Only adds it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from doit import get_initial_workdir

from tasks.core.claude import layers
from tasks.core.cli.steps import Task, action
from tasks.core.console import console, invocation
from tasks.core.disk import files
from tasks.core.doctor import bundle
from tasks.core.model.errors import UsageError
from tasks.core.secrets import redact

if TYPE_CHECKING:
    from tasks.core.model.layout import Layout

OPTIONS = [
    {"name": "out", "long": "out", "type": str, "default": "", "help": "the file to write; one that is there stays"},
    invocation.OPTION,
]


def task(layout: Layout) -> Task:
    """`doit report [--out FILE] [--dir FOLDER]`."""
    return {"actions": [(write, [layout])], "params": OPTIONS, "meta": {"quiet": True}}


@action
def write(layout: Layout, out: str, folder: str) -> None:
    """Gather, take out what must not be seen, write, and say where."""
    now = time.strftime("%Y%m%d-%H%M%S")
    path = Path(get_initial_workdir(), Path(out or f"gateway-report-{now}.md").expanduser())
    if path.exists():
        raise UsageError("is there already", "Name another file: --out FILE", where=str(path))
    text = report(layout, invocation.named(folder, layout), now)
    files.keep([path], text.encode(), 0o600)
    console.tell(str(path))
    console.say("Secrets, your name and your home are taken out. Read it once before you paste it.")


def report(layout: Layout, place: Path, now: str) -> str:
    """The whole report, safe to paste."""
    found = layers.Layers(layout, os.environ, place)
    whole = bundle.markdown(bundle.sections(layout, place), now)
    known = redact.secrets(layout, found.documents(), os.environ)
    return redact.anonymize(whole, known, (str(layout.home), str(layout.home.resolve())), whose())


def whose() -> set[str]:
    """The names of this user and this machine."""
    import getpass
    import socket

    host = socket.gethostname()
    return {getpass.getuser(), host, host.partition(".")[0]} - {""}
