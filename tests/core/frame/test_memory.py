"""What doit remembers may be damaged, locked or gone: the work is done, and the exit code is that of the work."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from contextlib import contextmanager

import pytest
from doit.dependency import JSONCodec

from tasks.core.frame.memory import CHECKER, Memory, is_empty
from tests.conftest import Sandbox, make_sandbox


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    """A sandbox in which a release was staged."""
    box = make_sandbox(tmp_path_factory.mktemp("staged"))
    assert box.doit("stage").code == 0
    return box


@pytest.fixture
def box(staged, tmp_path):
    """One like it, to be damaged."""
    shutil.copytree(staged.root, tmp_path / "own", symlinks=True)
    own = Sandbox(tmp_path / "own")
    (own.project / "build" / staged.workshop.name).rename(own.workshop)
    return own


def memory(box):
    return box.workshop / "doit.db"


@contextmanager
def garbage(place):
    place.write_bytes(b"no database at all" * 100)
    yield


@contextmanager
def cut_short(place):
    place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])
    yield


@contextmanager
def overwritten(place):
    with place.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 8192)
    yield


@contextmanager
def unreadable_records(place):
    with sqlite3.connect(place) as connection:
        connection.execute("update doit set task_data = '{'")
    connection.close()
    yield


@contextmanager
def a_folder(place):
    place.unlink()
    place.mkdir()
    yield


@contextmanager
def gone_with_its_folder(place):
    shutil.rmtree(place.parent)
    yield


@contextmanager
def held(place):
    """Somebody else writes for as long as the command runs."""
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("begin exclusive")
    yield
    other.close()


@contextmanager
def being_written(place):
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("begin immediate")
    yield
    other.close()


KINDS = [garbage, cut_short, overwritten, unreadable_records, a_folder, held, being_written]


@pytest.mark.parametrize("damage", KINDS, ids=lambda damage: damage.__name__)
def test_no_damage_ends_a_command(box, damage):
    with damage(memory(box)):
        result = box.doit("stage")
    assert result.code == 0, result.text
    assert "Traceback" not in result.text
    assert "doit" in result.err
    assert (box.workshop / "release" / "deployment-manifest.json").exists()
    again = box.doit("stage", "--verbose")
    assert again.code == 0
    assert "Traceback" not in again.text


@pytest.mark.parametrize("damage", [garbage, cut_short, overwritten], ids=lambda damage: damage.__name__)
def test_a_damaged_memory_is_set_aside_and_begun_again(box, damage):
    with damage(memory(box)):
        first = box.doit("stage")
    assert "was damaged" in first.err
    assert memory(box).with_name("doit.db.damaged").exists()
    again = box.doit("stage")
    assert "nothing to do" in again.err
    assert "damaged" not in again.err


def test_without_its_folder_all_is_made_again(box):
    with gone_with_its_folder(memory(box)):
        result = box.doit("stage")
    assert result.code == 0, result.text
    assert "nothing to do" in box.doit("stage").err
    assert memory(box).parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("words", [("list", "--all", "-s"), ("info", "stage"), ("forget", "--all"), ("clean", "-n")])
def test_other_commands_do_without_it_too(box, words):
    wanted = box.doit(*words).code
    with garbage(memory(box)):
        result = box.doit(*words)
    assert "Traceback" not in result.text
    assert result.code in (wanted, 1)  # info: what has to run ends with 1


def test_a_deployment_is_finished_while_the_memory_cannot_be_written(box):
    with being_written(memory(box)):
        result = box.doit("deploy", "--preset", "demo")
    assert result.code == 0, result.text
    assert box.doit("verify").code == 0
    assert not [path for path in box.claude.iterdir() if path.name.startswith(".gw-")]


def test_once_it_is_written_no_signal_changes_how_the_command_ends(tmp_path):
    made = Memory(str(tmp_path / "doit.db"), JSONCodec())
    made.set("step", "key", "value")
    made.dump()
    os.kill(os.getpid(), signal.SIGTERM)
    assert sqlite3.connect(tmp_path / "doit.db").execute("select count(*) from doit").fetchone() == (1,)


def test_a_step_that_fails_ends_as_itself_while_the_memory_cannot_be_written(box):
    assert box.doit("validate").code == 0
    (box.project / "templates" / "models" / "demo.yaml").write_text("nonsense: true\n")
    wanted = box.doit("validate").code
    with being_written(memory(box)):
        result = box.doit("validate")
    assert (result.code, wanted) == (4, 4)
    assert "Traceback" not in result.text


@pytest.mark.parametrize("words", [("forget", "stage"), ("ignore", "stage")], ids=lambda words: words[0])
def test_what_only_changes_the_memory_fails_without_it(box, words):
    assert box.doit("stage").code == 0  # what was copied is for other paths
    with being_written(memory(box)):
        result = box.doit(*words)
    assert result.code == 1, result.text
    assert "Traceback" not in result.text
    assert "nothing to do" in box.doit("stage").err


@pytest.mark.parametrize(
    ("record", "says_nothing"),
    [
        ({"_values_:": {}, CHECKER: "Content", "deps:": ()}, True),
        ({"_values_:": {}, CHECKER: "Content", "deps:": ("a",), "a": [1, "x"]}, False),
        ({"_values_:": {"run-once": True}, CHECKER: "Content", "deps:": ()}, False),
        ({"ignore:": "1"}, False),
    ],
)
def test_of_a_step_that_depends_on_nothing_nothing_is_kept(tmp_path, record, says_nothing):
    assert is_empty(record) == says_nothing
    kept = Memory(str(tmp_path / "own" / "doit.db"), JSONCodec())
    assert kept.get("step", "ignore:") is None
    for key, value in record.items():
        kept.set("step", key, value)
    kept.dump()
    assert (tmp_path / "own").exists() != says_nothing


def test_forgetting_what_was_never_known_makes_no_file(tmp_path):
    kept = Memory(str(tmp_path / "own" / "doit.db"), JSONCodec())
    kept.set("step", "deps:", ("a",))
    kept.remove("step")
    kept.dump()
    assert not (tmp_path / "own").exists()
