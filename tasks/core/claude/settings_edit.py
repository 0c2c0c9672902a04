"""The rules of ownership on the bytes of settings.json: joined, and given back to the byte where nobody else wrote."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.claude import installed
from tasks.core.claude.ledger import BASE_URL, Ledger
from tasks.core.claude.ownership import applied, undone
from tasks.core.disk import files, fingerprints
from tasks.core.model import network, picker
from tasks.core.model.catalogue import PLACEHOLDER
from tasks.core.model.deployment import PROXIES
from tasks.core.model.errors import Conflict, InvalidInput
from tasks.core.model.secret import Secret, unshown
from tasks.core.text import json_edit
from tasks.core.text.json_edit import (
    NEW_FILE,
    REMOVE,
    Document,
    Path,
    Raw,
    canonical,
    parse,
)
from tasks.core.text.text_edit import Recipe, apply_edits, carried, rebuilt, recipe_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from tasks.core.claude.settings_step import Receipt, Step
    from tasks.core.console.summary import Summary
    from tasks.core.disk.transaction import Transaction
    from tasks.core.model.catalogue import Setting
    from tasks.core.model.deployment import Values
    from tasks.core.model.layout import Layout


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
    """*data* (None: no file) holding *wanted*; see core.claude.ownership.applied() for the rules."""
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
    if step.remove_file or (data is None and not document.edits(step.changes)):
        return Outcome(None, step.ledger, step.receipt)
    current = _sealed(document, data, ledger, step, key)
    if not untouched or ledger is None or ledger.displaced:
        return current
    if ledger.owned.keys() == wanted.keys():
        return current
    # Other keys than last time. Added to the file as it is they come in another order than in a
    # file without us: a deployment with a proxy, one without it and the first one again would
    # leave HTTPS_PROXY at the end, and the same choices would not give the same bytes.
    without_us = leave(data, ledger, key)
    fresh = join(without_us.data, wanted, unless_present, None, key, where=where)
    if without_us.ledger is None and _is_same(fresh, current):
        return Outcome(fresh.data, fresh.ledger, current.receipt)
    return current


def _is_same(fresh: Outcome, current: Outcome) -> bool:
    """Whether both have the same keys and values, in whatever order."""
    if fresh.conflicts or fresh.data is None or current.data is None:
        return False
    values = [parse(data).value(()) for data in (fresh.data, current.data)]
    return canonical(values[0]) == canonical(values[1])


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
    edits = document.edits(step.changes)
    result = document.encoded(apply_edits(document.text, edits))
    if step.ledger is None or (not edits and step.ledger.seal):
        return Outcome(result, step.ledger, step.receipt)
    way_back = carried(_way_back(document, data, ledger, key), document.text, edits)
    return Outcome(result, step.ledger.sealed(result, way_back, key), step.receipt)


def _way_back(document: Document, data: bytes | None, ledger: Ledger | None, key: bytes) -> Recipe:
    """The recipe for what leaving now would give."""
    whole = recipe_of((), len(document.text))
    if ledger is None or data is None:
        return whole
    known = ledger.way_back(data, key)
    if known is not None:
        return known
    return recipe_of(document.edits(undone(document, ledger, key).changes), len(document.text))


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


HERE = "http://127.0.0.1:"
"""How the address of a gateway on this machine begins."""

ALL_PROXIES = (*PROXIES, "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy")
NEEDED: tuple[Path, ...] = (BASE_URL, ("env", "ANTHROPIC_AUTH_TOKEN"))
"""Without these two no request reaches the gateway, so they cannot be left as the user changed them."""
SLOTS: tuple[Path, ...] = (("env", "ANTHROPIC_API_KEY"), ("apiKeyHelper",))
"""And without these where it is they that hold the token."""


def outcome(
    layout: Layout, settings: Iterable[Setting], values: Values, found: bytes | None, ledger: Ledger | None
) -> Outcome:
    """What settings.json should become with *settings* in it, and the ledger that is true then."""
    where, key = str(layout.settings), fingerprints.digest_key(layout)
    chosen = list(settings)
    theirs = leave(found, ledger, key, where).data  # what is ours in it decides nothing
    wanted = texts(layout, chosen, values, theirs)
    yours = [each.path for each in chosen if each.unless_present]
    return join(found, wanted, yours, ledger, key, must=needed(wanted.get), where=where)


def needed(value: Callable[[Path], object]) -> list[Path]:
    """The keys that the gateway cannot do without, *value* telling what should stand in each."""
    return [*NEEDED, *(path for path in SLOTS if value(path))]


def texts(layout: Layout, settings: Iterable[Setting], values: Values, found: bytes | None) -> dict[Path, Any]:
    """What each of *settings* should contain, for the Claude Code that is installed.

    Those that want a value which is not known are left out.
    """
    plain = {name: value.reveal() if isinstance(value, Secret) else value for name, value in values.items()}
    chosen = installed.select(settings)
    proxied = any(each.variable in PROXIES for each in chosen)
    known = {name: plain[name] for name in ("NO_PROXY",) if proxied and plain.get(name)}  # also what .env remembers
    wanted = proxied or _is_here(chosen)
    direct = no_proxy(found, {**os.environ, **known}, str(layout.settings), is_wanted=wanted)
    depending = {"no_proxy": direct, "no_helper": no_helper(found, str(layout.settings))}
    made = {e.path: depending[e.fact] if e.fact in depending else _text(layout, e, plain) for e in chosen}
    return {path: text for path, text in made.items() if text is not None}


def _text(layout: Layout, setting: Setting, values: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    own = picker.read_value(setting)
    if own is not None:
        return own
    if setting.variable is not None:
        return values.get(setting.variable)
    if setting.template is not None:
        known = all(values.get(name) for name in PLACEHOLDER.findall(setting.template))
        return PLACEHOLDER.sub(lambda match: values[match[1]], setting.template) if known else None
    return shlex.join(["sh", str(layout.key_helper)])


def no_helper(found: bytes | None, where: str) -> str | None:
    """Nothing in place of a helper that is there: the key that it prints is another server's, and would be sent too."""
    there = found is not None and json_edit.parse(found, where).raw(("apiKeyHelper",)) is not None
    return "" if there else None


def _is_here(settings: Iterable[Setting]) -> bool:
    """Whether the gateway is on this machine: it is never asked through a proxy, also one that is set later."""
    return any(each.path == BASE_URL and (each.text or "").startswith(HERE) for each in settings)


def no_proxy(found: bytes | None, environ: Mapping[str, str], where: str, *, is_wanted: bool = False) -> str | None:
    """NO_PROXY with this machine in it, where a proxy is set or with *is_wanted*; it replaces the shell's value."""
    held = json_edit.parse(found, where).value(("env",)) if found else None
    env = held if isinstance(held, dict) else {}
    known = {**environ, **env}
    if not is_wanted and not any(known.get(name) for name in ALL_PROXIES):
        return None
    lists = [str(source.get(name, "")) for source in (env, environ) for name in ("NO_PROXY", "no_proxy")]
    return network.no_proxy(*lists)


class Edit:
    """What *outcome* makes of the bytes found, with the ledger that is true then."""

    def __init__(self, layout: Layout, outcome: Callable[[bytes | None], Outcome]) -> None:
        self.layout, self.outcome = layout, outcome
        self.found: bytes | None = None
        self.result: Outcome | None = None

    def put_into(self, transaction: Transaction) -> None:
        """Let *transaction* make this edit and keep its ledger."""
        transaction.edit(self.compute, self.undo, self.holds)
        transaction.put(self.layout.ledger.name, self.ledger, 0o600)

    def compute(self, found: bytes | None) -> bytes | None:
        """The bytes that shall stand."""
        self.found, self.result = found, self.outcome(found)
        if self.result.conflicts:
            raise conflict(self.layout, self.result)
        return self.result.data

    def is_needed(self) -> bool:
        """Whether settings.json would change; a GatewayError when it cannot be edited."""
        found = files.read(files.real_target(self.layout.settings))
        return self.compute(found) != found

    def ledger(self) -> bytes | None:
        """The ledger that is true once these bytes stand; None when nothing of ours is left to remember."""
        assert self.result is not None
        return None if self.result.ledger is None else self.result.ledger.to_json().encode()

    def undo(self, found: bytes | None) -> bytes | None:
        """*found* without this edit, where others wrote since: our keys as they were before it."""
        if found is None or self.result is None or self.result.data is None:
            return found
        old = json_edit.parse(self.found or json_edit.NEW_FILE)
        new, now = json_edit.parse(self.result.data), json_edit.parse(found)
        receipt = self.result.receipt
        touched = (*receipt.written, *receipt.restored, *receipt.removed)
        ours = [path for path in touched if now.raw(path) == new.raw(path)]
        return now.edited({path: REMOVE if (raw := old.raw(path)) is None else Raw(raw) for path in ours})

    def holds(self, found: bytes | None) -> bool:
        """Whether the keys that the gateway needs are in these bytes as we left them."""
        assert self.result is not None
        if found is None or self.result.data is None:
            return found == self.result.data
        new, now = json_edit.parse(self.result.data), json_edit.parse(found)
        return all(now.value(path) == new.value(path) for path in needed(new.value))

    def tell(self, told: Summary) -> None:
        """Fill the receipt."""
        if self.result is None:
            return
        told.settings = self.layout.settings.name
        for name in ("written", "kept", "restored", "removed", "withheld"):
            paths = getattr(self.result.receipt, name)
            note = f" (kept in {self.layout.ledger}: it belongs to another server)" if name == "withheld" else ""
            getattr(told, name).extend(f"{self.layout.settings.name} {'.'.join(path)}{note}" for path in paths)


def conflict(layout: Layout, result: Outcome) -> Conflict:
    """The error for keys that the gateway needs and the user changed since."""
    names = ", ".join(path[-1] for path in result.conflicts)
    return Conflict(
        f"{names} was changed since it was deployed",
        "Put it back, or take the gateway away first (doit uninstall), then deploy again; nothing was written.",
        where=str(layout.settings),
    )
