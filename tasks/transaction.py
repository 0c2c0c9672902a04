"""The frame around every change: one at a time, all of it or nothing, undone when a later step fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.console import summary
from tasks.core.history import session

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.layout import Layout


def together_task() -> Task:
    """First in a deployment: install and settings leave the commit to `_commit`."""
    return {"actions": [(join, [])]}


def open_task(layout: Layout) -> Task:
    """A setup of everything that writes: runs only when something is about to be written."""
    return {"actions": [(begin, [layout])], "teardown": [(end, [])]}


def commit_task() -> Task:
    """Make true what install and settings prepared."""
    return {"actions": [(commit, [])], "task_dep": ["install", "settings", "_held"]}


def finish_task(resolved: Resolved) -> Task:
    """Once verified, nothing is undone any more."""
    return {"actions": [(finish, [resolved])], "task_dep": ["_swap"]}


@action
def join() -> None:
    """Let the steps of this run share one transaction."""
    session.this.together = True


@action
def begin(layout: Layout) -> None:
    """Take the lock, mend what a crash left behind."""
    session.begin(layout, " ".join(summary.this.selected) or "doit")


def end() -> None:
    """Undo what was not finished, and let the next command in."""
    session.close()


@action
def commit() -> None:
    """Commit the transaction of this run, if there is one."""
    session.commit()


@action
def finish(resolved: Resolved) -> None:
    """Finish the transaction of this run, if there is one."""
    session.finish(last=not resolved.request.flags.start)
