"""Each row is a rule of whose a key is."""

import itertools

import pytest

from tasks.core.claude.decisions import Decision, Key, decide, decide_release

THEIRS = Key()
OURS = Key(is_owned=True, is_unchanged=True)
CHANGED = Key(is_owned=True)
DELETED = Key(is_owned=True, is_present=False)


@pytest.mark.parametrize(
    ("key", "options", "decision"),
    [
        (THEIRS, {}, Decision.TAKE_OVER),
        (THEIRS, {"is_needed": True}, Decision.TAKE_OVER),
        (THEIRS, {"is_optional": True}, Decision.KEEP),
        (THEIRS._replace(is_present=False), {"is_optional": True}, Decision.TAKE_OVER),
        (THEIRS._replace(is_as_wanted=True), {"is_optional": True}, Decision.ACCEPT),
        (OURS, {}, Decision.WRITE),
        (OURS._replace(is_as_wanted=True), {}, Decision.ACCEPT),
        (CHANGED, {}, Decision.KEEP),
        (CHANGED, {"is_needed": True}, Decision.REFUSE),
        (CHANGED, {"is_forced": True}, Decision.REPLACE),
        (CHANGED, {"is_needed": True, "is_forced": True}, Decision.REPLACE),
        (CHANGED._replace(is_as_wanted=True), {"is_needed": True}, Decision.ACCEPT),
        (DELETED, {}, Decision.KEEP),
        (DELETED, {"is_needed": True}, Decision.WRITE),
    ],
)
def test_a_key_that_is_wanted(key, options, decision):
    assert decide(key, **options) is decision


@pytest.mark.parametrize(
    ("key", "decision"),
    [
        (OURS, Decision.RESTORE),
        (OURS._replace(fits_server=False), Decision.WITHHOLD),
        (OURS._replace(is_as_before=True, fits_server=False), Decision.ACCEPT),
        (CHANGED, Decision.RELEASE),
        (CHANGED._replace(fits_server=False), Decision.RELEASE),
        (CHANGED._replace(is_as_before=True), Decision.ACCEPT),
    ],
)
def test_a_key_that_is_no_longer_wanted(key, decision):
    assert decide_release(key) is decision


WRITTEN = {Decision.WRITE, Decision.TAKE_OVER, Decision.REPLACE}


def test_a_value_of_the_user_is_overwritten_only_where_it_is_remembered():
    for is_present, is_owned, is_needed, is_optional, is_forced in itertools.product((True, False), repeat=5):
        key = Key(is_present=is_present, is_owned=is_owned)
        options = {"is_needed": is_needed, "is_optional": is_optional, "is_forced": is_forced}
        decision = decide(key, **options)
        if is_present and decision in WRITTEN:
            assert decision in (Decision.TAKE_OVER, Decision.REPLACE)
