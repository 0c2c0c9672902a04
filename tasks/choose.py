"""choose: remember what to deploy, so that every later step, alone or after a failure, goes on with it."""

from __future__ import annotations

from pathlib import Path

from tasks.tools import catalogue, documents, files
from tasks.tools.asked import Asked
from tasks.tools.steps import Task, action
from tasks.tools.uptodate import holds


def task(asked: Asked) -> Task:
    """Write build/choices.json, when the choices are not what stands there."""
    path, wanted = asked.layout.choices, documents.dump_json(asked.choices.to_json())
    return {
        "actions": [(remember, [path, wanted])],
        "targets": [str(path)],
        "uptodate": [holds(lambda: files.read(path) == wanted)],
    }


def catalogue_task(asked: Asked) -> Task:
    """Read the catalogue's YAML once and keep it as JSON: every later command starts in half the time."""
    return {
        "actions": [(read_catalogue, [asked])],
        "file_dep": sorted(map(str, catalogue.sources(asked.layout))),
        "targets": [str(asked.layout.catalogue)],
    }


@action
def remember(path: Path, wanted: bytes) -> None:
    """Write the choices; the workshop is private, since it tells what somebody deploys."""
    files.write(path, wanted, 0o600)


@action
def read_catalogue(asked: Asked) -> None:
    """Fill the cache of the catalogue."""
    catalogue.load(asked.layout, write_cache=True)
