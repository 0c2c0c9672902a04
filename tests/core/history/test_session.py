"""One transaction for the steps of a run: all of it or nothing, alone or together."""

import errno
import os

import pytest

from tasks.core.deploying.change_plan import stage_change
from tasks.core.disk.changeset import ChangeSet
from tasks.core.disk.moves import Move
from tasks.core.disk.recovery import Undetermined
from tasks.core.history import history
from tasks.core.history.session import Session
from tasks.core.model.errors import Conflict
from tasks.core.model.release import Change, Revision
from tasks.core.text import documents
from tests.core.places import CONFIG, SCRIPT, layout_in, manifest_of


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path)


@pytest.fixture
def session():
    made = Session()
    yield made
    made.close()


def create(name=CONFIG, data=b"new", mode=0o644, found=None):
    return Change(name, "create" if found is None else "update", data, mode, found)


def refused(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def deploy(session, layout, number, *changes):
    """What a step and its setup do: open the transaction, prepare a revision, put its files and its manifest."""
    session.begin(layout)
    manifest = manifest_of({change.file: "sha256:1" for change in changes}, number)
    history.prepare(layout, Revision("deploy", manifest, {}, ()), {}, {})
    with session.join(layout) as transaction:
        for change in changes:
            stage_change(transaction, change)
        transaction.put(layout.manifest.name, documents.dump_json(manifest.to_json()), 0o600)


def test_a_step_alone_is_true_at_its_end(session, layout):
    deploy(session, layout, 1, create())
    assert (layout.gateway / CONFIG).read_bytes() == b"new"
    assert history.numbers(layout) == [1]
    session.close()
    assert (layout.gateway / CONFIG).read_bytes() == b"new"


def test_together_nothing_is_true_before_the_commit(session, layout):
    session.is_shared = True
    deploy(session, layout, 1, create())
    assert not (layout.gateway / CONFIG).exists()
    session.commit()
    assert (layout.gateway / CONFIG).read_bytes() == b"new"
    assert history.numbers(layout) == []
    session.finish()
    assert history.numbers(layout) == [1]


@pytest.mark.parametrize("finished", [False, True])
def test_what_is_not_of_files_is_undone_after_them(session, layout, finished):
    seen = []
    session.is_shared = True
    deploy(session, layout, 1, create())
    session.when_undone(lambda: seen.append((layout.gateway / CONFIG).exists()))
    session.commit()
    if finished:
        session.finish()
    session.close()
    assert seen == ([] if finished else [False])


@pytest.mark.parametrize("committed", [False, True])
def test_what_is_not_finished_is_undone_to_the_byte(session, layout, committed):
    path = layout.gateway / CONFIG
    path.write_bytes(b"old")
    path.chmod(0o640)
    session.is_shared = True
    deploy(session, layout, 1, create(found=b"old"), create(SCRIPT))
    if committed:
        session.commit()
    session.close()
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"old", 0o640)
    assert not (layout.gateway / SCRIPT).exists()
    assert not layout.manifest.exists()
    assert history.numbers(layout) == []


def test_a_step_that_fails_leaves_everything_as_it_was(session, layout):
    def step():
        with session.join(layout) as transaction:
            stage_change(transaction, create())
            raise Conflict("is yours")

    with pytest.raises(Conflict):
        step()
    session.close()
    assert not (layout.gateway / CONFIG).exists()


def test_the_receipt_is_told_what_was_edited_last_minute_only_once_it_is_true(session, layout):
    told = []
    session.is_shared = True
    deploy(session, layout, 1, create())
    session.when_committed(lambda: told.append("true"))
    assert told == []
    session.commit()
    assert told == ["true"]


def test_what_is_true_is_not_undone_when_the_disk_refuses_the_tidying_up(session, layout, monkeypatch, capsys):
    session.is_shared = True
    deploy(session, layout, 1, create())
    session.commit()
    monkeypatch.setattr(history, "settle", refused)
    session.finish()
    session.close()
    assert (layout.gateway / CONFIG).read_bytes() == b"new"
    assert f"{layout.history}: No space left on device; the next command tries again" in capsys.readouterr().err


def test_what_the_system_refuses_to_undo_is_not_called_undone(session, layout, monkeypatch):
    session.is_shared = True
    (layout.gateway / CONFIG).write_bytes(b"old")
    deploy(session, layout, 1, create(found=b"old"))
    session.commit()
    with monkeypatch.context() as patched:
        patched.setattr(ChangeSet, "_backward", refused)
        with pytest.raises(Undetermined):
            session.close()
    assert session.is_unsettled
    assert "undone" not in session.outcome


def test_nor_when_it_was_refused_before(session, layout, monkeypatch):
    monkeypatch.setattr(Move, "forward", refused)
    monkeypatch.setattr(ChangeSet, "_backward", refused)
    session.is_shared = True
    (layout.gateway / CONFIG).write_bytes(b"old")
    deploy(session, layout, 1, create(found=b"old"))
    with pytest.raises(Undetermined):
        session.commit()
    session.close()
    assert session.is_unsettled
    assert "the next command finishes it" in session.outcome


def test_closing_twice_or_without_anything_is_nothing(session, layout):
    session.close()
    deploy(session, layout, 1, create())
    session.close()
    session.close()
    session.commit()
    session.finish()
    assert history.numbers(layout) == [1]


def test_the_next_one_is_let_in_afterwards(session, layout):
    deploy(session, layout, 1, create())
    session.close()
    deploy(session, layout, 2, create(data=b"newer", found=b"new"))
    session.close()
    assert (layout.gateway / CONFIG).read_bytes() == b"newer"


def test_a_run_that_changes_something_is_logged_beside_it(session, layout):
    deploy(session, layout, 1, create())
    assert session.summary.log == layout.deployment_log
