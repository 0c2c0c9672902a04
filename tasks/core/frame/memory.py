"""doit's memory of which steps are up to date: damaged, locked or gone, it ends no command.

Without it every step is looked at once more, which is right, only slower.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.dependency import FileChangedChecker, SqliteDB

from tasks.core.console import console
from tasks.core.disk import signals

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from tasks.core.disk.content import Print

NOWHERE = ":memory:"
PATIENCE = 0.2
"""Seconds to wait for another command; doit itself would wait five."""

ONCE_MORE = "every step is looked at once"
CHECKER = "checker:"
"""The key in a record under which doit has what compared its files."""

TABLE = "create table if not exists doit (task_id text not null primary key, task_data json)"
"""As doit makes it."""


def make_folder(folder: Path) -> None:
    """See that *folder*, build/ or a part of it, is there, and private."""
    try:
        # Without a cache folder of any program, that one is made as well.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        console.warn(f"{folder} cannot be made ({error.strerror})")


class Unusable(Exception):
    """The memory cannot be used by a command that exists to change it."""


class Memory(SqliteDB):  # type: ignore[misc]
    """doit's own backend, but for its failures, each of which is a warning.

    The file *name* is opened when it is first needed: until then it can be another one.
    """

    def __init__(
        self,
        name: str,
        codec: Any,  # noqa: ANN401 - doit's
        *,
        module_name: str | None = None,  # noqa: ARG002 - as doit calls it
    ) -> None:
        self.is_told = False
        # In place of doit's own, which opens the file at once.
        self.name = name
        self.codec = codec
        self._cache: dict[str, dict[str, Any]] = {}
        self._dirty: set[str] = set()

    @cached_property
    def _conn(self) -> sqlite3.Connection:
        make_folder(Path(self.name).absolute().parent)
        return self._sqlite3(self.name)

    @property
    def is_open(self) -> bool:
        """Whether anything was read from it, or is to be written."""
        return bool(self._dirty) or "_conn" in vars(self)

    @property
    def _exists(self) -> bool:
        """Whether there is anything to read: a command that only looks makes no file."""
        return "_conn" in vars(self) or Path(self.name).exists()

    def _sqlite3(self, name: str) -> sqlite3.Connection:
        """The connection to the file *name*; to an empty in-memory one when that fails."""
        import sqlite3

        try:
            return self._opened(name)
        except (sqlite3.OperationalError, OSError) as error:
            self._lose(f"doit's memory {name} cannot be used ({error}); {ONCE_MORE}")
        except sqlite3.DatabaseError:
            if self._is_set_aside(name):
                return self._sqlite3(name)
        return self._connected(NOWHERE)

    def _opened(self, name: str) -> sqlite3.Connection:
        """The connection to a file that is whole and writable; else raise sqlite3.Error."""
        import sqlite3

        # Asked with a connection of our own first: doit's would wait five seconds for a lock.
        asking = sqlite3.connect(name, timeout=PATIENCE)
        try:
            asking.execute("begin immediate")
            # Made here: doit reports a full disk as it does a damaged file.
            asking.execute(TABLE)
            asking.commit()
            found = asking.execute("pragma quick_check(1)").fetchone()
        finally:
            asking.close()
        if found != ("ok",):
            raise sqlite3.DatabaseError(found[0])
        return self._connected(name)

    def _connected(self, name: str) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._sqlite3(name)
        connection.execute(f"pragma busy_timeout = {int(PATIENCE * 1000)}")
        return connection

    def _is_set_aside(self, name: str) -> bool:
        """Whether a damaged file could be moved out of the way."""
        place = Path(name).absolute()
        try:
            os.replace(name, f"{name}.damaged")  # noqa: PTH105 - doit has it as text
        except OSError as error:
            why = f"is damaged and in the way ({error.strerror})"
            self._lose(f"{place} {why}; {ONCE_MORE}")
            return False
        self._warn(f"{place} was damaged; doit starts with an empty memory, so {ONCE_MORE}")
        return True

    def _get_task_data(self, task_id: str) -> dict[str, Any]:
        """What is known of a step; nothing when its record cannot be read."""
        import sqlite3

        if not self._exists:
            return {}
        try:
            data: dict[str, Any] = super()._get_task_data(task_id)
        except (sqlite3.Error, ValueError):
            self._warn(f"a record in doit's memory {self.name} cannot be read; its step runs again")
            return {}
        return data

    def list_records(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The names of the steps of which something is known, and what.

        Nothing is known of one whose record cannot be read: then its step runs again.
        """
        ask = "select task_id from doit order by task_id"
        found = self._conn.execute(ask)
        rows = found.fetchall()
        for row in rows:
            name = row["task_id"]
            record = self._get_task_data(name)
            yield name, record

    def dump(self) -> None:
        """Write what is new, and close. The steps are over: no signal changes how they ended."""
        import sqlite3

        signals.ignore()
        self._drop_empty()
        if not self.is_open:
            return
        # Within doit this comes before the teardown, which a failure here would leave out.
        try:
            super().dump()
        except (sqlite3.Error, OSError) as error:
            again = "the next run looks at every step again"
            self.is_told = False
            self._lose(f"doit's memory could not be written ({error}); {again}")

    def _drop_empty(self) -> None:
        """Write nothing of a step that depends on nothing: it is never up to date."""
        for task_id in list(self._dirty):
            if is_empty(self._cache[task_id]):
                self._dirty.remove(task_id)

    def in_(self, task_id: str) -> bool:
        """Whether there is a record of a step."""
        import sqlite3

        try:
            return bool(super().in_(task_id))
        except sqlite3.Error:
            return False

    def remove(self, task_id: str) -> None:
        """Forget a step, as doit does when it failed."""
        import sqlite3

        if not self._exists:
            self._cache.pop(task_id, None)
            self._dirty.discard(task_id)
            return
        try:
            super().remove(task_id)
        except sqlite3.Error as error:
            self._cache[task_id] = {}  # nothing is known of it in this run
            self._lose(f"doit's memory could not be written ({error})")

    def remove_all(self) -> None:
        """Forget every step."""
        import sqlite3

        try:
            super().remove_all()
        except sqlite3.Error as error:
            self._lose(f"doit's memory could not be written ({error})")

    def _lose(self, text: str) -> None:
        """Say what cannot be remembered."""
        self._warn(text)

    def _warn(self, text: str) -> None:
        if not self.is_told:
            console.warn(text)
        self.is_told = True


def is_empty(record: Mapping[str, Any]) -> bool:
    """Whether doit has kept nothing of a step but that it ran."""
    return not any(
        value  # of the step; the name of the checker says nothing about it
        for key, value in record.items()
        if key != CHECKER
    )


class NeededMemory(Memory):
    """For the commands that only change the memory: without it they have done nothing."""

    def _lose(self, text: str) -> None:
        raise Unusable(text.partition(";")[0])


class Content(FileChangedChecker):  # type: ignore[misc]
    """doit's check of file dependencies, by content.

    doit's own takes a file of the same time for the same file, even when its size is another.
    """

    def check_modified(
        self,
        file_path: str,
        file_stat: os.stat_result,
        state: Print,
    ) -> bool:
        """Whether a file has another content than was kept of it."""
        from tasks.core.disk import content

        try:
            signature, digest = state
        except (ValueError, TypeError):  # a damaged record
            return True
        if content.sign(file_stat) == signature:
            return False
        return content.digest(file_path) != str(digest)

    def get_state(self, dep: str, current_state: Print | None) -> Print | None:
        """What to keep of a file; None when that is kept already."""
        from tasks.core.disk import content

        signature = content.sign(os.stat(dep))  # noqa: PTH116 - an eighth of what Path takes
        if current_state and current_state[0] == signature:
            return None
        return [signature, content.digest(dep)]
