"""choose: remember what to deploy, so that every later step, alone or after a failure, goes on with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.catalogue import catalogue
from tasks.core.cli.steps import Task, action
from tasks.core.disk import files
from tasks.core.frame.uptodate import holds
from tasks.core.text import documents

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.layout import Layout


def task(resolved: Resolved) -> Task:
    """Write them to build/, when they are not what is there."""
    path = resolved.layout.choices
    return {
        "actions": [(remember, [resolved])],
        "targets": [str(path)],
        "task_dep": ["_promised"] if resolved.request.saved_plan else [],
        "uptodate": [holds(lambda: files.read(path) == content(resolved))],
    }


def catalogue_task(layout: Layout) -> Task:
    """Read the catalogue's YAML once and keep it as JSON: every later command starts in half the time."""
    return {
        "actions": [(read_catalogue, [layout])],
        "targets": [str(layout.catalogue)],
        "uptodate": [holds(lambda: catalogue.fresh(layout))],
    }


def content(resolved: Resolved) -> bytes:
    """The choices as they are remembered."""
    return documents.dump_json(resolved.request.choices.to_json())


@action
def remember(resolved: Resolved) -> None:
    """Write the choices; the workshop is private, since it tells what somebody deploys."""
    files.write(resolved.layout.choices, content(resolved), 0o600)


@action
def read_catalogue(layout: Layout) -> None:
    """Fill the cache of the catalogue."""
    catalogue.load(layout, write_cache=True)
