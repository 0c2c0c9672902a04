"""One transaction for the steps of a run: all of it or nothing, alone or together."""

import errno
import os

import pytest

from tasks.core.console import summary
from tasks.core.console.summary import Run
from tasks.core.history import history, session
from tasks.core.history.session import Session
from tasks.core.model.errors import Conflict
from tasks.core.model.release import Change, Revision
from tasks.core.text import documents
from tests.core.places import CONFIG, SCRIPT, layout_in, manifest_of


@pytest.fixture
def layout(tmp_path, monkeypatch):
    made = layout_in(tmp_path)
    monkeypatch.setattr(session, "this", Session(made))
    monkeypatch.setattr(summary, "this", Run())
    yield made
    session.close()


def create(name=CONFIG, data=b"new", mode=0o644, found=None):
    return Change(name, "create" if found is None else "update", data, mode, found)


def deploy(layout, number, *changes):
    """What a step and its setup do: open the transaction, prepare a revision, put its files and its manifest."""
    session.begin(layout, "test")
    manifest = manifest_of({change.file: "sha256:1" for change in changes}, number)
    history.prepare(layout, Revision("deploy", manifest, {}, ()), {}, {})
    with session.joined(layout) as transaction:
        for change in changes:
            session.put(transaction, change)
        transaction.put(layout.manifest.name, documents.dump_json(manifest.to_json()), 0o600)


def test_a_step_alone_is_true_at_its_end(layout):
    deploy(layout, 1, create())
    assert (layout.gateway / CONFIG).read_bytes() == b"new"
    assert history.numbers(layout) == [1]
    session.close()
    assert (layout.gateway / CONFIG).read_bytes() == b"new"


def test_together_nothing_is_true_before_the_commit(layout):
    session.this.together = True
    deploy(layout, 1, create())
    assert not (layout.gateway / CONFIG).exists()
    session.commit()
    assert (layout.gateway / CONFIG).read_bytes() == b"new"
    assert history.numbers(layout) == []
    session.finish()
    assert history.numbers(layout) == [1]


@pytest.mark.parametrize("finished", [False, True])
def test_what_is_not_of_files_is_undone_after_them(layout, finished):
    seen = []
    session.this.together = True
    deploy(layout, 1, create())
    session.when_undone(lambda: seen.append((layout.gateway / CONFIG).exists()))
    session.commit()
    if finished:
        session.finish()
    session.close()
    assert seen == ([] if finished else [False])


@pytest.mark.parametrize("committed", [False, True])
def test_what_is_not_finished_is_undone_to_the_byte(layout, committed):
    path = layout.gateway / CONFIG
    path.write_bytes(b"old")
    path.chmod(0o640)
    session.this.together = True
    deploy(layout, 1, create(found=b"old"), create(SCRIPT))
    if committed:
        session.commit()
    session.close()
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"old", 0o640)
    assert not (layout.gateway / SCRIPT).exists()
    assert not layout.manifest.exists()
    assert history.numbers(layout) == []


def test_a_step_that_fails_leaves_everything_as_it_was(layout):
    def step():
        with session.joined(layout) as transaction:
            session.put(transaction, create())
            raise Conflict("is yours")

    with pytest.raises(Conflict):
        step()
    session.close()
    assert not (layout.gateway / CONFIG).exists()


def test_the_receipt_is_told_what_was_edited_last_minute_only_once_it_is_true(layout):
    told = []
    session.this.together = True
    deploy(layout, 1, create())
    session.when_committed(lambda: told.append("true"))
    assert told == []
    session.commit()
    assert told == ["true"]


def test_what_is_true_is_not_undone_when_the_disk_refuses_the_tidying_up(layout, monkeypatch, capsys):
    def refused(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    session.this.together = True
    deploy(layout, 1, create())
    session.commit()
    monkeypatch.setattr(history, "settle", refused)
    session.finish()
    session.close()
    assert (layout.gateway / CONFIG).read_bytes() == b"new"
    assert f"{layout.history}: No space left on device; the next command tries again" in capsys.readouterr().err


def test_closing_twice_or_without_anything_is_nothing(layout):
    session.close()
    deploy(layout, 1, create())
    session.close()
    session.close()
    session.commit()
    session.finish()
    assert history.numbers(layout) == [1]


def test_the_next_one_is_let_in_afterwards(layout):
    deploy(layout, 1, create())
    session.close()
    session.this.finished = False
    deploy(layout, 2, create(data=b"newer", found=b"new"))
    session.close()
    assert (layout.gateway / CONFIG).read_bytes() == b"newer"


def test_a_run_that_changes_something_is_logged_beside_it(layout):
    deploy(layout, 1, create())
    assert summary.this.log == layout.deployment_log


@pytest.mark.parametrize("kind", ["keep", "unchanged"])
def test_what_stays_is_not_written(layout, kind):
    path = layout.gateway / CONFIG
    path.write_bytes(b"old")
    before = path.stat()
    with session.joined(layout) as transaction:
        session.put(transaction, Change(CONFIG, kind, b"old", 0o600, b"old"))
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_removed_file_goes_and_a_replaced_one_is_kept_beside(layout):
    for name in (CONFIG, SCRIPT):
        (layout.gateway / name).write_bytes(b"mine")
    with session.joined(layout) as transaction:
        session.put(transaction, Change(CONFIG, "remove", None, 0o644, b"mine"))
        session.put(transaction, Change(SCRIPT, "replace", b"new", 0o755, b"mine", beside=f"{SCRIPT}.yours-2"))
    assert not (layout.gateway / CONFIG).exists()
    assert (layout.gateway / SCRIPT).read_bytes() == b"new"
    kept = layout.gateway / f"{SCRIPT}.yours-2"
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (b"mine", 0o600)
