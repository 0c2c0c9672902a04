"""What a gateway leaves in its folder that does not count any more, by name: cheap to look for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.disk.targets import names_in
from tasks.core.service import processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.core.model.layout import Layout

TRIAL = ".trial-"
"""How the folder of a trial begins, in the gateway's own."""

FORMER = ".former"
"""How a file of the former gateway ends, while another one is proven."""


def former(path: Path) -> Path:
    """Where *path* of the former gateway is kept."""
    return path.with_name(path.name + FORMER)


def trials(layout: Layout) -> Iterator[Path]:
    """The folders of trials.

    They go with the trial; one that is left belongs to a command that died.
    """
    for name in names_in(layout.gateway):
        if name.startswith(TRIAL):
            yield layout.gateway / name


def are_there(layout: Layout) -> bool:
    """Whether a gateway may have been left behind; strays.find() looks at every process."""
    if any(trials(layout)):
        return True
    if former(layout.pid_file).exists():
        return True
    return layout.status_file.exists() and processes.running(layout) is None
