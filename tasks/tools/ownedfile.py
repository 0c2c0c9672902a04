"""The rules of ownership on the bytes of settings.json: joined, and given back to the byte where nobody else wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasks.model.edits import Path, Recipe, canonical, carried, rebuilt, recipe_of, spliced
from tasks.model.errors import InvalidInput
from tasks.model.ownership import Receipt, Step, applied, undone
from tasks.model.secret import unshown
from tasks.tools.jsonedit import NEW_FILE, Document, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tasks.model.ledger import Ledger


class Outcome(NamedTuple):
    """The bytes that should stand (None: no file), the ledger that is true then, and what became of each key.

    With any *conflicts* nothing should be written: these keys are needed, and the user changed them.
    """

    data: bytes | None
    ledger: Ledger | None
    receipt: Receipt
    conflicts: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        return unshown(self)


def join(
    data: bytes | None,
    wanted: Mapping[Path, object],
    unless_present: Collection[Path],
    ledger: Ledger | None,
    key: bytes,
    *,
    must: Collection[Path] = (),
    force: bool = False,
    where: str = "settings.json",
) -> Outcome:
    """*data* (None: no file) holding *wanted*; see model.ownership.applied() for the rules."""
    document = parse(NEW_FILE if data is None else data, where)
    untouched = bool(ledger and data is not None and ledger.way_back(data, key) is not None)
    step = applied(
        None if data is None else document,
        wanted,
        unless_present,
        ledger,
        key,
        must=must,
        force=force,
        untouched=untouched,
    )
    if step.conflicts:
        return Outcome(data, ledger, step.receipt, step.conflicts)
    if step.remove_file or (data is None and not document.splices(step.changes)):
        return Outcome(None, step.ledger, step.receipt)
    made = _sealed(document, data, ledger, step, key)
    if untouched and ledger and not ledger.displaced and ledger.owned.keys() != wanted.keys():
        return _in_order(
            made, data, lambda found: join(found, wanted, unless_present, None, key, where=where), ledger, key
        )
    return made


def _in_order(
    made: Outcome, data: bytes | None, afresh: Callable[[bytes | None], Outcome], ledger: Ledger, key: bytes
) -> Outcome:
    """*made* in the order of keys that joining the file before us would give.

    So there and back again gives the same bytes, when other keys are ours in between.
    """
    before = leave(data, ledger, key)
    fresh = afresh(before.data)
    if before.ledger or fresh.conflicts or fresh.data is None or made.data is None:
        return made
    agree = canonical(parse(fresh.data).value(())) == canonical(parse(made.data).value(()))
    return Outcome(fresh.data, fresh.ledger, made.receipt) if agree else made


def leave(data: bytes | None, ledger: Ledger | None, key: bytes, where: str = "settings.json") -> Outcome:
    """*data* without us: each key that still holds what we wrote holds again what stood there before."""
    if data is None:
        step = undone(None, ledger, key)
        return Outcome(None, step.ledger, step.receipt)
    document = parse(data, where)
    step = undone(document, ledger, key)
    if step.remove_file:
        return Outcome(None, step.ledger, step.receipt)
    result = _as_it_was(document, data, ledger, key, document.edited(step.changes))
    return Outcome(result, step.ledger, step.receipt)


def _sealed(document: Document, data: bytes | None, ledger: Ledger | None, step: Step, key: bytes) -> Outcome:
    """The result of *step*, its ledger with the way back."""
    splices = document.splices(step.changes)
    result = document.encoded(spliced(document.text, splices))
    if step.ledger is None or (not splices and step.ledger.seal):
        return Outcome(result, step.ledger, step.receipt)
    way_back = carried(_way_back(document, data, ledger, key), document.text, splices)
    return Outcome(result, step.ledger.sealed(result, way_back, key), step.receipt)


def _way_back(document: Document, data: bytes | None, ledger: Ledger | None, key: bytes) -> Recipe:
    """The recipe for what leaving now would give."""
    whole = recipe_of((), len(document.text))
    if ledger is None or data is None:
        return whole
    known = ledger.way_back(data, key)
    if known is not None:
        return known
    return recipe_of(document.splices(undone(document, ledger, key).changes), len(document.text))


def _as_it_was(document: Document, data: bytes, ledger: Ledger | None, key: bytes, result: bytes) -> bytes:
    """*result* in its old spelling, if the ledger knows one; the recipe decides about bytes, never about meaning."""
    recipe = ledger.way_back(data, key) if ledger else None
    if recipe is None:
        return result
    try:
        known = document.encoded(rebuilt(document.text, recipe))
        agree = canonical(parse(known).value(())) == canonical(parse(result).value(()))
    except (InvalidInput, UnicodeEncodeError):
        return result
    return known if agree else result
