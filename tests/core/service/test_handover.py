"""The gateway that ran before a deployment is the one that runs again when that is taken back."""

import pytest

from tasks.core.disk import files
from tasks.core.service import handover, processes, traces
from tasks.core.text import documents
from tests.artifacts.fakes import SCRIPTS, clear, free_port, make_folder
from tests.core.places import manifest_of

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    """A gateway that is deployed and runs."""
    made = make_folder(tmp_path)
    names = ("litellm_config.yaml", *SCRIPTS)
    manifest = manifest_of({name: files.digest((made.path / name).read_bytes()) for name in names})
    made.layout.manifest.write_bytes(documents.dump_json(manifest.to_json()))
    assert made.start().returncode == 0
    yield made
    clear(made)


def test_after_a_death_with_another_one_beside_it_that_one_ends(folder):
    before = folder.pid
    handover.set_aside(folder.layout, keeps_running=True)
    assert processes.running(folder.layout) is None
    folder.port = free_port()
    folder.render()
    assert folder.start().returncode == 0
    handover.recover(folder.layout)
    assert processes.running(folder.layout).pid == before
    assert [process.pid for process in folder.processes()] == [before]
    assert folder.status()["supervisor"] == before
    assert not traces.former(folder.layout.pid_file).exists()


def test_after_a_death_before_it_was_stopped_nothing_happens(folder):
    before = folder.pid
    handover.set_aside(folder.layout, keeps_running=False)
    handover.recover(folder.layout)
    assert processes.running(folder.layout).pid == before
    assert not traces.former(folder.layout.pid_file).exists()


def test_after_a_death_when_it_was_stopped_it_is_started_again(folder):
    before = folder.pid
    handover.set_aside(folder.layout, keeps_running=False)
    assert folder.stop().returncode == 0
    handover.recover(folder.layout)
    assert processes.running(folder.layout).pid != before
    assert len(folder.processes()) == 1


def test_where_nothing_is_deployed_what_was_started_ends_without_a_trace(folder):
    folder.layout.manifest.unlink()
    handover.recover(folder.layout)
    assert not folder.processes()
    assert not [path for path in (folder.layout.pid_file, folder.layout.log) if path.exists()]
