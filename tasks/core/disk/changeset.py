"""What one transaction changes in both places: wished, staged, exchanged, undone. Lock and signals are its caller's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.console import console
from tasks.core.disk import atomic, files, moves, records, recovery_copy, store
from tasks.core.disk.fingerprints import keyed, store_key
from tasks.core.disk.moves import Move
from tasks.core.disk.records import Record, Step
from tasks.core.disk.recovery import Undetermined, clean, ended
from tasks.core.disk.settings_file import Compute, SettingsEdit
from tasks.core.disk.targets import Targets
from tasks.core.model.errors import Conflict, GatewayError

if TYPE_CHECKING:
    from pathlib import Path
    from types import EllipsisType

    from tasks.core.disk.process_identity import Process
    from tasks.core.model.layout import Layout

Content = bytes | Callable[[], bytes | None]
Holds = Callable[[bytes | None], bool]


class Wish(NamedTuple):
    """One file as it shall be: its content (None: no file), and what was found when that was decided."""

    content: Content | None
    mode: int
    expected: bytes | EllipsisType | None


class Edit(NamedTuple):
    """settings.json as it shall be; see Transaction.edit()."""

    compute: Compute
    undo: Compute | None
    holds: Holds | None


class ChangeSet:
    """Wishes first; then prepare(), exchange(), and end() or undo().

    Where there is something to prove, place() comes before exchange().
    """

    def __init__(self, layout: Layout, targets: Targets, command: str) -> None:
        self.wishes: dict[str, Wish] = {}
        self.edit: Edit | None = None
        self._layout, self._targets, self._command = layout, targets, command
        self._id, self._generation = targets.identifier(), 0
        self._moves: dict[str, Move] = {}
        self._settings: SettingsEdit | None = None
        self._is_unproven = False
        self._processes: tuple[Process, ...] = ()
        self._dismissed: tuple[Process, ...] = ()
        # The former second copy, once that has been brought up to date.
        self._copied: bytes | None = None
        self._is_copied = False

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the files that are not, or were not, as wished."""
        return (*self._moves, *(["settings.json"] if self._edited else []))

    def prepare(self) -> None:
        """Stage every new file beside its target, settings.json first; nothing that others see is changed."""
        self._key = store_key(self._layout)
        if self.edit is not None:
            self._settings = SettingsEdit(
                self._layout.settings, self._key, lambda: self._staged("settings"), self.edit.compute
            )
            self._settings.prepare()
        for name in self.wishes:
            self._stage(name)

    def place(self) -> None:
        """Put the new files in place for a proof; a death from here on takes them back.

        settings.json waits, and with it what is made from its edit.
        """
        moves.between("staged")
        self._check_targets()
        self._is_unproven = True
        self._announce()
        moves.between("placed")
        for move in self._fixed.values():
            if not move.forward():
                raise _moved(move.target)
        self._sync()

    def note(self, process: Process) -> None:
        """*process* works with the placed files; see process_identity."""
        self._processes += (process,)
        self._announce()

    def dismiss(self, process: Process) -> None:
        """The new state does not need *process*: it gets its signal once that is certain."""
        self._dismissed += (process,)

    def exchange(self) -> None:
        """Write the record, put the new files in place, and look whether they stand; Conflict when others interfere."""
        moves.between("staged")
        self._check_targets()
        self._is_unproven = False
        self._announce()
        moves.between("committed")
        if self._settings is not None and self._edited:
            self._settings.apply(self._restage)
        for move in self._moves.values():
            if not move.forward():
                raise _moved(move.target)
        self._sync()
        moves.between("applied")
        for move in self._moves.values():
            if not move.stands():
                raise _moved(move.target)

    def end(self) -> None:
        """Unlink the record; Conflict when others overwrote settings.json meanwhile."""
        if self._settings is not None and self.edit is not None and self._settings.overwritten(self.edit.holds):
            raise Conflict(
                "was overwritten by another program at the same time; that was kept, and all else undone",
                "Run the command again.",
                where=str(self._layout.settings),
            )
        self._copied = files.read(self._layout.recovery_copy)
        self._is_copied = True
        recovery_copy.update(self._layout, self._key, self.wishes)
        if self._dismissed:
            self._end_processes()
        else:
            self._targets.record.unlink(missing_ok=True)

    def _end_processes(self) -> None:
        """Leave a record of the processes alone: a death from here on ends them all the same."""
        try:
            records.write(self._targets, Record(self._id, self._command, processes=self._dismissed))
        except (OSError, GatewayError):
            self._targets.record.unlink(missing_ok=True)  # it may be undone still, if this fails
        for process in self._dismissed:
            process.notify()
        with contextlib.suppress(OSError):  # the next command does it
            self._targets.record.unlink(missing_ok=True)

    def undo(self) -> None:
        """Back to what was found; Undetermined when the system refuses, and then the record stays."""
        if not self._targets.record.exists():  # then nothing was exchanged either
            clean(self._targets)
            return
        try:
            left = self._backward()
            self._sync()
            if self._is_copied:
                recovery_copy.put_back(self._layout, self._copied)
            self._targets.record.unlink(missing_ok=True)
        except (OSError, GatewayError) as error:
            raise Undetermined(error) from error
        ended(self._targets)
        if left:
            console.warn(f"left as they are, for they were changed meanwhile: {', '.join(left)}")

    @property
    def _fixed(self) -> dict[str, Move]:
        """The files that do not depend on settings.json."""
        return {name: move for name, move in self._moves.items() if not callable(self.wishes[name].content)}

    def _check_targets(self) -> None:
        if Targets.of(self._layout) != self._targets:
            problem = "the gateway's folder or settings.json was made to lead elsewhere"
            raise Conflict(problem, "Run the command again.")

    @property
    def _edited(self) -> Move | None:
        return self._settings.move if self._settings is not None else None

    def _backward(self) -> list[str]:
        left = [name for name, move in self._moves.items() if not move.backward()]
        if self._settings is not None and self.edit is not None:
            done = self._settings.revert(self.edit.undo, self._announce)
            left += [] if done else ["settings.json"]
        return left

    def _stage(self, name: str) -> None:
        wish, target = self.wishes[name], self._targets.gateway / name
        found = atomic.examine(target)
        data = found.data if found else None
        if wish.expected is not ... and wish.expected != data:
            raise _moved(target)
        content = wish.content() if callable(wish.content) else wish.content
        if content == data and (found is None or found.mode == wish.mode):
            self._moves.pop(name, None)
            return
        staged = self._targets.gateway / self._staged(name)
        if content is not None:
            with store.blame(target):
                store.create(staged, content, wish.mode, owner=found.info if found else None)
        old = keyed(self._key, found.data, found.mode) if found else None
        new = keyed(self._key, content, wish.mode) if content is not None else None
        self._moves[name] = Move(target, staged, old, new, moves.digest_of(self._key, with_mode=True))

    def _staged(self, name: str) -> str:
        self._generation += 1
        return f".gw-{self._id}-{self._generation}-{name}"

    def _restage(self) -> None:
        """settings.json was computed anew: so is what depends on it, and the record names the new staged files."""
        before = dict(self._moves)
        for name, wish in self.wishes.items():
            if callable(wish.content):
                self._stage(name)
        self._announce()
        for name, move in before.items():
            if self._moves.get(name) != move:
                atomic.discard(move.staged)

    def _announce(self, inverse: Move | None = None) -> None:
        """Write the record; with *inverse*, the one whose way forward is the way back."""
        if self._is_unproven:
            self._announce_unproven()
            return
        steps = {name: _step(move) for name, move in self._moves.items()}
        settings = inverse or self._edited
        if inverse is not None:
            steps = {name: step.inverted() for name, step in steps.items()}
        self._sync()
        record = Record(self._id, self._command, steps)
        if settings is not None:
            path = self._targets.settings_path
            record = record._replace(settings=_step(settings), settings_path=path)
        if inverse is None:
            record = record._replace(processes=self._dismissed)
        records.write(self._targets, record)

    def _announce_unproven(self) -> None:
        steps = {name: _step(move).inverted() for name, move in self._fixed.items()}
        self._sync()
        record = Record(self._id, self._command, steps, is_unproven=True)
        records.write(self._targets, record._replace(processes=self._processes))

    def _sync(self) -> None:
        store.sync_directory(self._targets.gateway)
        if self._settings is not None:
            store.sync_directory(self._targets.settings.parent)


def _step(move: Move) -> Step:
    return Step(move.staged.name, move.old, move.new)


def _moved(path: Path) -> Conflict:
    return Conflict("was changed by another program at the same time", "Run the command again.", where=str(path))
