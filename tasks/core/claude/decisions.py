"""What happens to a key of settings.json that the gateway wants a value in, or no longer does.

Decided from what is known of the key, and from nothing else; core.claude.ownership does the rest.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Decision(Enum):
    """What happens to one key of settings.json."""

    ACCEPT = "accept"
    """What is wanted is there already."""
    KEEP = "keep"
    """The user's value stays."""
    REFUSE = "refuse"
    """The gateway needs another value than the user's: nothing should be done."""
    WRITE = "write"
    """Ours already: it gets the value that is wanted."""
    TAKE_OVER = "take over"
    """The user's until now: its value is remembered, and overwritten."""
    REPLACE = "replace"
    """Ours, and changed by the user: both values are remembered, and overwritten."""
    RELEASE = "release"
    """It is no longer ours, and nothing is written."""
    RESTORE = "restore"
    """It is set back to its old value, or removed if it had none."""
    WITHHOLD = "withhold"
    """A credential for another server than the one that the file names: it stays in the ledger."""


class Key(NamedTuple):
    """What is known of a key before its fate is decided.

    *is_as_wanted*, *is_as_before*: it has the value that is wanted, or that it had before us.
    *is_owned*: the ledger has it. *is_unchanged*: it still has the value that we wrote.
    *fits_server*: what it had before us belongs to the server that the file names then.
    """

    is_present: bool = True
    is_owned: bool = False
    is_unchanged: bool = False
    is_as_wanted: bool = False
    is_as_before: bool = False
    fits_server: bool = True


def decide(
    key: Key,
    *,
    is_optional: bool = False,
    is_needed: bool = False,
    is_forced: bool = False,
) -> Decision:
    """What happens to a key that the gateway wants a value in.

    *is_optional*: a value of the user's stays. *is_needed*: it may not be the user's.
    *is_forced*: no key may be.
    """
    if key.is_as_wanted:
        return Decision.ACCEPT
    if key.is_owned:
        return _decide_owned(key, is_needed=is_needed, is_forced=is_forced)
    if is_optional and key.is_present:
        return Decision.KEEP
    return Decision.TAKE_OVER


def decide_release(key: Key) -> Decision:
    """What happens to one of our keys that the gateway no longer wants a value in."""
    if key.is_as_before:
        return Decision.ACCEPT
    if not key.is_unchanged:
        return Decision.RELEASE
    if key.fits_server:
        return Decision.RESTORE
    return Decision.WITHHOLD


def _decide_owned(key: Key, *, is_needed: bool, is_forced: bool) -> Decision:
    """What happens to one of our keys that is to get another value."""
    # A key that was deleted has no value of the user's that could be lost.
    is_missing = is_needed and not key.is_present
    if key.is_unchanged or is_missing:
        return Decision.WRITE
    if is_forced:
        return Decision.REPLACE
    if is_needed:
        return Decision.REFUSE
    return Decision.KEEP
