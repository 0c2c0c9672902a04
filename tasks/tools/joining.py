"""One edit of settings.json inside a transaction: computed anew whenever another program wrote in between."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from tasks.model import network
from tasks.model.catalogue import PLACEHOLDER
from tasks.model.deployment import PROXIES
from tasks.model.edits import REMOVE, Path, Raw
from tasks.model.errors import Conflict
from tasks.model.ledger import BASE_URL, Ledger
from tasks.model.secret import Secret
from tasks.tools import files, fingerprint, jsonedit, ownedfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tasks.model.catalogue import Setting
    from tasks.model.deployment import Values
    from tasks.model.layout import Layout
    from tasks.tools.ownedfile import Outcome
    from tasks.tools.run import Run
    from tasks.tools.transaction import Transaction

ALL_PROXIES = (*PROXIES, "https_proxy", "http_proxy")
NEEDED: tuple[Path, ...] = (BASE_URL, ("env", "ANTHROPIC_AUTH_TOKEN"))
"""Without these two no request reaches the gateway, so they cannot be left as the user changed them."""
SLOTS: tuple[Path, ...] = (("env", "ANTHROPIC_API_KEY"), ("apiKeyHelper",))
"""And without these where it is they that hold the token."""


def ledger_of(layout: Layout) -> Ledger | None:
    """What is ours in settings.json, as last written."""
    data = files.read(layout.ledger)
    return None if data is None else Ledger.from_json(data, str(layout.ledger))


def outcome(
    layout: Layout, settings: Iterable[Setting], values: Values, found: bytes | None, ledger: Ledger | None
) -> Outcome:
    """What settings.json should become with *settings* in it, and the ledger that is true then."""
    where, key = str(layout.settings), fingerprint.digest_key(layout)
    chosen = list(settings)
    theirs = ownedfile.leave(found, ledger, key, where).data  # what is ours in it decides nothing
    wanted = texts(layout, chosen, values, theirs)
    yours = [each.path for each in chosen if each.unless_present]
    return ownedfile.join(found, wanted, yours, ledger, key, must=needed(wanted.get), where=where)


def needed(value: Callable[[Path], object]) -> list[Path]:
    """The keys that the gateway cannot do without, *value* telling what should stand in each."""
    return [*NEEDED, *(path for path in SLOTS if value(path))]


def texts(layout: Layout, settings: Iterable[Setting], values: Values, found: bytes | None) -> dict[Path, str]:
    """What each of *settings* should hold; those that want a value which nobody knows are left out."""
    plain = {name: value.reveal() if isinstance(value, Secret) else value for name, value in values.items()}
    chosen = list(settings)
    proxied = any(each.variable in PROXIES for each in chosen)
    known = {name: plain[name] for name in ("NO_PROXY",) if proxied and plain.get(name)}  # also what .env remembers
    direct = no_proxy(found, {**os.environ, **known}, str(layout.settings), proxied=proxied)
    depending = {"no_proxy": direct, "no_helper": no_helper(found, str(layout.settings))}
    made = {e.path: depending[e.fact] if e.fact in depending else _text(layout, e, plain) for e in chosen}
    return {path: text for path, text in made.items() if text is not None}


def _text(layout: Layout, setting: Setting, values: Mapping[str, str]) -> str | None:
    if setting.text is not None:
        return setting.text
    if setting.variable is not None:
        return values.get(setting.variable)
    if setting.template is not None:
        known = all(values.get(name) for name in PLACEHOLDER.findall(setting.template))
        return PLACEHOLDER.sub(lambda match: values[match[1]], setting.template) if known else None
    return shlex.join(["sh", str(layout.key_helper)])


def no_helper(found: bytes | None, where: str) -> str | None:
    """Nothing in place of a helper that is there: the key that it prints is another server's, and would be sent too."""
    there = found is not None and jsonedit.parse(found, where).raw(("apiKeyHelper",)) is not None
    return "" if there else None


def no_proxy(found: bytes | None, environ: Mapping[str, str], where: str, *, proxied: bool = False) -> str | None:
    """NO_PROXY with the gateway's own address in it, where a proxy is set; the setting replaces the shell's value."""
    held = jsonedit.parse(found, where).value(("env",)) if found else None
    env = held if isinstance(held, dict) else {}
    known = {**environ, **env}
    if not proxied and not any(known.get(name) for name in ALL_PROXIES):
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

    def ledger(self) -> bytes | None:
        """The ledger that is true once these bytes stand; None when nothing of ours is left to remember."""
        assert self.result is not None
        return None if self.result.ledger is None else self.result.ledger.to_json().encode()

    def undo(self, found: bytes | None) -> bytes | None:
        """*found* without this edit, where others wrote since: our keys as they were before it."""
        if found is None or self.result is None or self.result.data is None:
            return found
        old = jsonedit.parse(self.found or jsonedit.NEW_FILE)
        new, now = jsonedit.parse(self.result.data), jsonedit.parse(found)
        touched = (*self.result.receipt.written, *self.result.receipt.restored)
        ours = [path for path in touched if now.raw(path) == new.raw(path)]
        return now.edited({path: REMOVE if (raw := old.raw(path)) is None else Raw(raw) for path in ours})

    def holds(self, found: bytes | None) -> bool:
        """Whether the keys that the gateway needs are in these bytes as we left them."""
        assert self.result is not None
        if found is None or self.result.data is None:
            return found == self.result.data
        new, now = jsonedit.parse(self.result.data), jsonedit.parse(found)
        return all(now.value(path) == new.value(path) for path in needed(new.value))

    def tell(self, told: Run) -> None:
        """Fill the receipt."""
        if self.result is None:
            return
        for name in ("written", "kept", "restored", "withheld"):
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
