"""A step of settings.json: what is looked into, what changes, and what became of each key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tasks.core.model.secret import unshown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.claude.ledger import Ledger
    from tasks.core.text.json_edit import Path


class View(Protocol):
    """A JSON object to look into, such as core.text.json_edit.Document."""

    def raw(self, path: Path, /) -> str | None:
        """The source text at *path*; None when nothing is there."""

    def value(self, path: Path, /) -> Any:  # noqa: ANN401 - any JSON value
        """The value at *path*; () is the whole."""

    def names(self, path: Path, /) -> list[str] | None:
        """The names of what is in the object or list at *path*; None when neither is there."""


class Receipt(NamedTuple):
    """What became of each key."""

    written: tuple[Path, ...] = ()
    unchanged: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    """Left as it is, because the user set or changed it."""
    restored: tuple[Path, ...] = ()
    """Set back to the value that it had before us."""
    removed: tuple[Path, ...] = ()
    """Ours; it had no value before us."""
    withheld: tuple[Path, ...] = ()
    """A credential not put back, since the base URL is now another; it stays in the ledger."""


class Step(NamedTuple):
    """What to do to settings.json, and the ledger that is true once it is done.

    *conflicts*: keys that the gateway needs and the user changed; with any of them nothing should
    be done.
    *remove_file*: we made the file, and nothing but us was in it.
    """

    changes: Mapping[Path, object]
    ledger: Ledger | None
    receipt: Receipt
    conflicts: tuple[Path, ...] = ()
    remove_file: bool = False

    def __repr__(self) -> str:
        return unshown(self)


class Nothing:
    """The view of a file that is not there."""

    def raw(self, _path: Path, /) -> str | None:
        """See View."""
        return None

    def value(self, _path: Path, /) -> Any:  # noqa: ANN401
        """See View."""
        return None

    def names(self, _path: Path, /) -> list[str] | None:
        """See View."""
        return None
