"""A worker starts with the current files, or with what served last; never with another program."""

import argparse
import os

import pytest

from serve import launcher as launchers
from serve.launcher import Launcher
from tests.artifacts.serve.fakes import FakeWorker


@pytest.fixture
def launcher(tmp_path):
    config = tmp_path / "litellm_config.yaml"
    config.write_text("model_list: []\n")
    config.with_name(".env").write_text("MY_KEY=1\n")
    program = tmp_path / "serve.py"
    program.write_text("pass\n")
    given = argparse.Namespace(config=config, host="0.0.0.0", instance="word")
    return Launcher(given, program, tmp_path)


def serve(launcher):
    """A worker that serves the current files."""
    worker = FakeWorker(source=launcher.choose_source())
    worker.get_ready()
    launcher.succeed(worker)
    return worker


def test_it_starts_with_the_files_as_they_are(launcher):
    launcher.given.config.write_text("model_list: [1]\n")
    source = launcher.choose_source()
    assert source.config == b"model_list: [1]\n"
    assert source.environment["MY_KEY"] == "1"


def test_it_is_started_in_its_environment_which_is_not_copied_into_it(launcher, monkeypatch):
    seen = {}

    class Worker(FakeWorker):
        def start(self):
            seen.update(environment=dict(os.environ), source=self.source)

    def configure(**words):
        seen["config"] = (words, dict(os.environ))

    monkeypatch.setattr(launchers, "Worker", lambda _config, sockets: Worker())
    monkeypatch.setattr(launchers, "worker_config", configure)
    source = launcher.choose_source()
    worker = launcher.start(source, [], complete=True)
    assert seen["environment"] == source.environment
    assert seen["config"] == ({"complete": True, "guarded": True, "drain": 600}, source.environment)
    assert seen["source"] is None
    assert worker.source is source


def test_another_program_starts_nothing(launcher):
    launcher.program.write_text("pass  # another one\n")
    with pytest.raises(OSError, match=r"^serve\.py is another one by now"):
        launcher.choose_source()


def test_what_served_last_and_the_current_files_take_turns(launcher):
    assert not launcher.fail()
    first = serve(launcher)
    launcher.given.config.write_text("broken")
    assert launcher.fail()
    source = launcher.choose_source()
    assert (source.config, source.revision) == (first.source.config, first.revision)
    assert source.environment["CONFIG_FILE_PATH"] == str(launcher.fallback_file)
    assert not launcher.fail()
    assert launcher.choose_source().config == b"broken"
    assert launcher.fail()


def test_the_copy_of_what_served_last_goes_when_the_current_files_are_served(launcher):
    serve(launcher)
    launcher.fail()
    worker = FakeWorker(source=launcher.choose_source())
    worker.get_ready()
    launcher.succeed(worker)
    assert launcher.fallback_file.exists()
    serve(launcher)
    assert not launcher.fallback_file.exists()
    launcher.forget()
