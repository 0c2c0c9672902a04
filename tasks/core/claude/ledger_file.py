"""The ledger as it is found: the file in the gateway's folder, or what counts in its place.

settings-ledger.json, keyed by .digest-key
  lost: its copy in ~/.claude/.gateway-recovery.json counts, and every command says so
  both lost, and settings.json leads to us: InvalidInput; doit doctor --fix decides
  both lost, and no key has a value that we wrote: there was none
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasks.core.claude import recognition
from tasks.core.claude.ledger import Ledger, fingerprint, same
from tasks.core.console import console
from tasks.core.disk import files, fingerprints, recovery_copy
from tasks.core.disk.targets import is_gone
from tasks.core.model.errors import (
    FIX,
    GatewayError,
    InvalidInput,
    NewerVersion,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.claude.ledger import Owned
    from tasks.core.model.layout import Layout
    from tasks.core.text.json_edit import Document
    from tasks.core.text.json_edit import Path as Key

NOT_KNOWN = "so it is not known which settings are ours"


class Known(NamedTuple):
    """The ledger, and how it is known.

    - *problem*, *where*: what is wrong, with which file
    - *source*: what says the same in its place
    - *unkeyed*: the ledger without the key of its fingerprints
    """

    ledger: Ledger | None
    problem: str = ""
    where: Path | None = None
    source: str = ""
    unkeyed: Ledger | None = None


def read(layout: Layout) -> Ledger | None:
    """What is ours in settings.json, as last written; None when nothing is.

    InvalidInput where that is lost, or when a newer version wrote it.
    """
    known = look(layout)
    if not known.problem:
        return known.ledger
    where = str(known.where)
    if not known.source:
        raise InvalidInput(
            known.problem,
            FIX,
            where=where,
        )
    # Where the whole folder is gone, that was said of the manifest.
    is_news = layout.ledger not in _warned
    if is_news and not is_gone(layout.gateway):
        _warned.add(layout.ledger)
        text = f"{where}: {known.problem}; {known.source}, counts instead"
        console.warn(text)
    return known.ledger


_warned: set[Path] = set()


def look(layout: Layout) -> Known:
    """As read(), without a word; NewerVersion when a newer version wrote it."""
    where = str(layout.ledger)
    problem = "is missing"
    data = files.read(layout.ledger)
    if data is not None:
        try:
            ledger = Ledger.from_json(data, where)
        except NewerVersion:
            raise
        except InvalidInput as error:
            problem = error.problem
        else:
            return _keyed(layout, ledger)
    copied = _find_copied(layout, is_missing=data is None)
    if copied is not None:
        known = _keyed(layout, copied)
        if known.problem:
            return known
        return Known(
            copied,
            problem,
            layout.ledger,
            source=f"its copy, {layout.recovery_copy}",
        )
    if data is None and not recognition.is_connected(layout):
        return Known(None)
    return Known(
        None,
        f"{problem}, {NOT_KNOWN}",
        layout.ledger,
    )


def _keyed(layout: Layout, ledger: Ledger) -> Known:
    """*ledger*, if the key is known with which its fingerprints were made."""
    if not ledger.owned or fingerprints.has_key(layout):
        return Known(ledger)
    return Known(
        None,
        f"is lost, {NOT_KNOWN}",
        layout.digest_key,
        unkeyed=ledger,
    )


def _find_copied(
    layout: Layout,
    *,
    is_missing: bool,
) -> Ledger | None:
    """The second copy of the ledger.

    Where the ledger *is_missing*, something in settings.json has to be as the copy says: there may
    have been no ledger.
    """
    copy = recovery_copy.read(layout)
    if copy is None or copy.ledger is None:
        return None
    where = str(layout.recovery_copy)
    try:
        ledger = Ledger.from_content(copy.ledger, where)
    except NewerVersion:
        raise
    except InvalidInput:
        return None
    if is_missing and not _is_in_force(layout, ledger):
        return None
    return ledger


def _is_in_force(layout: Layout, ledger: Ledger) -> bool:
    """Whether settings.json still has something that *ledger* says is ours."""
    try:
        document = recognition.read_settings(layout)
    except GatewayError:
        return True  # what edits it says what is wrong with it
    key = fingerprints.digest_key(layout)
    return any(_is_unchanged(document, path, owned, key) for path, owned in ledger.owned.items())


def _is_unchanged(
    document: Document,
    path: Key,
    owned: Owned,
    key: bytes,
) -> bool:
    if document.raw(path) is None:
        return False
    value = document.value(path)
    mark = fingerprint(key, path, value)
    return same(owned.fingerprint, mark)
