"""The ledger as it is found: the file, its copy, or none; and when none may be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tasks.core.claude import ledger_file, losses
from tasks.core.claude.settings_edit import Outcome, join
from tasks.core.disk import fingerprints, recovery_copy
from tasks.core.model.errors import InvalidInput, NewerVersion
from tests.core.places import layout_in

if TYPE_CHECKING:
    from tasks.core.claude.ledger import Ledger

WANTED = {("env", "ANTHROPIC_BASE_URL"): "http://127.0.0.1:4000", ("env", "ANTHROPIC_AUTH_TOKEN"): "sk-ours"}
FORM = {("env", f"CLAUDE_CODE_USE_{name}"): "" for name in ("BEDROCK", "VERTEX", "FOUNDRY")}
DAMAGE = [b"", b"{", b"null", b"[]", b"\0\0\0", b'{"version": 1}']


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path)


@pytest.fixture
def ledger(layout) -> Ledger:
    """That of a deployment, with its copy."""
    key = fingerprints.store_key(layout)
    made: Outcome = join(b'{"a": 1}', {**WANTED, **FORM}, (), None, key)
    layout.settings.write_bytes(made.data)
    layout.env_file.touch()
    layout.ledger.write_text(made.ledger.to_json())
    recovery_copy.update(layout, key, [layout.ledger.name])
    return made.ledger


def test_there_is_none_before_the_first_deployment(layout):
    assert ledger_file.read(layout) is None
    assert losses.find(layout) == []


def test_the_file_counts(layout, ledger):
    assert ledger_file.read(layout) == ledger
    assert losses.find(layout) == []


@pytest.mark.parametrize("text", [None, *DAMAGE])
def test_its_copy_counts_where_it_is_lost(layout, ledger, text, capsys):
    layout.ledger.unlink()
    if text is not None:
        layout.ledger.write_bytes(text)
    assert ledger_file.read(layout) == ledger
    assert ledger_file.read(layout) == ledger
    assert capsys.readouterr().err.count("counts instead") == 1
    (loss,) = losses.find(layout)
    assert (loss.file, bool(loss.source)) == (layout.ledger, True)


def test_the_copy_counts_only_while_something_of_it_is_in_the_settings(layout, ledger):
    layout.ledger.unlink()
    layout.settings.write_text('{"a": 1}')
    assert ledger_file.read(layout) is None


@pytest.mark.parametrize("text", [None, *DAMAGE])
@pytest.mark.parametrize("copy", [None, *DAMAGE])
def test_where_both_are_lost_it_is_not_guessed(layout, ledger, text, copy):
    for path, content in ((layout.ledger, text), (layout.recovery_copy, copy)):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
    with pytest.raises(InvalidInput, match="doctor --fix"):
        ledger_file.read(layout)
    (loss,) = losses.find(layout)
    assert (loss.file, loss.source) == (layout.ledger, "")


def test_without_the_key_of_its_fingerprints_it_says_nothing(layout, ledger):
    layout.digest_key.unlink()
    assert ledger_file.read(layout) == ledger  # its copy is known
    layout.recovery_copy.unlink()
    with pytest.raises(InvalidInput, match="doctor --fix"):
        ledger_file.read(layout)
    assert ledger_file.look(layout).unkeyed == ledger


def test_one_of_a_newer_version_is_not_lost(layout, ledger):
    layout.ledger.write_text(json.dumps({**json.loads(ledger.to_json()), "more": 1}))
    with pytest.raises(NewerVersion):
        ledger_file.read(layout)
