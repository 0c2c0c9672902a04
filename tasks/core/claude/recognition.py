"""Which keys of settings.json are ours, judged by their values: for when the ledger is lost.

The evidence, the best first:

    the history   says which value each revision wrote to which key; .env has the secret ones
    the form      where there is no history: see core.history.our_form; then each key that a kind
                  of gateway has is ours

What a key had before us is in the newest copy of settings.json that does not lead to us.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.catalogue import catalogue
from tasks.core.claude import settings_edit
from tasks.core.claude.ledger import (
    BASE_URL,
    CREDENTIALS,
    Displaced,
    Ledger,
    Owned,
    fingerprint,
)
from tasks.core.disk import files
from tasks.core.history import backup, history, our_form
from tasks.core.model import network
from tasks.core.model.errors import GatewayError, InvalidInput
from tasks.core.model.secret import unshown
from tasks.core.text import json_edit
from tasks.core.text.json_edit import NEW_FILE, Document, canonical
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from tasks.core.model.catalogue import Setting
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Revision
    from tasks.core.text.json_edit import Path as Key

NO_PROXY: Key = ("env", "NO_PROXY")

OBJECTS: tuple[Key, ...] = (("env",), ("permissions",))
"""The objects that our keys are in."""

MADE_KEY = re.compile(r"sk-[0-9a-f]{64}")
"""A key for the gateway that was made here."""

FORM = "has the form that this project gives it"


class Recovered(NamedTuple):
    """A ledger that was put together again.

    *reasons*: why each key is ours. *before*: the file that has the former values.
    """

    ledger: Ledger
    reasons: Mapping[Key, str]
    before: Path | None

    def __repr__(self) -> str:
        return unshown(self)


def is_connected(layout: Layout) -> bool:
    """Whether settings.json leads to a gateway of this project."""
    if our_form.find_address(layout):
        return True
    if history.look(layout).manifest is None:
        return False
    try:
        document = read_settings(layout)
    except GatewayError:
        return False  # what edits it says what is wrong with it
    ours = find_ours(layout, document)
    needed = {
        *settings_edit.NEEDED,
        *settings_edit.SLOTS,
    }
    return any(document.value(path) for path in needed.intersection(ours))


def read_settings(layout: Layout) -> Document:
    """The settings as they are: an empty object where there is no file.

    GatewayError when they cannot be read.
    """
    where = str(layout.settings)
    target = files.real_target(layout.settings)
    data = files.read(target)
    return json_edit.parse(data or NEW_FILE, where)


def find_ours(layout: Layout, document: Document) -> dict[Key, str]:
    """The keys that have a value that we wrote, each with the reason to think so.

    The form decides only where no revision can be read: one that was changed since has it too.
    """
    revisions = read_revisions(layout)
    if not revisions:
        return dict.fromkeys(_find_by_form(layout, document), FORM)
    reasons: dict[Key, str] = {}
    for revision in revisions:
        reason = f"revision {revision.number} wrote this value"
        for path in _find_written(layout, document, revision):
            reasons.setdefault(path, reason)
    return reasons


def read_revisions(layout: Layout) -> list[Revision]:
    """The revisions that can be read, the newest first.

    What is wrong with the others is said where one of them is wanted.
    """
    found = []
    for number in reversed(history.numbers(layout)):
        try:
            found.append(history.revision(layout, number))
        except InvalidInput:
            continue
    return found


def recover(
    layout: Layout,
    key: bytes,
    ledger: Ledger | None,
) -> Recovered:
    """The ledger by all evidence, its fingerprints made with *key*.

    *ledger*: the one that is there, where only its key is lost. Without it what the keys had before
    us is looked up in the copies of settings.json.
    """
    document = read_settings(layout)
    reasons = find_ours(layout, document)
    place, former = _find_former(layout)
    if ledger is None:
        ledger = _read_former(former, reasons)
    owned = {}
    for path in reasons:
        known = ledger.owned.get(path)
        # One that was like this before us is the user's.
        if known is None or known.before == document.raw(path):
            continue
        value = document.value(path)
        mark = fingerprint(key, path, value)
        owned[path] = known._replace(fingerprint=mark)
    displaced = [*ledger.displaced]
    displaced += _find_displaced(ledger, owned, document)
    made = Ledger(
        ledger.file_existed,
        owned,
        ledger.created,
        tuple(displaced),
    )
    made = _seal(made, layout, ledger, former, key)
    ours = {}
    for path in owned:
        ours[path] = reasons[path]
    return Recovered(made, ours, place)


def _seal(
    made: Ledger,
    layout: Layout,
    ledger: Ledger,
    former: Document | None,
    key: bytes,
) -> Ledger:
    """*made* with the way back to the former bytes.

    That decides about the spelling only, and only where the meaning is the same.
    """
    target = files.real_target(layout.settings)
    data = files.read(target)
    if data is None:
        return made
    if ledger.seal:
        recipe = ledger.seal.recipe
        return made.sealed(data, recipe, key)
    if former:
        recipe = (former.text,)
        return made.sealed(data, recipe, key)
    return made


def _find_written(
    layout: Layout,
    document: Document,
    revision: Revision,
) -> Iterator[Key]:
    """The keys that have the value that *revision* wrote."""
    values = env_file.deployed(layout)
    found = document.encoded(document.text)
    wanted = settings_edit.texts(
        layout,
        revision.settings,
        values,
        found,
    )
    address = document.value(BASE_URL)
    unknown: Collection[Key] = ()
    if address == wanted.get(BASE_URL):
        # A credential beside our address is for us, also where its value is known nowhere else.
        unknown = CREDENTIALS - wanted.keys()
    for setting in revision.settings:
        path = setting.path
        if document.raw(path) is None:
            continue
        value = document.value(path)
        is_written = path in wanted and canonical(value) == canonical(wanted[path])
        is_made = isinstance(value, str) and _is_made_here(setting, value)
        if is_written or is_made or path in unknown:
            yield path


def _is_made_here(setting: Setting, value: str) -> bool:
    """Whether *value* is as we make it: a key, or a list of hosts with this machine in it."""
    if setting.path == NO_PROXY:
        return network.no_proxy(value) == value
    if setting.variable is None:
        return False
    return MADE_KEY.fullmatch(value) is not None


def _find_by_form(layout: Layout, document: Document) -> Iterator[Key]:
    """The keys that a kind of gateway has, in a file that this project wrote.

    Where another program or the user may have written the same, it is not ours.
    """
    if not our_form.address_in(document):
        return
    settings = {}
    for kind in catalogue.load(layout).gateways.values():
        for setting in kind.settings:
            settings[setting.path] = setting
    for path, setting in settings.items():
        if document.raw(path) is None:
            continue
        if path == NO_PROXY:
            # With another host in it, it was the user's before us.
            is_ours = document.value(path) == network.no_proxy("")
        elif setting.unless_present:
            # The object was made for it, or it may be the user's.
            made = {path[-1]: setting.text}
            is_ours = document.value(path[:-1]) == made
        else:
            is_ours = True
        if is_ours:
            yield path


def _find_former(layout: Layout) -> tuple[Path | None, Document | None]:
    """The newest copy of settings.json that does not lead to us.

    Both its path and what is in it; None twice when there is none.
    """
    for path in reversed(backup.list_settings(layout)):
        data = files.read(path) or NEW_FILE
        try:
            document = json_edit.parse(data)
        except GatewayError:
            continue
        if not our_form.address_in(document):
            return path, document
    return None, None


def _read_former(
    former: Document | None,
    paths: Iterable[Key],
) -> Ledger:
    """A ledger of what *paths* had in the file *former*.

    Without one they had nothing, as far as is known.
    """
    owned = {}
    if former is None:
        for path in paths:
            owned[path] = Owned(None, "")
        return Ledger(
            file_existed=False,
            owned=owned,
            created=OBJECTS,
        )
    for path in paths:
        owned[path] = _read_before(former, path)
    created = {*OBJECTS}
    for path in OBJECTS:
        if former.names(path) is not None:
            created.remove(path)
    return Ledger(
        file_existed=True,
        owned=owned,
        created=tuple(sorted(created)),
    )


def _read_before(former: Document, path: Key) -> Owned:
    """What *path* had in the file *former*; a credential belongs to the server beside it."""
    before = former.raw(path)
    server = former.value(BASE_URL)
    if path not in CREDENTIALS or before is None:
        return Owned(before, "")
    if not isinstance(server, str):
        return Owned(before, "")
    return Owned(before, "", server)


def _find_displaced(
    ledger: Ledger,
    owned: Collection[Key],
    document: Document,
) -> Iterator[Displaced]:
    """The user's former credentials of keys that are the user's again: they stay in the ledger."""
    for path, known in ledger.owned.items():
        before = known.before
        if path not in CREDENTIALS or path in owned:
            continue
        if before is not None and before != document.raw(path):
            yield Displaced(path, before, known.bound_to)
