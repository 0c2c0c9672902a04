"""What the steps of one run share: its transaction, and what it did.

    begin ─► steps stage changes ─► (place ─► proof) ─► commit ─┬─► finish ─► close
                                                                └─► close: undo

In a deployment install and settings share one transaction, which the task _commit commits. A step
that runs alone commits and finishes its own.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.console import console, summary
from tasks.core.disk import process_identity
from tasks.core.disk import transaction as disk_transaction
from tasks.core.history import aftermath, history

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tasks.core.console.summary import Summary
    from tasks.core.disk.transaction import Transaction
    from tasks.core.model.layout import Layout


AS_BEFORE = "settings.json is unchanged"
UNDONE = f"what this run had changed was undone; {AS_BEFORE}"
UNTOUCHED = f"nothing was changed; {AS_BEFORE}"
HALF_DONE = "this is half done; the next command finishes it, or undoes it"
"""What a deployment that failed has left."""


class _Open(NamedTuple):
    """A transaction that has begun, and where."""

    transaction: Transaction
    layout: Layout


class Session:
    """Made once for a run, and handed to its steps and to the reporter.

    *is_shared*: the steps leave the commit to a task of its own. What is no file, such as a process
    that was started for the proof, is registered with what to do about it: when_undone,
    before_commit, when_finished.
    """

    def __init__(self) -> None:
        self.is_shared = False
        self._is_finished = False
        self._outcome = UNTOUCHED
        self._open: _Open | None = None
        self._before_commit: list[Callable[[], object]] = []
        self._on_commit: list[Callable[[], None]] = []
        self._on_finish: list[Callable[[], object]] = []
        self._on_undo: list[Callable[[], None]] = []

    @cached_property
    def summary(self) -> Summary:
        """What this run did."""
        return summary.Summary()

    @property
    def is_open(self) -> bool:
        """Whether something is, or was, about to be written."""
        return self._open is not None

    @property
    def outcome(self) -> str:
        """What a command that failed has left, for its last line; "" where that says nothing."""
        if self._is_finished:
            return ""
        if self.is_shared or self._outcome != UNTOUCHED:
            return self._outcome
        return ""

    @property
    def is_unsettled(self) -> bool:
        """Whether the state is neither old nor new, and the next command ends that."""
        return self._outcome == HALF_DONE

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
            aftermath.settle(layout, history.find_true(layout))
        return self._open.transaction

    @contextmanager
    def join(self, layout: Layout) -> Iterator[Transaction]:
        """The transaction of this run; a step that runs alone commits and finishes it."""
        yield self.begin(layout)
        if not self.is_shared:
            self.complete()

    def when_committed(self, action: Callable[[], None]) -> None:
        """Call *action* once the changes are committed; when it raises, they are undone."""
        self._on_commit.append(action)

    def when_undone(self, action: Callable[[], None]) -> None:
        """Call *action* after the files of this run were undone, if they are; the last one first.

        For what is not a file: a process that took them over.
        """
        if self._open is not None:
            self._on_undo.append(action)

    def before_commit(self, action: Callable[[], object]) -> None:
        """Call *action* when the proof has succeeded; at once where there is no transaction."""
        self._at(self._before_commit, action)

    def when_finished(self, action: Callable[[], object]) -> None:
        """Call *action* once nothing is undone any more; at once where there is no transaction."""
        self._at(self._on_finish, action)

    def place(self) -> None:
        """Put the files in place so that they can be proven; settings.json waits for commit()."""
        if self._open is not None:
            self._open.transaction.place()

    def note(self, pid: int, number: int) -> None:
        """In a transaction: a death before the commit sends the signal *number* to *pid*."""
        if self._open is not None:
            self._open.transaction.note(pid, number)

    def dismiss(self, pid: int) -> None:
        """Have *pid* end once nothing is undone any more; without a transaction at once.

        When this command dies before that, the next one sees to it.
        """
        if self._open is None:
            process_identity.observe(pid, signal.SIGTERM).notify()
        else:
            self._open.transaction.dismiss(pid)

    def commit(self) -> None:
        """Put what was staged in place."""
        if self._open is None:
            return
        for action in self._before_commit:
            action()
        self._open.transaction.commit()
        for action in self._on_commit:
            action()

    def finish(self) -> None:
        """Nothing is undone any more, and nothing is left to do but to report."""
        if self._open is None:
            return
        transaction, layout = self._open
        transaction.finish(last=True)
        self._is_finished = True
        with warn_of_failure(layout.history):
            aftermath.settle(layout, history.find_true(layout))
        for action in self._on_finish:
            with warn_of_failure(layout.gateway):
                action()

    def complete(self) -> None:
        """Commit and finish.

        For a step that runs alone.
        """
        self.commit()
        self.finish()

    def close(self) -> None:
        """Undo what was not finished: the files, then what is no file; then free the lock."""
        if self._open is None:
            return
        transaction, layout = self._open
        self._open = None
        if self._is_finished:
            transaction.close()
            return
        has_changed = bool(transaction.changed)
        try:
            with transaction.uninterrupted():
                self._undo(transaction, layout)
        finally:
            self._release(transaction, has_changed=has_changed)

    def _release(self, transaction: Transaction, *, has_changed: bool) -> None:
        """Free the lock; what is left is read from what is there, whatever was meant to be."""
        try:
            transaction.close()
        finally:
            self._outcome = UNTOUCHED
            if has_changed:
                self._outcome = UNDONE
            if not transaction.is_settled:
                self._outcome = HALF_DONE

    def _undo(self, transaction: Transaction, layout: Layout) -> None:
        try:
            transaction.undo()
        finally:
            self._forget_traces(layout)
            for action in reversed(self._on_undo):
                with warn_of_failure(layout.gateway):
                    action()

    def _forget_traces(self, layout: Layout) -> None:
        """Remove what was made for what is undone now; of a first deployment the log, too."""
        aftermath.clean(layout)
        if aftermath.is_unused(layout):
            self.summary.log = self.summary.backup = None

    def _at(self, actions: list[Callable[[], object]], action: Callable[[], object]) -> None:
        if self._open is None:
            action()
        else:
            actions.append(action)


@contextmanager
def warn_of_failure(path: Path) -> Iterator[None]:
    """For tidying up after what is done: a disk that refuses it is no reason to fail."""
    try:
        yield
    except OSError as error:
        console.warn(f"{path}: {error.strerror}; the next command tries again")
