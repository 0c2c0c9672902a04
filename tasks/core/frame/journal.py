"""deployment.log: one JSON line per step of every run that changed something; no values, no secrets."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.core.console.summary import Summary


def append(run: Summary) -> None:
    """Add the steps of *run* to its log, if it has one: a run that changed nothing leaves no line."""
    if run.log is None or not run.log.parent.is_dir():
        return
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    lines = [json.dumps({"time": stamp, "pid": os.getpid(), **step}) for step in run.steps]
    descriptor = os.open(run.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("".join(line + "\n" for line in lines))
