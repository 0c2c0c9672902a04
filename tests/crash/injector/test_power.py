from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.crash.injector.power import MODELS, Disk

if TYPE_CHECKING:
    from pathlib import Path

UNSYNCED = """
with open("d/new", "w") as file: file.write("new")
os.rename("d/new", "d/file")
"""
SYNCED = """
with open("d/new", "w") as file: file.write("new"); file.flush(); os.fsync(file.fileno())
os.rename("d/new", "d/file")
os.fsync(os.open("d", os.O_RDONLY))
"""


def left(script, code: str, model: str) -> list[dict[str, str]]:
    """What is there after a loss of power before each call, and after the last."""
    place: Path = script.root / "d"
    with script.run(code, places=[place]) as run:
        assert run.ended.code == 0, run.ended.err
        recording = run.recording
    disk, found = Disk(recording, model), []
    for number, event in enumerate([*recording.events, None]):
        target = script.root.parent / f"left{number}"
        disk.lay({str(place): str(target)})
        found.append({path.name: path.read_text() for path in target.rglob("*") if path.is_file()})
        if event:
            disk.take(event)
    return found


@pytest.fixture
def saved(script):
    (script.root / "d").mkdir()
    (script.root / "d/file").write_text("old")
    return script


OLD, NEW = {"file": "old"}, {"file": "new"}


def test_what_is_not_synced_may_be_empty(saved):
    assert left(saved, UNSYNCED, "ordered") == [OLD, OLD | {"new": ""}, OLD | {"new": ""}, {"file": ""}]


def test_what_is_not_synced_may_not_have_happened(saved):
    assert left(saved, UNSYNCED, "posix") == [OLD] * 4


@pytest.mark.parametrize("model", MODELS)
def test_what_is_synced_is_there(saved, model):
    *before, after = left(saved, SYNCED, model)
    assert after == NEW
    assert all(state["file"] in ("old", "new") for state in before)


@pytest.mark.parametrize(("synced", "found"), [(False, {}), (True, {"f": ""})])
def test_a_folder_that_was_not_synced_is_lost_with_all_in_it(saved, synced, found):
    code = "os.mkdir('d/e')\nopen('d/e/f', 'w').write('f')\nos.fsync(os.open('d/e', 0))\n"
    assert left(saved, code + "os.fsync(os.open('d', 0))" * synced, "posix")[-1] == OLD | found


def test_modes_and_links_are_kept(saved):
    code = """
os.chmod("d/file", 0o640)
os.symlink("file", "d/link")
for name in ("d/file", "d"): os.fsync(os.open(name, os.O_RDONLY))
"""
    for model, number in zip(MODELS, itertools.count()):
        with saved.run(code, places=[saved.root / "d"]) as run:
            recording = run.recording
        disk, target = Disk(recording, model), saved.root.parent / f"laid{number}"
        for event in recording.events:
            disk.take(event)
        disk.lay({str(saved.root / "d"): str(target)})
        assert (target / "file").stat().st_mode & 0o777 == 0o640
        assert (target / "link").readlink().name == "file"
        (saved.root / "d/link").unlink()
