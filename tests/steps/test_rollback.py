"""rollback and backup: what is gone back to, what is archived, and that no secret is without being asked for."""

import tarfile

import pytest

from tasks.core.deploying import rollback_target
from tasks.core.disk import files
from tasks.core.history import backup, history
from tasks.core.model.errors import UsageError
from tasks.core.model.release import Manifest, Revision
from tasks.core.text import documents

CONFIG, ENV = "litellm_config.yaml", ".env"


def manifest(revision):
    modes = {CONFIG: "0644", ENV: "0600"}
    return Manifest("d", "t", "0", "local", "http://h", (), {CONFIG: "x", ENV: "y"}, modes, {}, revision=revision)


@pytest.fixture
def deployed(layout):
    """A folder with two revisions, the second of which stands."""
    layout.gateway.mkdir(parents=True)
    for number in (1, 2):
        made = Revision("deploy", manifest(number), {CONFIG: "merge", ENV: "fill"}, ())
        history.prepare(layout, made, {CONFIG: b"released %d" % number}, {CONFIG: b"stood %d" % number})
        layout.manifest.write_bytes(documents.dump_json(manifest(number).to_json()))
        history.settle(layout, number)
    layout.config.write_bytes(b"stood 2")
    files.write(layout.env_file, b"KEY=secret-value\n", 0o600)
    return layout


def chosen(layout, *which, current=2):
    return rollback_target.chosen(layout, which, manifest(current), secrets=False)


def test_without_a_name_it_is_the_one_before(deployed):
    goal = chosen(deployed)
    assert goal.revision.number == 1
    assert (goal.stood, goal.rendered) == ({CONFIG: b"stood 1"}, {CONFIG: b"released 1"})


def test_by_its_number_it_may_be_any_also_the_present_one(deployed):
    assert chosen(deployed, "1").revision.number == 1
    assert chosen(deployed, "2").revision.number == 2


@pytest.mark.parametrize(
    "which", [("0",), ("3",), ("99",), ("1", "2"), ("latest",), ("../1",), ("",), ("/etc/passwd",), ("1.tar.gz",)]
)
def test_anything_else_is_answered_with_what_there_is(deployed, which):
    with pytest.raises(UsageError) as refused:
        chosen(deployed, *which)
    assert refused.value.remedy


def test_before_the_first_there_is_nothing(deployed):
    with pytest.raises(UsageError, match="deployed before"):
        chosen(deployed, current=1)


def test_the_present_secrets_stay_where_the_goal_has_none(deployed):
    wanted = {each.file: each for each in rollback_target.wanted(deployed, chosen(deployed))}
    assert wanted[CONFIG].data == b"stood 1"
    assert (wanted[ENV].data, wanted[ENV].mode) == (b"KEY=secret-value\n", 0o600)


def test_an_archive_holds_what_is_needed_to_go_back(deployed):
    backup.keep(deployed)
    (archive,) = deployed.backups.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = set(opened.getnames())
    assert {CONFIG, deployed.manifest.name, history.RECORD} <= names
    assert ENV not in names


def test_history_and_archives_hold_no_secret(deployed):
    backup.keep(deployed)
    assert list(deployed.backups.glob("*.tar.gz"))
    for place in (deployed.history, deployed.backups):
        for path in place.rglob("*"):
            assert path.is_dir() or b"secret-value" not in path.read_bytes()
            assert path.stat().st_mode & 0o077 == 0
