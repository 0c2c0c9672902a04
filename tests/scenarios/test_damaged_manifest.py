"""The manifest was damaged: the history knows what stood, so there is a way on and a way back."""

from __future__ import annotations

import shutil

import pytest

from tests.artifacts.fakes import make_litellm

pytestmark = [pytest.mark.slow, pytest.mark.sample(2)]

DAMAGES = ["garbage\n", "", '{"version": "1.0"}']


@pytest.fixture
def twice(sandbox):
    """Two revisions stand behind this."""
    sandbox.claude.mkdir()
    sandbox.settings.write_text('{"theme": "dark"}\n')
    sandbox.deploy("--preset", "demo", "--port", "4100")
    sandbox.deploy("--port", "4200")
    return sandbox


def manifest(box):
    return box.gateway / "deployment-manifest.json"


def damage(box, text="garbage\n"):
    manifest(box).write_text(text)


@pytest.mark.parametrize("text", DAMAGES)
def test_a_deployment_makes_it_anew_and_keeps_the_damaged_one(twice, text):
    before = manifest(twice).read_bytes()
    damage(twice, text)
    result = twice.deploy()
    assert manifest(twice).read_bytes() == before
    assert (twice.gateway / "deployment-manifest.json.damaged").read_text() == text
    assert "revision 2" in result.err
    assert "Traceback" not in result.text
    again = twice.deploy()
    assert "damaged" not in again.text


@pytest.mark.parametrize(
    ("words", "port"), [("deploy --port 4300", 4300), ("rollback", 4100), ("backup", 4200), ("rollback 1", 4100)]
)
def test_what_changes_something_goes_by_the_last_revision(twice, words, port):
    damage(twice)
    result = twice.doit(*words.split())
    assert result.code == 0, result.text
    assert "Traceback" not in result.text
    assert twice.env_json()["ANTHROPIC_BASE_URL"] == f"http://127.0.0.1:{port}"
    assert (twice.gateway / "deployment-manifest.json.damaged").read_text() == "garbage\n"
    assert twice.json(manifest(twice))["gateway_url"] == f"http://127.0.0.1:{port}"


def test_an_edit_of_the_user_survives_it(twice):
    config = twice.gateway / "litellm_config.yaml"
    config.write_text(config.read_text() + "# mine\n")
    damage(twice)
    twice.deploy("--port", "4300")
    assert "# mine" in config.read_text()
    assert "4300" in (twice.gateway / "start-gateway.sh").read_text() + config.read_text()


def test_uninstalling_gives_settings_back_and_leaves_the_damaged_one(twice):
    damage(twice)
    result = twice.doit("uninstall")
    assert result.code == 0, result.text
    assert twice.settings.read_text() == '{"theme": "dark"}\n'
    assert not manifest(twice).exists()
    assert "deployment-manifest.json.damaged" in result.out


@pytest.mark.parametrize("words", ["status", "stop", "history", "plan"])
def test_what_only_looks_says_so_and_changes_nothing(twice, words):
    damage(twice)
    before = twice.state(twice.home)
    result = twice.doit(*words.split())
    assert result.code == 0, result.text
    assert "revision 2" in result.text
    assert result.text.count("deployment-manifest.json") == 1
    assert twice.state(twice.home) == before


def test_another_checkout_knows_what_was_chosen(twice):
    (twice.workshop / "choices.json").unlink()
    damage(twice)
    twice.deploy()
    assert twice.env_json()["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4200"


def test_whose_settings_were_joined_is_not_forgotten(sandbox):
    sandbox.deploy("--preset", "demo", "--scope", "project")
    joined = sandbox.project / ".claude" / "settings.local.json"
    assert joined.exists()
    damage(sandbox)
    result = sandbox.doit("uninstall")
    assert result.code == 0, result.text
    assert not joined.exists() or "ANTHROPIC_BASE_URL" not in joined.read_text()


def test_one_of_another_version_is_not_taken_for_damaged(twice):
    manifest(twice).write_text('{"version": "9.0", "choices": {}}')
    before = twice.settings.read_bytes(), manifest(twice).read_bytes()
    for words in ("deploy", "uninstall", "rollback", "status"):
        result = twice.doit(words)
        assert result.code == 4, result.text
        assert "update this one" in result.text
        assert "Traceback" not in result.text
        assert "teardown" not in result.text
    assert (twice.settings.read_bytes(), manifest(twice).read_bytes()) == before


def test_without_a_history_and_a_copy_it_says_a_way_that_works(twice):
    """Put aside by `doctor --fix`, and deployed again; then all can be taken away."""
    shutil.rmtree(twice.gateway / "history")
    (twice.claude / ".gateway-recovery.json").unlink()
    damage(twice)
    for words in ("deploy", "uninstall", "rollback", "backup", "status"):
        result = twice.doit(words)
        assert result.code == 4, result.text
        assert "doctor --fix" in result.text
        assert "Traceback" not in result.text
        assert "teardown" not in result.text
    twice.extra["PATH"] = f"{make_litellm(twice.root / 'litellm').parent}:{twice.environment()['PATH']}"
    fixed = twice.doit("doctor", "--fix", "--yes")
    assert "Traceback" not in fixed.text
    assert manifest(twice).with_name(f"{manifest(twice).name}.damaged").read_text() == "garbage\n"
    twice.deploy("--preset", "demo")
    assert twice.doit("uninstall").code == 0
    assert twice.settings.read_text() == '{"theme": "dark"}\n'
