"""Another LiteLLM in place of the one that runs."""

import shutil

import pytest

from tasks.core.disk import files
from tasks.core.disk import lock as disk_lock
from tasks.core.litellm import litellm, packages
from tasks.core.model.errors import Conflict, GatewayError, Unhealthy
from tasks.core.service import processes, scripts, supervisor, upgrade
from tasks.core.text import documents
from tests.artifacts.fakes import FAKE, SCRIPTS, clear, make_folder, make_litellm
from tests.core.places import manifest_of

pytestmark = pytest.mark.slow

DEMO = "model_list:\n- model_name: demo\n  litellm_params: {model: hosted/demo}\n"
DIES = FAKE.replace('mode = os.environ.get("FAKE_MODE", "ready")', 'mode = "dies"')
DIES_WHEN_MOVED = FAKE.replace('mode = os.environ.get("FAKE_MODE", "ready")', 'mode = "MODE"')


def environment(path, version, body=FAKE):
    """An environment as `doit litellm` makes it."""
    make_litellm(path, version, body)
    (path / packages.STAMP).write_text("3.11\n0123\n")
    return path


@pytest.fixture
def folder(tmp_path):
    """A gateway that runs LiteLLM 1.100.0 of an environment of ours."""
    made = make_folder(tmp_path)
    shutil.rmtree(made.path / "venv")
    litellm.use(made.layout, environment(made.path / "venv-old", "1.100.0"))
    made.layout.config.write_text(DEMO)
    digests = {name: files.digest((made.path / name).read_bytes()) for name in SCRIPTS}
    manifest = manifest_of({"litellm_config.yaml": "sha256:1", **digests})
    manifest = manifest._replace(gateway_url=f"http://127.0.0.1:{made.port}", models=("demo",), choices={})
    made.layout.manifest.write_bytes(documents.dump_json(manifest.to_json()))
    assert made.start().returncode == 0
    yield made
    clear(made)


def with_new(monkeypatch, folder, body=FAKE):
    new = environment(folder.path / "venv-new", "1.106.2", body)
    monkeypatch.setattr(litellm, "make", lambda _: new)


def test_the_new_one_takes_the_place_and_the_old_one_goes(folder, monkeypatch):
    with_new(monkeypatch, folder)
    upgrade.upgrade(folder.layout)
    assert processes.running(folder.layout).version == "1.106.2"
    assert [path.name for path in sorted(folder.path.glob("*venv*"))] == ["venv", "venv-new"]
    assert not list(folder.path.glob(".trial-*"))
    assert len(folder.processes()) == 1


def test_one_that_does_not_serve_is_never_let_in(folder, monkeypatch):
    pid = folder.pid
    with_new(monkeypatch, folder, DIES)
    with pytest.raises(Unhealthy, match="the configuration is no good"):
        upgrade.upgrade(folder.layout)
    assert folder.pid == pid
    assert folder.layout.venv.resolve().name == "venv-old"
    assert len(folder.processes()) == 1
    assert not list(folder.path.glob(".trial-*"))


def test_one_that_fails_only_in_place_is_taken_back(folder, monkeypatch):
    body = DIES_WHEN_MOVED.replace('"MODE"', '"dies" if os.path.exists("moved") else "ready"')
    with_new(monkeypatch, folder, body)
    use = litellm.use

    def moved(layout, venv):
        (folder.path / "moved").touch()
        use(layout, venv)

    monkeypatch.setattr(litellm, "use", moved)
    with pytest.raises(Unhealthy, match="was taken back"):
        upgrade.upgrade(folder.layout)
    assert processes.running(folder.layout).version == "1.100.0"
    assert folder.layout.venv.resolve().name == "venv-old"


@pytest.mark.sample(2)
@pytest.mark.parametrize("moved", [False, True], ids=["led to", "in its place"])
@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_upgrade_is_undone(folder, monkeypatch, interrupt, moved):
    if moved:
        folder.layout.venv.unlink()
        (folder.path / "venv-old").rename(folder.layout.venv)
        assert folder.stop().returncode == 0
        assert folder.start().returncode == 0
    with_new(monkeypatch, folder)
    restart, calls = supervisor.restart, []

    def interrupted(layout):
        calls.append(processes.running(layout))
        if len(calls) == 1:
            scripts.stop(layout)
            raise interrupt
        restart(layout)

    monkeypatch.setattr(supervisor, "restart", interrupted)
    with pytest.raises(interrupt):
        upgrade.upgrade(folder.layout)
    assert processes.running(folder.layout).version == "1.100.0"
    assert len(folder.processes()) == 1
    assert folder.layout.venv.resolve().name == ("venv-former" if moved else "venv-old")
    assert disk_lock.holder(folder.layout) is None


def test_no_deployment_runs_meanwhile(folder, monkeypatch):
    held = []

    def make(layout):
        held.append(disk_lock.holder(layout).command)
        raise GatewayError("no space")

    monkeypatch.setattr(litellm, "make", make)
    with pytest.raises(GatewayError, match="no space"):
        upgrade.upgrade(folder.layout)
    assert held == ["litellm --upgrade"]
    lock = disk_lock.Lock.acquire(folder.layout, "deploy")
    try:
        with pytest.raises(Conflict, match="another deployment is running"):
            upgrade.upgrade(folder.layout)
    finally:
        lock.release()


def test_one_that_does_not_run_is_upgraded_too(folder, monkeypatch):
    assert folder.stop().returncode == 0
    with_new(monkeypatch, folder)
    upgrade.upgrade(folder.layout)
    assert folder.layout.venv.resolve().name == "venv-new"
    assert not folder.processes()


def test_an_environment_of_before_makes_room(folder, monkeypatch):
    assert folder.stop().returncode == 0
    folder.layout.venv.unlink()
    (folder.path / "venv-old").rename(folder.layout.venv)
    with_new(monkeypatch, folder)
    upgrade.upgrade(folder.layout)
    assert [path.name for path in sorted(folder.path.glob("*venv*"))] == ["venv", "venv-new"]


def test_an_environment_of_others_is_left_alone(folder, monkeypatch):
    (folder.path / "venv-old" / packages.STAMP).unlink()
    with_new(monkeypatch, folder)
    with pytest.raises(GatewayError, match="made by others"):
        upgrade.upgrade(folder.layout)


def test_a_gateway_on_a_litellm_of_its_owner_goes_on_with_it(folder, monkeypatch, tmp_path):
    assert folder.stop().returncode == 0
    folder.render(litellm=str(make_litellm(tmp_path / "own", "1.99.0")))
    assert folder.start().returncode == 0
    pid = folder.pid
    with_new(monkeypatch, folder)
    upgrade.upgrade(folder.layout)
    assert folder.pid == pid
