"""The frame around every change: one at a time, all of it or nothing, undone when a later step fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action

if TYPE_CHECKING:
    from tasks.core.history.session import Session
    from tasks.core.model.layout import Layout


def together_task(session: Session) -> Task:
    """First in a deployment: install and settings leave the commit to `_commit`."""
    return {"actions": [(share, [session])]}


def open_task(layout: Layout, session: Session) -> Task:
    """A setup of everything that writes: runs only when something is about to be written."""
    return {
        "actions": [(begin, [layout, session])],
        "teardown": [session.close],
    }


def commit_task(session: Session) -> Task:
    """Make true what install and settings prepared."""
    return {
        "actions": [(commit, [session])],
        "task_dep": ["_prove"],
    }


def finish_task(session: Session) -> Task:
    """Once verified, nothing is undone any more."""
    return {"actions": [(finish, [session])], "task_dep": ["_verify"]}


@action
def share(session: Session) -> None:
    """Let the steps of this run share one transaction."""
    session.is_shared = True


@action
def begin(layout: Layout, session: Session) -> None:
    """Take the lock, and recover what a dead command left."""
    session.begin(layout)


@action
def commit(session: Session) -> None:
    """Commit the transaction of this run, if there is one."""
    session.commit()


@action
def finish(session: Session) -> None:
    """Finish the transaction of this run, if there is one."""
    session.finish()
