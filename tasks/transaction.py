"""The frame around every change: one at a time, all of it or nothing, undone when a later step fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.deploying.remembered import refuse_moved
from tasks.core.frame import ending
from tasks.core.model.errors import GatewayError

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.history.session import Session


def together_task(session: Session) -> Task:
    """First in a deployment: install and settings leave the commit to `_commit`."""
    return {"actions": [(share, [session])]}


def open_task(resolved: Resolved, session: Session) -> Task:
    """A setup of everything that writes: runs only when something is about to be written."""
    return {
        "actions": [(begin, [resolved, session])],
        "teardown": [(close, [session])],
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
def begin(resolved: Resolved, session: Session) -> None:
    """Take the lock, recover what a dead command left, and see that this run is not outdated."""
    session.begin(resolved.layout)
    if known := resolved.request.remembered:
        refuse_moved(known)


@action
def commit(session: Session) -> None:
    """Commit the transaction of this run, if there is one."""
    session.commit()


@action
def finish(session: Session) -> None:
    """Finish the transaction of this run, if there is one."""
    session.finish()


def close(session: Session) -> bool:
    """Undo what was not finished, and let the next command in; False when that failed.

    Why is said here: doit keeps no more of a failed teardown than that it failed.
    """
    try:
        session.close()
    except (GatewayError, OSError) as error:
        ending.report(error)
        return False
    return True
