"""A plan of changes: applied in one transaction, entered in the history, summarized once it is committed."""

import pytest

from tasks.core.deploying.change_plan import UNINSTALL, ChangePlan, stage_change
from tasks.core.history import history
from tasks.core.history.session import Session
from tasks.core.model.release import Change, Revision
from tests.core.places import CONFIG, ENV, SCRIPT, layout_in, manifest_of


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path)


@pytest.fixture
def session():
    made = Session()
    yield made
    made.close()


def plan_of(layout, *changes, action="deploy", **more):
    revision = Revision(action, manifest_of({change.file: "sha256:1" for change in changes if change.data}), {}, ())
    return ChangePlan(layout, changes, revision, **more)


def test_it_is_empty_when_it_is_recorded_and_nothing_is_written(layout):
    kept, written = Change(CONFIG, "keep", b"a", 0o644, b"a"), Change(SCRIPT, "update", b"b", 0o755, b"a")
    assert plan_of(layout, kept, is_recorded=True).is_empty
    assert not plan_of(layout, kept).is_empty
    assert not plan_of(layout, kept, written, is_recorded=True).is_empty


def test_applying_writes_the_files_the_manifest_and_the_history(layout, session):
    change = Change(CONFIG, "create", b"new", 0o644, None)
    plan_of(layout, change, rendered={CONFIG: b"rendered"}, result={CONFIG: b"new"}).apply(session)
    assert (layout.gateway / CONFIG).read_bytes() == b"new"
    assert history.current(layout).revision == 1
    assert (history.released(layout, 1, CONFIG), history.stood(layout, 1)) == (b"rendered", {CONFIG: b"new"})
    assert session.summary.written == [CONFIG]


def test_the_manifest_says_where_the_archive_is(layout, session):
    session.summary.backup = layout.backups / "gateway-backup-1.tar.gz"
    plan_of(layout, Change(CONFIG, "create", b"new", 0o644, None)).apply(session)
    assert history.current(layout).backup_path == str(session.summary.backup)


def test_after_an_uninstall_there_is_no_manifest(layout, session):
    plan_of(layout, Change(CONFIG, "create", b"new", 0o644, None)).apply(session)
    plan_of(layout, Change(CONFIG, "remove", None, 0o644, b"new"), action=UNINSTALL).apply(session)
    assert not layout.manifest.exists()
    assert not (layout.gateway / CONFIG).exists()
    assert [history.revision(layout, number).action for number in history.numbers(layout)] == ["deploy", UNINSTALL]


def test_what_fails_at_the_commit_undoes_everything(layout, session):
    def fail():
        raise ZeroDivisionError

    session.when_committed(fail)
    with pytest.raises(ZeroDivisionError):
        plan_of(layout, Change(ENV, "create", b"KEY=1\n", 0o600, None)).apply(session)
    session.close()
    assert not layout.env_file.exists()
    assert not history.numbers(layout)
    assert not session.summary.written


@pytest.mark.parametrize("kind", ["keep", "unchanged"])
def test_what_stays_is_not_written(layout, session, kind):
    path = layout.gateway / CONFIG
    path.write_bytes(b"old")
    before = path.stat()
    with session.join(layout) as transaction:
        stage_change(transaction, Change(CONFIG, kind, b"old", 0o600, b"old"))
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_removed_file_goes_and_a_replaced_one_is_kept_beside(layout, session):
    for name in (CONFIG, SCRIPT):
        (layout.gateway / name).write_bytes(b"mine")
    with session.join(layout) as transaction:
        stage_change(transaction, Change(CONFIG, "remove", None, 0o644, b"mine"))
        stage_change(transaction, Change(SCRIPT, "replace", b"new", 0o755, b"mine", beside=f"{SCRIPT}.yours-2"))
    assert not (layout.gateway / CONFIG).exists()
    assert (layout.gateway / SCRIPT).read_bytes() == b"new"
    kept = layout.gateway / f"{SCRIPT}.yours-2"
    assert (kept.read_bytes(), kept.stat().st_mode & 0o777) == (b"mine", 0o600)
