"""What an uninstall removes, and what it keeps because it is the user's."""

import errno
import json
import os

import pytest

from tasks.core.deploying import removal, uninstall
from tasks.core.history import backup, history
from tasks.core.model.release import Revision
from tests.core.places import CONFIG, ENV, layout_in, manifest_of, stand

RENDERED = b"# made\nLITELLM_MASTER_KEY=\nVERTEX_PROJECT=p\n"
VARIABLES = {"LITELLM_MASTER_KEY": "set", "VERTEX_PROJECT": "p", "OTHER_KEY": "set"}


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path)


@pytest.fixture
def manifest(layout):
    """What is deployed: .env, as it was rendered."""
    made = manifest_of({ENV: "x"}, 1)._replace(variables=VARIABLES)
    history.prepare(layout, Revision("deploy", made, {}, ()), {ENV: RENDERED}, {})
    history.settle(layout, 1)
    return made


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("# made\nLITELLM_MASTER_KEY=sk-made\nVERTEX_PROJECT=p\n", False),
        ("VERTEX_PROJECT=other\n\n", False),
        ("MINE=1\n", True),
        ("# a note of mine\n", True),
        ("OTHER_KEY=sk-secret\n", True),
    ],
)
def test_env_is_kept_when_it_has_values_of_the_user(layout, manifest, text, is_kept):
    assert uninstall.has_values_of_the_user(layout, manifest, text.encode()) == is_kept


def test_a_path_is_no_secret_of_its_own(layout, manifest, tmp_path):
    (tmp_path / "key.json").touch()
    text = f"OTHER_KEY={tmp_path / 'key.json'}\n".encode()
    assert not uninstall.has_values_of_the_user(layout, manifest, text)


@pytest.mark.parametrize(("found", "kind"), [(b"a: 1\n", "remove"), (b"a: 2\n", "keep")])
def test_a_file_that_was_edited_stays(layout, found, kind):
    deployed = stand(layout, CONFIG, found, b"a: 1\n")
    (change,) = uninstall.find_removals(layout, deployed)
    assert (change.kind, change.note) == (kind, "")


def test_the_plan_writes_nothing_and_leads_to_nothing(layout):
    deployed = stand(layout, CONFIG, b"a: 1\n", b"a: 1\n")
    before = {path: path.stat().st_mtime_ns for path in layout.gateway.rglob("*")}
    plan = uninstall.plan_uninstall(layout, deployed)
    plan.check_settings()
    assert (plan.revision.action, plan.revision.manifest.files) == ("uninstall", {})
    assert {path: path.stat().st_mtime_ns for path in layout.gateway.rglob("*")} == before


def test_what_remains_is_what_is_not_bookkeeping(layout):
    for name in (".lock", ".digest-key", "notes.txt"):
        (layout.gateway / name).write_text("x")
    assert [path.name for path in uninstall.find_remains(layout)] == [".digest-key", ".lock", "notes.txt"]
    assert not uninstall.find_remains(layout._replace(gateway=layout.home / "nowhere"))


def test_history_and_backups_are_removed_only_when_purged(layout, manifest):
    layout.backups.mkdir()
    for name in ("gateway-backup-1.tar.gz", "mine.txt"):
        (layout.backups / name).write_text("x")
    layout.choices.parent.mkdir(parents=True, exist_ok=True)
    layout.ledger.write_text(json.dumps({}))
    assert list(removal.remove_leftovers(layout)) == []
    assert layout.ledger.exists()
    assert history.numbers(layout) == [1]
    removed = list(removal.remove_memory(layout, []))
    memory = ["settings-ledger.json", "backups/gateway-backup-1.tar.gz", "history/0001"]
    assert removed == [*memory, str(layout.workshop)]
    removal.remove_empty_folders(layout)
    assert not layout.ledger.exists()
    assert not layout.history.exists()
    assert [path.name for path in layout.backups.iterdir()] == ["mine.txt"]


def test_what_a_start_left_half_written_goes(layout):
    left = [layout.gateway / name for name in ("gateway.pid.new", "gateway.status.json.new", ".start-lock/pid")]
    left[-1].parent.mkdir()
    for path in left:
        path.write_text("")
    assert [*removal.remove_leftovers(layout)]
    assert not [path for path in [*left, left[-1].parent] if path.exists()]


def test_what_the_disk_does_not_let_go_is_an_error_after_all_else_is_removed(layout, manifest, monkeypatch):
    layout.backups.mkdir()
    stuck, other = (layout.backups / f"gateway-backup-{number}.tar.gz" for number in (1, 2))
    for path in (stuck, other):
        path.write_text("x")
    unlink = os.unlink

    def refuse(path, **options):
        if str(path) == str(stuck):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        unlink(path, **options)

    monkeypatch.setattr(os, "unlink", refuse)
    failures = []
    removed = list(removal.remove_memory(layout, failures))
    assert [(failure.errno, str(failure.filename)) for failure in failures] == [(errno.EROFS, str(stuck))]
    error = removal.Remaining(failures)
    assert (error.exit_code, error.where) == (75, str(stuck))
    assert f"backups/{stuck.name}" not in removed
    assert not other.exists()
    assert not history.numbers(layout)


def test_a_purge_goes_on_where_one_was_killed(layout, manifest):
    for path in (layout.history / "0001").iterdir():
        if path.is_file() and path.name != history.RECORD:
            path.unlink()
    failures = []
    assert list(removal.remove_memory(layout, failures)) == ["history/0001"]
    assert not failures
    removal.remove_empty_folders(layout)
    assert not layout.history.exists()


def test_a_disk_too_full_for_a_backup_does_not_keep_one_from_uninstalling(layout, manifest, monkeypatch, capsys):
    monkeypatch.setattr(backup.history_archive, "space_warning", lambda *_: "32 KiB free, 152 KiB needed")
    assert uninstall.keep_backup(layout) is None
    assert "152 KiB needed: no backup was made" in capsys.readouterr().err
    assert not layout.backups.exists()
