"""Rules of deploying to and leaving a settings.json that belongs to somebody else: nothing of theirs is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tasks.core.claude.ledger import BASE_URL, CREDENTIALS, Displaced, Ledger, Owned, fingerprint, same
from tasks.core.model.secret import unshown
from tasks.core.text.json_edit import REMOVE, Path, Raw, canonical, decoded

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class View(Protocol):
    """A JSON object to look into, such as core.text.json_edit.Document."""

    def raw(self, path: Path, /) -> str | None:
        """The source text at *path*; None when nothing is there."""

    def value(self, path: Path, /) -> Any:  # noqa: ANN401 - any JSON value
        """The value at *path*; () is the whole."""

    def is_object(self, path: Path, /) -> bool:
        """Whether an object stands at *path*."""


class Receipt(NamedTuple):
    """What became of each key."""

    written: tuple[Path, ...] = ()
    unchanged: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    """Left as it is, because the user set or changed it."""
    restored: tuple[Path, ...] = ()
    """Holds again what stood there before us, be it nothing."""
    withheld: tuple[Path, ...] = ()
    """A credential not put back, since the base URL is now another; it stays in the ledger."""


class Step(NamedTuple):
    """What to do to settings.json, and the ledger that is true once it is done.

    *conflicts*: keys that the gateway needs and the user changed; with any of them nothing should be done.
    *remove_file*: we made the file, and nothing but us was in it.
    """

    changes: Mapping[Path, object]
    ledger: Ledger | None
    receipt: Receipt
    conflicts: tuple[Path, ...] = ()
    remove_file: bool = False

    def __repr__(self) -> str:
        return unshown(self)


def applied(
    found: View | None,
    wanted: Mapping[Path, object],
    unless_present: Collection[Path],
    ledger: Ledger | None,
    key: bytes,
    *,
    must: Collection[Path] = (),
    force: bool = False,
    untouched: bool = False,
) -> Step:
    """Make *found* (None: no such file) hold *wanted*: JSON values, or REMOVE for keys that must be absent.

    *unless_present*: keys whose value of the user stands. *must*: keys that may not be the user's, *force*: none may.
    *untouched*: the file is exactly what the ledger left.
    """
    plan = _Plan(found, ledger, key, untouched=untouched)
    if found is None:
        plan.start_over()
    for path, value in wanted.items():
        owned = plan.owned.get(path)
        if plan.is_there(path, value):
            plan.accept(path, value)
        elif owned is None and path in unless_present and plan.present(path):
            plan.note("kept", path)
        elif owned is None:
            plan.take(path, value)
        elif plan.is_ours(path, owned) or (path in must and not plan.present(path)):
            plan.write(path, value, owned)
        elif force:
            plan.store(path, owned)
            plan.take(path, value)
        else:
            plan.note("conflicts" if path in must else "kept", path)
    plan.undo([path for path in plan.owned if path not in wanted])
    return plan.step()


def undone(found: View | None, ledger: Ledger | None, key: bytes) -> Step:
    """Give *found* back: each key that still holds what we wrote holds again what stood there before."""
    plan = _Plan(found, ledger, key)
    plan.undo(list(plan.owned), leaving=True)
    step = plan.step()
    left = Ledger(file_existed=True, displaced=tuple(plan.displaced)) if plan.displaced else None
    return step._replace(ledger=left)


class _Nothing:
    """The view of a file that is not there."""

    def raw(self, _path: Path, /) -> str | None:
        return None

    def value(self, _path: Path, /) -> Any:  # noqa: ANN401
        return None

    def is_object(self, _path: Path, /) -> bool:
        return False


class _Plan:
    """Collects, key by key, the changes, the new ledger and the receipt."""

    def __init__(self, found: View | None, ledger: Ledger | None, key: bytes, *, untouched: bool = False) -> None:
        self.found: View = _Nothing() if found is None else found
        self.key, self.ledger, self.missing, self.untouched = key, ledger, found is None, untouched
        self.owned = dict(ledger.owned) if ledger else {}
        self.displaced = list(ledger.displaced) if ledger else []
        self.changes: dict[Path, object] = {}
        self.notes: dict[str, list[Path]] = {}

    def note(self, what: str, path: Path) -> None:
        """Put *path* into that list of the receipt."""
        self.notes.setdefault(what, []).append(path)

    def present(self, path: Path) -> bool:
        """Whether anything stands at *path*."""
        return self.found.raw(path) is not None

    def current(self, path: Path) -> object:
        """What stands at *path*; REMOVE for nothing."""
        return self.found.value(path) if self.present(path) else REMOVE

    def is_there(self, path: Path, value: object) -> bool:
        """Whether *value* already stands at *path*."""
        current = self.current(path)
        if value is REMOVE or current is REMOVE:
            return value is current
        return canonical(current) == canonical(value)

    def is_ours(self, path: Path, owned: Owned) -> bool:
        """Whether what we wrote to *path* still stands there."""
        return same(owned.fingerprint, fingerprint(self.key, path, self.current(path)))

    def accept(self, path: Path, value: object) -> None:
        """What is wanted stands there: it stays whose it was."""
        owned = self.owned.get(path) or self._found(path)
        if path not in self.owned and self.ledger and not self.untouched and path in CREDENTIALS | {BASE_URL}:
            owned = Owned(None, "")  # somebody put our address or key back; nobody else has them
        self._own(path, value, owned)
        self.note("unchanged", path)

    def take(self, path: Path, value: object) -> None:
        """Write to a key that is not ours, and remember what stood there."""
        self.write(path, value, self._found(path))

    def write(self, path: Path, value: object, owned: Owned) -> None:
        """Write to a key that is ours."""
        self.changes[path] = value
        self._own(path, value, owned)
        self.note("written", path)

    def start_over(self) -> None:
        """The file is gone, and with it all that was ours in it."""
        for path, owned in self.owned.items():
            self.store(path, owned)
        self.owned = {}

    def store(self, path: Path, owned: Owned) -> None:
        """Keep the credential that *owned* remembers; it leaves the ledger only by being put back."""
        if path in CREDENTIALS and owned.before is not None:
            kept = Displaced(path, owned.before, owned.bound_to)
            self.displaced = [one for one in self.displaced if one != kept] + [kept]

    def undo(self, paths: Collection[Path], *, leaving: bool = False) -> None:
        """Give these keys back, the base URL first: it decides about the credentials."""
        for path in sorted(paths, key=lambda path: path != BASE_URL):
            owned = self.owned.pop(path)
            ours = self.is_ours(path, owned)
            if self.found.raw(path) == owned.before or (not ours and self.is_there(path, _before(owned))):
                self.note("unchanged", path)
            elif not ours:
                self.store(path, owned)
                self.note("kept", path)
            elif owned.before is None:
                self._give_back(path, REMOVE)
            elif path not in CREDENTIALS or owned.bound_to == self._server_after():
                self._give_back(path, Raw(owned.before))
            else:
                self._withhold(path, owned, leaving=leaving)
        self._prune()

    def step(self) -> Step:
        """The outcome."""
        ledger = Ledger(self._file_existed(), self.owned, self._created(), tuple(self.displaced))
        ledger = ledger._replace(seal=self.ledger.seal) if self.ledger else ledger
        conflicts = tuple(self.notes.pop("conflicts", ()))
        receipt = Receipt(**{what: tuple(paths) for what, paths in self.notes.items()})
        gone = not self.missing and not ledger.file_existed and not self._remaining(())
        return Step(self.changes, ledger, receipt, conflicts, gone)

    def _found(self, path: Path) -> Owned:
        """What stands at *path*, as the user's."""
        before = self.found.raw(path)
        return Owned(before, "", self._server_before() if path in CREDENTIALS and before is not None else None)

    def _own(self, path: Path, value: object, owned: Owned) -> None:
        self.owned[path] = owned._replace(fingerprint=fingerprint(self.key, path, value))

    def _server_before(self) -> str | None:
        """The base URL that belongs to what stands in the file."""
        ours = self.ledger.owned.get(BASE_URL) if self.ledger and self.untouched else None
        return _server(_before(ours) if ours else self.current(BASE_URL))

    def _server_after(self) -> str | None:
        """The base URL once the changes so far are made."""
        value = self.changes.get(BASE_URL, self.current(BASE_URL))
        return _server(decoded(value.text) if isinstance(value, Raw) else value)

    def _give_back(self, path: Path, value: object) -> None:
        self.changes[path] = value
        self.note("restored", path)

    def _withhold(self, path: Path, owned: Owned, *, leaving: bool) -> None:
        """A credential of another server stays in the ledger; while we are there, as one that is still to go back."""
        if not leaving:
            self.changes[path] = REMOVE
            self._own(path, REMOVE, owned)
            return self.note("withheld", path)
        fitting = [one for one in self.displaced if (one.path, one.bound_to) == (path, self._server_after())]
        self.store(path, owned)
        if fitting:  # an older one that the user replaced while we were there
            self.displaced.remove(fitting[-1])
            return self._give_back(path, Raw(fitting[-1].text))
        self.changes[path] = REMOVE
        return self.note("withheld", path)

    def _prune(self) -> None:
        """Take away the objects that we made, where nothing is left in them."""
        for path in sorted(self.ledger.created if self.ledger else (), key=len, reverse=True):
            if self.found.is_object(path) and not self._remaining(path):
                self.changes[path] = REMOVE

    def _remaining(self, path: Path) -> bool:
        """Whether anything is in the object at *path* once the changes are made."""
        value = self.found.value(path)
        names = value if isinstance(value, dict) else ()
        if any(self.changes.get((*path, name)) is not REMOVE for name in names):
            return True
        return any(
            one[: len(path)] == path and len(one) > len(path) and change is not REMOVE
            for one, change in self.changes.items()
        )

    def _created(self) -> tuple[Path, ...]:
        """The objects that we made or are going to make."""
        old = self.ledger.created if self.ledger else ()
        still = [path for path in old if self.found.is_object(path) and self.changes.get(path) is not REMOVE]
        written = [path for path, value in self.changes.items() if value is not REMOVE]
        parents = [path[:length] for path in written for length in range(1, len(path))]
        return tuple(dict.fromkeys([*still, *(path for path in parents if not self.present(path))]))

    def _file_existed(self) -> bool:
        """Whether there was a file before us: False only when we make it or made it."""
        if self.missing:
            return all(value is REMOVE for value in self.changes.values())
        return self.ledger.file_existed if self.ledger and self.ledger.owned else True


def _before(owned: Owned) -> object:
    return REMOVE if owned.before is None else decoded(owned.before)


def _server(value: object) -> str | None:
    """A base URL as it can be compared; None when there is none."""
    return None if value is REMOVE else value if isinstance(value, str) else canonical(value)
