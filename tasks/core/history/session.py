"""The transaction of this run: one for install and settings in a deployment, one each when they run alone."""

from __future__ import annotations

import contextlib
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tasks.core.console import console, summary
from tasks.core.disk import transaction
from tasks.core.history import history
from tasks.core.model.errors import GatewayError
from tasks.core.model.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tasks.core.disk.transaction import Transaction
    from tasks.core.model.release import Change


class Session:
    """What the steps of one process share."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.transaction: Transaction | None = None
        self.finished = False
        self.together = False
        self.tellers: list[Callable[[], None]] = []
        self.undoers: list[Callable[[], None]] = []


this = Session(Layout.of(os.environ))


def begin(layout: Layout, command: str) -> None:
    """Open the transaction of this run, if it is not open yet."""
    if this.transaction is None:
        this.transaction = transaction.Transaction.begin(layout, command=command)
        this.layout = layout
        summary.this.log = layout.deployment_log
        history.mend(layout)
        manifest = history.installed(layout)
        history.settle(layout, manifest.revision if manifest else None)


@contextmanager
def joined(layout: Layout) -> Iterator[Transaction]:
    """The open transaction; a step that runs alone commits and finishes it itself."""
    begin(layout, "doit")
    assert this.transaction is not None
    yield this.transaction
    if not this.together:
        commit()
        finish()


def put(into: Transaction, change: Change) -> None:
    """Stage one change of a deployed file."""
    if not change.writes:
        return
    if change.beside and change.found is not None:
        into.put(change.beside, change.found, 0o600)
    if change.data is None:
        into.remove(change.file)
    else:
        into.put(change.file, change.data, change.mode)


def when_committed(tell: Callable[[], None]) -> None:
    """Call *tell* once it is true: what is edited last-minute is known only then."""
    this.tellers.append(tell)


def when_undone(undo: Callable[[], None]) -> None:
    """Call *undo* after everything of this run was undone, if it is: for what a transaction of files cannot hold."""
    if this.transaction is not None:
        this.undoers.append(undo)


def commit() -> None:
    """Make true what was staged."""
    if this.transaction is not None:
        this.transaction.commit()
        for tell in this.tellers:
            tell()


def finish(*, last: bool = True) -> None:
    """From here on nothing is undone; *last*: and nothing is left to do but to tell."""
    if this.transaction is not None:
        this.transaction.finish(last=last)
        this.finished = True
        with afterwards(this.layout.history):
            manifest = history.installed(this.layout)
            history.settle(this.layout, manifest.revision if manifest else history.next_number(this.layout))


@contextmanager
def afterwards(path: Path) -> Iterator[None]:
    """What is done holds; a disk that refuses the tidying up after it is worth a warning, not a failure."""
    try:
        yield
    except OSError as error:
        console.warn(f"{path}: {error.strerror}; the next command tries again")


def close() -> None:
    """Undo what was not finished, let the next one in, then undo what is not of files."""
    open_one, this.transaction = this.transaction, None
    if open_one is None:
        return
    if this.finished:
        open_one.close()
        return
    changed = bool(open_one.changed)
    with contextlib.suppress(OSError, GatewayError):  # what was only prepared; the next command tries again
        shutil.rmtree(this.layout.history / f"{history.next_number(this.layout):04}{history.PREPARED}")
        this.layout.history.rmdir()
    with contextlib.suppress(OSError):
        this.layout.backups.rmdir()
    try:
        open_one.close()
    finally:
        for undo in this.undoers:
            undo()
    if changed:
        console.warn("what this run had changed was undone")
