"""Revisions: prepared beside the true ones, kept when they became true, dropped when not; and never a secret."""

import pytest

from tasks.core.history import history
from tasks.core.model.catalogue import Setting
from tasks.core.model.errors import GatewayError, InvalidInput
from tasks.core.model.release import Revision
from tasks.core.text import documents
from tests.core.places import CONFIG, layout_in, manifest_of

SETTINGS = (
    Setting(("env", "URL"), text="http://127.0.0.1:4000"),
    Setting(("env", "TOKEN"), variable="KEY"),
    Setting(("permissions", "defaultMode"), text="default", unless_present=True),
)


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path)


def revision(number, action="deploy"):
    return Revision(action, manifest_of({CONFIG: "sha256:1"}, number), {CONFIG: "merge"}, SETTINGS)


def true(layout, number, rendered=b"rendered", stood=b"stood"):
    """Let a revision become true, as a deployment does."""
    history.prepare(layout, revision(number), {CONFIG: rendered}, {CONFIG: stood})
    layout.manifest.write_bytes(documents.dump_json(revision(number).manifest.to_json()))
    history.settle(layout, number)


def test_nothing_is_installed_in_an_empty_folder(layout):
    assert history.installed(layout) is None
    assert history.numbers(layout) == []
    assert history.next_number(layout) == 1
    with pytest.raises(GatewayError, match="nothing is deployed"):
        history.current(layout)


def test_a_revision_is_read_back_with_what_was_rendered_and_what_stood(layout):
    true(layout, 1)
    assert history.revision(layout, 1) == revision(1)
    assert history.released(layout, 1, CONFIG) == b"rendered"
    assert history.stood(layout, 1) == {CONFIG: b"stood"}
    assert history.current(layout).revision == 1


def test_it_is_private(layout):
    true(layout, 1)
    for path in layout.history.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)


def test_one_that_did_not_become_true_is_dropped(layout):
    true(layout, 1)
    history.prepare(layout, revision(2), {CONFIG: b"new"}, {CONFIG: b"new"})
    assert history.numbers(layout) == [1]
    history.settle(layout, None)
    assert [path.name for path in layout.history.iterdir()] == ["0001"]
    assert history.next_number(layout) == 2


def test_one_whose_files_stand_is_kept_although_its_end_was_cut_off(layout):
    true(layout, 1)
    history.prepare(layout, revision(2), {CONFIG: b"new"}, {CONFIG: b"new"})
    layout.manifest.write_bytes(documents.dump_json(revision(2).manifest.to_json()))
    assert history.released(layout, 2, CONFIG) == b"new"  # already, so that an edit is told from what we left
    history.settle(layout, history.current(layout).revision)
    assert history.numbers(layout) == [1, 2]


def test_settling_again_changes_nothing(layout):
    true(layout, 1)
    for number in (1, None):
        history.settle(layout, number)
    assert history.numbers(layout) == [1]


def test_numbers_go_on_when_older_ones_are_gone_or_the_manifest_is(layout):
    for number in (1, 2, 3):
        true(layout, number)
    layout.manifest.unlink()
    assert history.next_number(layout) == 4


def test_the_newest_are_kept(layout, monkeypatch):
    monkeypatch.setattr(history, "KEPT", 3)
    for number in range(1, 7):
        true(layout, number)
    assert history.numbers(layout) == [4, 5, 6]


def test_a_failed_first_deployment_leaves_no_folder(layout):
    history.prepare(layout, revision(1), {}, {})
    history.settle(layout, None)
    assert not layout.history.exists()


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b'{"action": "deploy"}'])
def test_a_damaged_record_is_told_with_its_place(layout, text):
    true(layout, 1)
    (layout.history / "0001" / history.RECORD).write_bytes(text)
    with pytest.raises(InvalidInput) as refused:
        history.revision(layout, 1)
    assert history.RECORD in str(refused.value)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null"])
def test_a_damaged_manifest_is_told_with_its_place(layout, text):
    layout.manifest.write_bytes(text)
    with pytest.raises(InvalidInput) as refused:
        history.installed(layout)
    assert str(layout.manifest) in str(refused.value)


def test_what_somebody_else_put_there_is_no_revision(layout):
    true(layout, 1)
    (layout.history / "notes").mkdir()
    (layout.history / "0002.txt").write_text("mine")
    assert history.numbers(layout) == [1]
