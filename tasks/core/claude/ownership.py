"""Rules of deploying to and leaving a settings.json that belongs to somebody else: nothing of theirs is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.claude import chosen_model
from tasks.core.claude.decisions import Decision, Key, decide, decide_release
from tasks.core.claude.ledger import BASE_URL, CREDENTIALS, Displaced, Ledger, Owned, fingerprint, same
from tasks.core.claude.settings_step import Nothing, Receipt, Step
from tasks.core.text.json_edit import REMOVE, Path, Raw, canonical, decoded

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tasks.core.claude.settings_step import View


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
        decision = decide(
            plan.look_at(path, value),
            is_optional=path in unless_present,
            is_needed=path in must,
            is_forced=force,
        )
        plan.apply(path, value, decision)
    plan.release([path for path in plan.owned if path not in wanted])
    return plan.step()


def undone(found: View | None, ledger: Ledger | None, key: bytes) -> Step:
    """Give *found* back: each key that still holds what we wrote holds again what stood there before."""
    plan = _Plan(found, ledger, key)
    plan.release([*plan.owned], is_leaving=True)
    if chosen_model.is_left(plan.found, plan.changes):
        plan.changes[chosen_model.KEY] = REMOVE
    step = plan.step()
    left = Ledger(file_existed=True, displaced=tuple(plan.displaced)) if plan.displaced else None
    return step._replace(ledger=left)


class _Plan:
    """Collects, key by key, the changes, the new ledger and the receipt."""

    def __init__(self, found: View | None, ledger: Ledger | None, key: bytes, *, untouched: bool = False) -> None:
        self.found: View = Nothing() if found is None else found
        self.key, self.ledger, self.missing, self.untouched = key, ledger, found is None, untouched
        self.owned = dict(ledger.owned) if ledger else {}
        self.displaced = list(ledger.displaced) if ledger else []
        self.beside: Mapping[Path, str] = {}
        if ledger is not None:
            self.beside = ledger.beside
        self.changes: dict[Path, object] = {}
        self.notes: dict[str, list[Path]] = {}

    def look_at(self, path: Path, value: object) -> Key:
        """What is known of a key in which *value* is wanted."""
        owned = self.owned.get(path)
        return Key(
            is_present=self._is_present(path),
            is_owned=owned is not None,
            is_unchanged=owned is not None and self._is_unchanged(path, owned),
            is_as_wanted=self._is_there(path, value),
        )

    def apply(self, path: Path, value: object, decision: Decision) -> None:
        """Do what decide() said about a key in which *value* is wanted."""
        if decision is Decision.ACCEPT:
            self._accept(path, value)
        elif decision is Decision.WRITE:
            self._write(path, value, self.owned[path])
        elif decision is Decision.TAKE_OVER:
            self._write(path, value, self._remember(path))
        elif decision is Decision.REPLACE:
            self._store(path, self.owned[path])
            self._write(path, value, self._remember(path))
        elif decision is Decision.REFUSE:
            self._note("conflicts", path)
        else:
            self._note("kept", path)

    def start_over(self) -> None:
        """The file is gone, and with it all that was ours in it."""
        for path, owned in self.owned.items():
            self._store(path, owned)
        self.owned = {}

    def release(self, paths: Collection[Path], *, is_leaving: bool = False) -> None:
        """Have these keys no longer, the base URL first: it decides about the credentials."""
        for path in sorted(paths, key=lambda path: path != BASE_URL):
            owned = self.owned.pop(path)
            if path == BASE_URL:
                self.beside = {}
            decision = decide_release(self._look_back(path, owned))
            self._apply_release(path, owned, decision, is_leaving=is_leaving)
        self._prune()

    def _look_back(self, path: Path, owned: Owned) -> Key:
        """What is known of a key that is no longer wanted."""
        is_unchanged = self._is_unchanged(path, owned)
        is_spelled_as_before = self.found.raw(path) == owned.before
        # What we wrote may equal what was there: then the user's spelling of it is restored.
        is_as_before = not is_unchanged and self._is_there(path, _before(owned))
        return Key(
            is_owned=True,
            is_unchanged=is_unchanged,
            is_as_before=is_spelled_as_before or is_as_before,
            fits_server=self._fits_server(path, owned),
        )

    def _apply_release(
        self,
        path: Path,
        owned: Owned,
        decision: Decision,
        *,
        is_leaving: bool,
    ) -> None:
        """Do what decide_release() said."""
        if decision is Decision.ACCEPT:
            self._note("unchanged", path)
        elif decision is Decision.RELEASE:
            self._store(path, owned)
            self._note("kept", path)
        elif decision is Decision.RESTORE:
            self._restore(path, owned.before)
        elif is_leaving:
            self._exchange_credential(path, owned)
        else:
            # While we are there it is ours, as one that is still to be restored.
            self.changes[path] = REMOVE
            self._own(path, REMOVE, owned)
            self._note("withheld", path)

    def _exchange_credential(self, path: Path, owned: Owned) -> None:
        """Store a credential of another server; put back one that fits, if we have an older one.

        The user replaced that one while we were there.
        """
        fit = (path, self._server_after())
        fitting = [one for one in self.displaced if (one.path, one.bound_to) == fit]
        self._store(path, owned)
        if fitting:
            self.displaced.remove(fitting[-1])
            self._restore(path, fitting[-1].text)
        else:
            self.changes[path] = REMOVE
            self._note("withheld", path)

    def _note(self, what: str, path: Path) -> None:
        """Put *path* into that list of the receipt."""
        self.notes.setdefault(what, []).append(path)

    def _is_present(self, path: Path) -> bool:
        """Whether anything is at *path*."""
        return self.found.raw(path) is not None

    def _current(self, path: Path) -> object:
        """What is at *path*; REMOVE for nothing."""
        if not self._is_present(path):
            return REMOVE
        return self.found.value(path)

    def _is_there(self, path: Path, value: object) -> bool:
        """Whether *value* is already at *path*."""
        current = self._current(path)
        if value is REMOVE or current is REMOVE:
            return value is current
        return canonical(current) == canonical(value)

    def _is_unchanged(self, path: Path, owned: Owned) -> bool:
        """Whether what we wrote to *path* is still there."""
        return same(owned.fingerprint, self._fingerprint(path))

    def _fits_server(self, path: Path, owned: Owned) -> bool:
        """Whether what *path* had before us may be where the file leads to then."""
        if path not in CREDENTIALS or owned.before is None:
            return True
        return owned.bound_to == self._server_after()

    def _accept(self, path: Path, value: object) -> None:
        """What is wanted is there: it stays whose it was."""
        owned = self.owned.get(path) or self._remember(path)
        is_new = path not in self.owned
        if is_new and self.ledger and not self.untouched and path in CREDENTIALS | {BASE_URL}:
            # The user put our address or our key back: no other program has them.
            owned = Owned(None, "")
        self._own(path, value, owned)
        self._note("unchanged", path)

    def _write(self, path: Path, value: object, owned: Owned) -> None:
        """Write to a key, which is ours from here on."""
        self.changes[path] = value
        self._own(path, value, owned)
        self._note("written", path)

    def _store(self, path: Path, owned: Owned) -> None:
        """Keep the credential that *owned* remembers; it leaves the ledger only by being restored."""
        if path in CREDENTIALS and owned.before is not None:
            kept = Displaced(path, owned.before, owned.bound_to)
            others = [one for one in self.displaced if one != kept]
            self.displaced = [*others, kept]

    def _restore(self, path: Path, before: str | None) -> None:
        """Set a key back to the text *before*; None: remove it."""
        if before is None:
            self.changes[path] = REMOVE
            self._note("removed", path)
        else:
            self.changes[path] = Raw(before)
            self._note("restored", path)

    def step(self) -> Step:
        """The outcome."""
        ledger = Ledger(
            self._file_existed(),
            self.owned,
            self._created(),
            tuple(self.displaced),
            beside=self.beside,
        )
        if self.ledger is not None:
            ledger = ledger._replace(seal=self.ledger.seal)
        conflicts = tuple(self.notes.pop("conflicts", ()))
        receipt = Receipt(**{what: tuple(paths) for what, paths in self.notes.items()})
        gone = not self.missing and not ledger.file_existed and not self._remaining(())
        return Step(self.changes, ledger, receipt, conflicts, gone)

    def _remember(self, path: Path) -> Owned:
        """What is at *path*, as the user's."""
        before = self.found.raw(path)
        bound_to = None
        if path in CREDENTIALS and before is not None:
            bound_to = self._server_before(path)
        if path == BASE_URL:
            self.beside = self._find_beside()
        return Owned(before, "", bound_to)

    def _find_beside(self) -> dict[Path, str]:
        """The user's credentials beside a base URL that becomes ours, as fingerprints."""
        known: Collection[Path] = ()
        if self.ledger is not None:
            known = self.ledger.owned
        beside = {}
        for path in sorted(CREDENTIALS):
            if path in known:
                continue
            if self._is_present(path):
                beside[path] = self._fingerprint(path)
        return beside

    def _fingerprint(self, path: Path) -> str:
        """That of what is at *path*."""
        current = self._current(path)
        return fingerprint(self.key, path, current)

    def _own(self, path: Path, value: object, owned: Owned) -> None:
        self.owned[path] = owned._replace(fingerprint=fingerprint(self.key, path, value))

    def _server_before(self, path: Path) -> str | None:
        """The base URL that the user's credential at *path* belongs to.

        That is the user's own, where ours replaced it and the credential is the one that it had.
        """
        ours = None
        if self.ledger is not None:
            ours = self.ledger.owned.get(BASE_URL)
        current = _server(self._current(BASE_URL))
        if ours is None:
            return current
        if not self._is_unchanged(BASE_URL, ours):
            return current
        mark = self.beside.get(path, "")
        was_beside = same(mark, self._fingerprint(path))
        if self.untouched or was_beside:
            before = _before(ours)
            return _server(before)
        # It was set since, while the file named our address: it may be for that.
        return current

    def _server_after(self) -> str | None:
        """The base URL once the changes so far are made."""
        current = self._current(BASE_URL)
        value = self.changes.get(BASE_URL, current)
        if isinstance(value, Raw):
            value = decoded(value.text)
        return _server(value)

    def _prune(self) -> None:
        """Take away the objects and lists that we made, where nothing is left in them."""
        for path in sorted(self.ledger.created if self.ledger else (), key=len, reverse=True):
            if self.found.names(path) is not None and not self._remaining(path):
                self.changes[path] = REMOVE

    def _remaining(self, path: Path) -> bool:
        """Whether anything is in the object or list at *path* once the changes are made."""
        names = self.found.names(path) or ()
        if any(self.changes.get((*path, name)) is not REMOVE for name in names):
            return True
        return any(
            one[: len(path)] == path and len(one) > len(path) and change is not REMOVE
            for one, change in self.changes.items()
        )

    def _created(self) -> tuple[Path, ...]:
        """The objects and lists that we made or are going to make."""
        old = self.ledger.created if self.ledger else ()
        here = [path for path in old if self.found.names(path) is not None]
        still = [path for path in here if self.changes.get(path) is not REMOVE]
        written = [path for path, value in self.changes.items() if value is not REMOVE]
        parents = [path[:length] for path in written for length in range(1, len(path))]
        return tuple(dict.fromkeys([*still, *(path for path in parents if not self._is_present(path))]))

    def _file_existed(self) -> bool:
        """Whether there was a file before us: False only when we make it or made it."""
        if self.missing:
            return all(value is REMOVE for value in self.changes.values())
        return self.ledger.file_existed if self.ledger and self.ledger.owned else True


def _before(owned: Owned) -> object:
    return REMOVE if owned.before is None else decoded(owned.before)


def _server(value: object) -> str | None:
    """A base URL as it can be compared; None when there is none."""
    if value is REMOVE:
        return None
    if isinstance(value, str):
        return value
    return canonical(value)
