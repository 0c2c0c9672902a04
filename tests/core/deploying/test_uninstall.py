"""What an uninstall removes, and what it keeps because it is the user's."""

import json

import pytest

from tasks.core.deploying import uninstall
from tasks.core.history import history
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
    assert [path.name for path in uninstall.find_remains(layout)] == ["notes.txt"]
    assert not uninstall.find_remains(layout._replace(gateway=layout.home / "nowhere"))


def test_history_and_backups_are_removed_only_when_purged(layout, manifest):
    layout.backups.mkdir()
    for name in ("gateway-backup-1.tar.gz", "mine.txt"):
        (layout.backups / name).write_text("x")
    layout.choices.parent.mkdir(parents=True, exist_ok=True)
    layout.ledger.write_text(json.dumps({}))
    uninstall.remove_leftovers(layout)
    assert layout.ledger.exists()
    assert history.numbers(layout) == [1]
    uninstall.remove_memory(layout)
    uninstall.remove_empty_folders(layout)
    assert not layout.ledger.exists()
    assert not layout.history.exists()
    assert [path.name for path in layout.backups.iterdir()] == ["mine.txt"]
