"""choose: remember what to deploy, so that every later step, alone or after a failure, goes on with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.catalogue import catalogue
from tasks.core.cli.steps import Task, action
from tasks.core.disk import files
from tasks.core.frame.uptodate import holds
from tasks.core.text import documents

if TYPE_CHECKING:
    from tasks.core.deploying.context import Asked


def task(asked: Asked) -> Task:
    """Write build/choices.json, when the choices are not what stands there."""
    path = asked.layout.choices
    return {
        "actions": [(remember, [asked])],
        "targets": [str(path)],
        "task_dep": ["_promised"] if asked.promise else [],
        "uptodate": [holds(lambda: files.read(path) == content(asked))],
    }


def catalogue_task(asked: Asked) -> Task:
    """Read the catalogue's YAML once and keep it as JSON: every later command starts in half the time."""
    return {
        "actions": [(read_catalogue, [asked])],
        "targets": [str(asked.layout.catalogue)],
        "uptodate": [holds(lambda: catalogue.fresh(asked.layout))],
    }


def content(asked: Asked) -> bytes:
    """The choices as they are remembered."""
    return documents.dump_json(asked.choices.to_json())


@action
def remember(asked: Asked) -> None:
    """Write the choices; the workshop is private, since it tells what somebody deploys."""
    files.write(asked.layout.choices, content(asked), 0o600)


@action
def read_catalogue(asked: Asked) -> None:
    """Fill the cache of the catalogue."""
    catalogue.load(asked.layout, write_cache=True)
