"""What a running gateway says of itself, and how it comes to serve what stands."""

import json
import os
import signal
import stat

import pytest

from tasks.core.history.session import Session
from tasks.core.http import gateway
from tasks.core.model.errors import Unhealthy
from tasks.core.service import processes, state, supervisor
from tests.artifacts.fakes import SCRIPTS, clear, free_port, make_folder
from tests.core.places import manifest_of

pytestmark = pytest.mark.slow

DEMO = "model_list:\n- model_name: demo\n  litellm_params: {model: hosted/demo}\n"


@pytest.fixture
def folder(tmp_path):
    """A gateway that runs."""
    made = make_folder(tmp_path / "Ada's häuschen")
    made.layout.config.write_text(DEMO)
    assert made.start().returncode == 0
    yield made
    clear(made)


@pytest.fixture
def layout(folder):
    return folder.layout


@pytest.fixture
def manifest(folder):
    manifest = manifest_of(dict.fromkeys(("litellm_config.yaml", *SCRIPTS), "sha256:1"))
    return manifest._replace(gateway_url=f"http://127.0.0.1:{folder.port}", models=("demo",), choices={})


def test_it_serves_what_stands(layout, manifest):
    instance = processes.running(layout)
    status = state.read_status(layout, instance)
    assert (status.state, status.attempt, status.leaving) == ("serving", 1, ())
    assert state.serves_disk(layout, instance, status)
    assert not state.is_behind(layout)
    supervisor.take_over(layout, manifest, Session())
    assert state.read_status(layout, instance) == status


@pytest.mark.parametrize("name", ["litellm_config.yaml", ".env"])
def test_what_changed_is_taken_over(folder, layout, manifest, name):
    pid = folder.pid
    with (folder.path / name).open("a") as file:
        file.write("# mine\n")
    assert state.is_behind(layout)
    supervisor.take_over(layout, manifest, Session())
    assert not state.is_behind(layout)
    assert folder.pid == pid


def test_when_a_deployment_is_undone_it_serves_at_once_what_it_served_before(folder, layout, manifest):
    before = folder.status()["revision"]
    session = Session()
    session.is_shared = True
    transaction = session.begin(layout)
    transaction.put(layout.config.name, DEMO.encode() + b"# other\n", 0o644)
    session.place()
    supervisor.take_over(layout, manifest, session)
    assert folder.status()["revision"] != before
    session.close()
    assert folder.status()["revision"] == before


def test_what_litellm_refuses_is_said_and_the_former_serves_on(folder, layout, manifest):
    before = folder.status()
    layout.config.write_text(DEMO + "# refused\n")
    with pytest.raises(Unhealthy, match="this configuration is refused"):
        supervisor.take_over(layout, manifest, Session())
    assert folder.status()["worker"] == before["worker"]


def test_what_the_log_of_a_failed_swap_means_is_said_without_colours_and_places(layout, manifest, capsys):
    layout.config.write_text(DEMO + "x: [\n")
    with pytest.raises(Unhealthy) as failed:
        supervisor.take_over(layout, manifest, Session())
    said = capsys.readouterr().err + str(failed.value)
    assert "That means: litellm_config.yaml is empty or not valid." in failed.value.remedy
    assert "served on without a gap" in failed.value.remedy
    assert "yaml" in failed.value.problem
    assert "\\x1b" not in said
    assert 'File "' not in said


def test_a_model_that_litellm_drops_is_said(folder, layout, manifest):
    layout.config.write_text(DEMO.replace("hosted/", "no-such/"))
    with pytest.raises(Unhealthy, match="cannot serve demo"):
        supervisor.take_over(layout, manifest, Session())


def test_a_worker_that_dies_while_what_stands_is_broken_comes_back_as_it_was(folder, layout, manifest):
    before = folder.status()
    layout.config.write_text(DEMO + "# refused\n")
    folder.env(FAKE_MODE="dies")
    os.kill(before["worker"], signal.SIGKILL)
    after = folder.until(lambda status: status["worker"] not in (None, before["worker"]))
    assert (after["revision"], after["environment"]) == (before["revision"], before["environment"])
    assert (after["state"], "the configuration is no good" in after["reason"]) == ("failed", True)
    assert stat.S_IMODE(layout.served_config.stat().st_mode) == 0o600
    assert gateway.readiness(f"http://127.0.0.1:{folder.port}")
    assert state.is_behind(layout)

    os.kill(after["worker"], signal.SIGKILL)  # not for once only
    folder.until(lambda status: status["worker"] not in (None, after["worker"]))
    layout.config.write_text(DEMO + "# mended\n")
    folder.env()
    supervisor.take_over(layout, manifest, Session())
    assert not state.is_behind(layout)
    assert not layout.served_config.exists()


def test_a_model_that_was_taken_out_by_hand_is_not_missed(layout, manifest):
    supervisor.take_over(layout, manifest._replace(models=("demo", "another")), Session())


def test_another_key_in_env_is_the_one_that_is_asked_with(folder, layout, manifest):
    folder.env(LITELLM_MASTER_KEY="sk-" + "1" * 32)
    supervisor.take_over(layout, manifest, Session())
    assert not state.is_behind(layout)


def test_another_address_or_program_needs_another_process(folder, layout, manifest):
    first = folder.pid
    folder.port = free_port()
    folder.render()
    supervisor.take_over(layout, manifest._replace(gateway_url=f"http://127.0.0.1:{folder.port}"), Session())
    second = folder.pid
    layout.supervisor.write_text(layout.supervisor.read_text() + "\n")
    supervisor.take_over(layout, manifest._replace(gateway_url=f"http://127.0.0.1:{folder.port}"), Session())
    assert len({first, second, folder.pid}) == 3
    assert len(folder.processes()) == 1


def test_a_gateway_that_nothing_needs_any_more_ends(folder, layout, manifest):
    (process,) = folder.processes()
    supervisor.take_over(layout, manifest._replace(files={}), Session())
    process.wait(20)
    assert not folder.processes()


@pytest.mark.parametrize(
    "change",
    [lambda _: "", lambda _: "[]", lambda _: "{", lambda text: json.dumps({**json.loads(text), "supervisor": 1})],
)
def test_a_status_that_is_not_of_this_process_says_nothing(layout, change):
    instance = processes.running(layout)
    layout.status_file.write_text(change(layout.status_file.read_text()))
    assert state.read_status(layout, instance) is None
    assert state.is_behind(layout)


def test_where_nothing_runs_nothing_is_behind(folder, layout, manifest):
    assert folder.stop().returncode == 0
    assert not state.is_behind(layout)
    supervisor.take_over(layout, manifest, Session())
    assert not folder.processes()
