"""What the steps of one run share: its transaction, and what it did.

    begin ─► steps stage their changes ─► commit ─┬─► finish ─► close
                                                  └─► close: undo

In a deployment install and settings share one transaction, which the task _commit commits. A step
that runs alone commits and finishes its own.
"""

from __future__ import annotations

import contextlib
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.console import console, summary
from tasks.core.disk import transaction as disk_transaction
from tasks.core.history import history
from tasks.core.model.errors import GatewayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tasks.core.console.summary import Summary
    from tasks.core.disk.transaction import Transaction
    from tasks.core.model.layout import Layout


class _Open(NamedTuple):
    """A transaction that has begun, and where."""

    transaction: Transaction
    layout: Layout


class Session:
    """Made once for a run, and handed to its steps and to the reporter.

    *is_shared*: the steps leave the commit to a task of its own.
    """

    def __init__(self) -> None:
        self.is_shared = False
        self._is_finished = False
        self._open: _Open | None = None
        self._on_commit: list[Callable[[], None]] = []
        self._on_undo: list[Callable[[], None]] = []

    @cached_property
    def summary(self) -> Summary:
        """What this run did."""
        return summary.Summary()

    @property
    def is_open(self) -> bool:
        """Whether something is, or was, about to be written."""
        return self._open is not None

    def begin(self, layout: Layout) -> Transaction:
        """Open the transaction of this run, if it is not open yet.

        It holds the lock, and what a dead command left is recovered first.
        """
        if self._open is None:
            command = " ".join(self.summary.selected) or "doit"
            transaction = disk_transaction.Transaction.begin(layout, command=command)
            self._open = _Open(transaction, layout)
            self._is_finished = False
            self.summary.log = layout.deployment_log
            history.mend(layout)
            history.settle(layout, _find_current_number(layout))
        return self._open.transaction

    @contextmanager
    def join(self, layout: Layout) -> Iterator[Transaction]:
        """The transaction of this run; a step that runs alone commits and finishes it."""
        yield self.begin(layout)
        if not self.is_shared:
            self.commit()
            self.finish()

    def when_committed(self, action: Callable[[], None]) -> None:
        """Call *action* once the changes are committed; when it raises, they are undone."""
        self._on_commit.append(action)

    def when_undone(self, action: Callable[[], None]) -> None:
        """Call *action* after the files of this run were undone, if they are.

        For what is not a file: a process that took them over.
        """
        if self._open is not None:
            self._on_undo.append(action)

    def commit(self) -> None:
        """Put what was staged in place."""
        if self._open is None:
            return
        self._open.transaction.commit()
        for action in self._on_commit:
            action()

    def finish(self, *, last: bool = True) -> None:
        """Nothing is undone any more; *last*: and nothing is left to do but to report."""
        if self._open is None:
            return
        transaction, layout = self._open
        transaction.finish(last=last)
        self._is_finished = True
        with warn_of_failure(layout.history):
            number = _find_current_number(layout)
            history.settle(layout, number or history.next_number(layout))

    def close(self) -> None:
        """Undo what was not finished, let the next command in, then undo what is no file."""
        if self._open is None:
            return
        transaction, layout = self._open
        self._open = None
        if self._is_finished:
            transaction.close()
            return
        has_changed = bool(transaction.changed)
        _forget_prepared(layout)
        try:
            transaction.close()
        finally:
            for action in self._on_undo:
                action()
        if has_changed:
            console.warn("what this run had changed was undone")


@contextmanager
def warn_of_failure(path: Path) -> Iterator[None]:
    """For tidying up after what is done: a disk that refuses it is no reason to fail."""
    try:
        yield
    except OSError as error:
        console.warn(f"{path}: {error.strerror}; the next command tries again")


def _find_current_number(layout: Layout) -> int | None:
    manifest = history.installed(layout)
    if manifest is None:
        return None
    return manifest.revision


def _forget_prepared(layout: Layout) -> None:
    """Remove the revision that was only prepared, and folders that were made for this run.

    What cannot be removed is left to the next command.
    """
    import shutil

    with contextlib.suppress(OSError, GatewayError):
        number = history.next_number(layout)
        shutil.rmtree(layout.history / f"{number:04}{history.PREPARED}")
        layout.history.rmdir()
    with contextlib.suppress(OSError):
        layout.backups.rmdir()
