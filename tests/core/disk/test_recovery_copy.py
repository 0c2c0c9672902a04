"""The second copy of what we know of ourselves: in step with the transaction, and for its own gateway."""

from __future__ import annotations

import json

import pytest

from tasks.core.disk import recovery_copy
from tasks.core.disk.fingerprints import digest_key
from tasks.core.disk.recovery import recover
from tasks.core.disk.transaction import Transaction
from tasks.core.model.errors import NewerVersion
from tests.core.places import layout_in

MANIFEST, LEDGER = "deployment-manifest.json", "settings-ledger.json"


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path)


def put(layout, *, finish=True, **contents):
    with Transaction.begin(layout, "deploy") as transaction:
        for name, content in contents.items():
            file = {"manifest": MANIFEST, "ledger": LEDGER}.get(name, name)
            if content is None:
                transaction.remove(file)
            else:
                transaction.put(file, json.dumps(content).encode(), 0o600)
        transaction.commit()
        if finish:
            transaction.finish()


def test_a_transaction_brings_it_up_to_date(layout):
    put(layout, manifest={"a": 1}, ledger={"b": 2})
    copy = recovery_copy.read(layout)
    assert (copy.manifest, copy.ledger, copy.key) == ({"a": 1}, {"b": 2}, digest_key(layout))
    assert layout.recovery_copy.stat().st_mode & 0o777 == 0o600
    put(layout, manifest=None, ledger=None)
    assert not layout.recovery_copy.exists()


def test_what_a_transaction_does_not_write_may_be_lost_and_stays_in_the_copy(layout):
    put(layout, manifest={"a": 1}, ledger={"b": 2})
    layout.ledger.unlink()
    put(layout, manifest={"a": 3})
    copy = recovery_copy.read(layout)
    assert (copy.manifest, copy.ledger) == ({"a": 3}, {"b": 2})


def test_one_that_is_undone_leaves_it_as_it_was(layout):
    put(layout, manifest={"a": 1}, ledger={"b": 2})
    before = layout.recovery_copy.read_bytes()
    put(layout, manifest={"a": 9}, ledger=None, finish=False)
    assert layout.recovery_copy.read_bytes() == before


def test_what_is_recovered_is_in_it(layout, monkeypatch):
    put(layout, manifest={"a": 1}, ledger={"b": 2})
    with monkeypatch.context() as patch:
        patch.setattr("tasks.core.disk.transaction.ChangeSet.undo", lambda _: None)
        put(layout, manifest={"a": 9}, ledger=None, finish=False)
    assert recover(layout).action == "finished"
    copy = recovery_copy.read(layout)
    assert (copy.manifest, copy.ledger) == ({"a": 9}, None)


def test_it_is_for_its_own_gateway_while_that_is_there(layout, tmp_path):
    put(layout, manifest={"a": 1})
    other = layout._replace(gateway=tmp_path / "other")
    assert recovery_copy.read(other) is None
    layout.manifest.unlink()
    assert recovery_copy.read(other).manifest == {"a": 1}


def test_a_home_that_was_moved_knows_its_own(layout, tmp_path):
    put(layout, manifest={"a": 1})
    layout.home.rename(tmp_path / "moved")
    claude = tmp_path / "moved" / ".claude"
    moved = layout._replace(home=claude.parent, claude=claude, gateway=claude / "gateway")
    assert recovery_copy.read(moved).manifest == {"a": 1}


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\0\0", b'{"version": 1}', b'{"version": "1"}'])
def test_a_damaged_one_is_none(layout, text):
    layout.recovery_copy.write_bytes(text)
    assert recovery_copy.read(layout) is None


def test_that_of_a_newer_version_is_left_alone(layout):
    put(layout, manifest={"a": 1})
    layout.recovery_copy.write_text('{"version": 2}')
    with pytest.raises(NewerVersion):
        recovery_copy.read(layout)
    put(layout, manifest={"a": 2})
    assert layout.recovery_copy.read_text() == '{"version": 2}'
    assert layout.manifest.read_text() == '{"a": 2}'


def test_it_does_not_show_what_is_in_it(layout):
    put(layout, ledger={"before": "sk-theirs"})
    assert "sk-theirs" not in repr(recovery_copy.read(layout))
