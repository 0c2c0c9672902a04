"""A command that failed or was killed leaves no revision, no copy of settings.json and no folder of its own."""

import os

import pytest

from tasks.core.disk import store
from tasks.core.history import aftermath, backup, history
from tasks.core.history.session import Session
from tasks.core.model.layout import Layout
from tasks.core.model.release import Revision
from tasks.core.text import documents
from tests.core.places import CONFIG, manifest_of


@pytest.fixture
def layout(tmp_path):
    layout = Layout.of({"HOME": str(tmp_path)})
    layout.claude.mkdir()
    layout.settings.write_text('{"env": {"TOKEN": "sk-1"}}')
    return layout


def begin(layout, number=1):
    """What a deployment does before its commit: lock, backup, revision."""
    session = Session()
    session.begin(layout)
    backup.keep(layout, ending=history.PREPARED if number == 1 else "")
    manifest = manifest_of({CONFIG: "sha256:1"}, number)
    history.prepare(layout, Revision("deploy", manifest, {}, ()), {CONFIG: b"new"}, {CONFIG: b"new"})
    return session, manifest


def deploy(layout, number=1):
    session, manifest = begin(layout, number)
    with session.join(layout) as transaction:
        transaction.put(CONFIG, b"new", 0o644)
        transaction.put(layout.manifest.name, documents.dump_json(manifest.to_json()), 0o600)
    session.close()


def die(session):
    """Let go of the lock, and of nothing else."""
    transaction = session._open.transaction
    transaction._interrupts.stop()
    os.close(transaction._lock._descriptor)


def names(layout):
    return {path.name for path in layout.claude.rglob("*")}


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_first_deployment_that_ends_early_leaves_nothing(layout, is_killed):
    session, _ = begin(layout)
    assert {"backups", "0001.prepared"} <= names(layout)
    if is_killed:
        die(session)
        assert aftermath.recover(layout).action == "cleaned"
    else:
        session.close()
        assert session.summary.log is None
    assert names(layout) == {"settings.json"}
    assert not aftermath.recover(layout)


def test_a_copy_of_settings_that_are_others_by_now_is_kept(layout):
    session, _ = begin(layout)
    layout.settings.write_text("{}")
    session.close()
    assert backup.newest_settings(layout) is not None


def test_the_copy_of_settings_stays_once_it_is_deployed(layout):
    deploy(layout)
    assert backup.newest_settings(layout).read_text() == layout.settings.read_text()


def test_a_backup_that_was_asked_for_needs_no_deployment(layout):
    session = Session()
    session.begin(layout)
    backup.keep(layout)
    session.close()
    assert backup.newest_settings(layout) is not None
    assert not aftermath.recover(layout)


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_later_one_leaves_what_was_there(layout, is_killed):
    deploy(layout)
    before = names(layout)
    session, _ = begin(layout, 2)
    if is_killed:
        die(session)
        aftermath.recover(layout)
    else:
        session.close()
    assert history.numbers(layout) == [1]
    assert {name for name in names(layout) if "backup" not in name} == {
        name for name in before | {"metadata.json"} if "backup" not in name
    }


@pytest.mark.parametrize("folder", ["backups", "profiles", "history"])
def test_half_written_copies_go_with_the_next_command(layout, folder):
    deploy(layout)
    debris = layout.gateway / folder / store.name_temporary()
    debris.parent.mkdir(exist_ok=True)
    debris.write_text("sk-1")
    assert aftermath.recover(layout).action == "cleaned"
    assert not debris.exists()


def test_a_command_that_runs_is_let_alone(layout):
    session, _ = begin(layout)
    assert not aftermath.recover(layout)
    assert "0001.prepared" in names(layout)
    session.close()
