"""One worker always serves: what follows when another one is asked for, fails, or dies."""

import argparse
import json
import signal
import threading

import pytest

from serve import launcher
from serve import supervisor as supervisors
from tests.artifacts.serve.fakes import FakeWorker


@pytest.fixture
def gateway(tmp_path, monkeypatch):
    """A supervisor whose workers are fakes, and whose loop the test turns."""
    config = tmp_path / "litellm_config.yaml"
    config.write_text("model_list: []\n")
    config.with_name(".env").write_text("MY_KEY=sk-0123456789\n")
    program = tmp_path / "serve.py"
    program.write_text("pass\n")
    given = argparse.Namespace(
        config=config, host="127.0.0.1", start_timeout=5, instance="word", status=None, leash=None
    )
    started = []

    def make(settings, _sockets):
        started.append(FakeWorker(len(started) + 1))
        started[-1].settings = settings
        return started[-1]

    monkeypatch.setattr(launcher, "Worker", make)
    monkeypatch.setattr(supervisors.Multiprocess, "__init__", start_without_signals)
    made = supervisors.Supervisor(given, program, [])
    made.started, made.folder = started, tmp_path
    made.turn = made.keep_subprocess_alive
    return made


def start_without_signals(self, config, sockets):
    """uvicorn's own would take over the signals of the tests."""
    self.config, self.sockets, self.signal_queue = config, sockets, []
    self.should_exit = threading.Event()


def status(gateway):
    return json.loads((gateway.folder / "gateway.status.json").read_bytes())


def serve(gateway):
    """Have the first worker serve."""
    gateway.turn()
    gateway.started[-1].get_ready()
    gateway.turn()
    return gateway.started[-1]


def test_the_first_worker_serves_when_it_is_ready(gateway):
    gateway.turn()
    assert (status(gateway)["state"], status(gateway)["worker"]) == ("starting", None)
    first = gateway.started[0]
    first.get_ready()
    gateway.turn()
    seen = status(gateway)
    assert (seen["state"], seen["worker"], seen["revision"]) == ("serving", 1, first.source.revision)
    assert seen["environment"] == first.source.digest
    assert seen["attempt"] == 1


def test_a_swap_is_over_when_the_former_worker_takes_no_more(gateway):
    former = serve(gateway)
    gateway.handle_hup()
    gateway.turn()
    coming = gateway.started[1]
    assert status(gateway)["worker"] == 1
    coming.get_ready()
    gateway.turn()
    assert former.sent == [signal.SIGINT]
    assert (status(gateway)["state"], status(gateway)["worker"], status(gateway)["leaving"]) == ("starting", 2, [1])
    former.accepts = False
    gateway.turn()
    assert status(gateway)["state"] == "serving"
    former.die(0)
    gateway.turn()
    assert status(gateway)["leaving"] == []


def test_only_a_swap_must_be_complete(gateway):
    serve(gateway)
    gateway.handle_hup()
    gateway.turn()
    assert [worker.settings.app.args for worker in gateway.started] == [(False, False), (True, False)]


def test_one_that_fails_leaves_the_former_one_and_says_why_without_secrets(gateway):
    serve(gateway)
    gateway.log.since = lambda _: ["loading", "ValueError: sk-0123456789 is refused"]
    gateway.handle_hup()
    gateway.turn()
    gateway.started[1].die(3)
    gateway.turn()
    seen = status(gateway)
    assert (seen["state"], seen["worker"]) == ("failed", 1)
    assert seen["reason"] == "it ended with code 3: ValueError: [hidden] is refused"
    assert seen["error"] == ["loading", "ValueError: [hidden] is refused"]
    gateway.turn()
    assert len(gateway.started) == 2


def test_one_that_is_never_ready_is_killed(gateway):
    serve(gateway)
    gateway.handle_hup()
    gateway.turn()
    gateway.started[1].begun -= 6
    gateway.turn()
    assert not gateway.started[1].runs
    assert status(gateway)["reason"].startswith("it was not ready within 5 s")


def test_without_a_first_worker_it_gives_up(gateway):
    gateway.turn()
    gateway.started[0].die(1)
    gateway.turn()
    assert gateway.should_exit.is_set()
    assert gateway.exit_code == 6


def test_files_that_cannot_be_read_are_a_failure_like_any_other(gateway):
    former = serve(gateway)
    (gateway.folder / ".env").unlink()
    gateway.handle_hup()
    gateway.turn()
    assert status(gateway)["state"] == "failed"
    assert ".env" in status(gateway)["reason"]
    assert status(gateway)["worker"] == former.pid


def test_another_program_starts_no_worker(gateway):
    serve(gateway)
    gateway.launcher.program.write_text("pass  # another one\n")
    gateway.handle_hup()
    gateway.turn()
    assert status(gateway)["reason"].startswith("serve.py is another one by now")
    assert len(gateway.started) == 1


def test_one_that_dies_comes_back_and_where_the_edit_is_broken_with_what_served_last(gateway):
    first = serve(gateway)
    broken = "model_list: [\n"
    (gateway.folder / "litellm_config.yaml").write_text(broken)
    first.die(-9)
    gateway.turn()
    assert gateway.started[1].source.config == broken.encode()
    gateway.started[1].die(1)
    gateway.turn()  # it failed
    gateway.turn()  # what served last, at once
    third = gateway.started[2]
    fallback = gateway.folder / ".litellm_config.served.yaml"
    assert fallback.read_bytes() == third.source.config == first.source.config
    assert third.source.environment["CONFIG_FILE_PATH"] == str(fallback)
    third.get_ready()
    gateway.turn()
    seen = status(gateway)
    assert (seen["state"], seen["worker"]) == ("failed", 3)
    assert seen["reason"].startswith("it ended with code 1")
    gateway.handle_hup()
    gateway.turn()
    gateway.started[3].get_ready()
    gateway.turn()
    assert not fallback.exists()


def test_what_was_edited_while_it_was_read_is_nothing_to_go_back_to(gateway):
    gateway.turn()
    first = gateway.started[0]
    first.get_ready()
    first.revision = "another"
    gateway.turn()
    assert status(gateway)["worker"] == 1
    assert gateway.launcher.last is None


def test_it_ends_when_its_workers_have(gateway, monkeypatch):
    first = serve(gateway)
    gateway.handle_term()
    assert gateway.should_exit.is_set()
    gateway.terminate_all()
    assert first.sent == [signal.SIGTERM]
    monkeypatch.setattr(supervisors.time, "sleep", lambda _: first.die(0))
    gateway.join_all()
    assert first.sent == [signal.SIGTERM]
    assert not (gateway.folder / "gateway.status.json").exists()


def test_a_second_sigterm_does_not_wait(gateway, monkeypatch):
    first = serve(gateway)
    gateway.handle_term()
    gateway.handle_term()
    monkeypatch.setattr(supervisors.time, "sleep", lambda _: first.die(-9))
    gateway.join_all()
    assert first.sent == [signal.SIGKILL]


def test_it_stays_with_one_worker(gateway):
    serve(gateway)
    gateway.handle_ttin()
    gateway.handle_ttou()
    gateway.turn()
    assert len(gateway.started) == 1
