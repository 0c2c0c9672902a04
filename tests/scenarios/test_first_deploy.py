"""Somebody deploys for the first time, again, with other models, after a change, after a failure."""

from __future__ import annotations

import json
import os
import stat

from tests.artifacts.fakes import make_litellm
from tests.conftest import VERTEX

FILES = {
    "litellm_config.yaml": 0o644,
    ".env": 0o600,
    "serve.py": 0o644,
    "start-gateway.sh": 0o755,
    "stop-gateway.sh": 0o755,
    "deployment-manifest.json": 0o600,
    "settings-ledger.json": 0o600,
    "deployment.log": 0o600,
}


def test_a_first_deployment_writes_its_files_with_their_modes(sandbox):
    result = sandbox.deploy("--preset", "demo")
    for name, mode in FILES.items():
        assert stat.S_IMODE((sandbox.gateway / name).stat().st_mode) == mode, name
    for folder in (sandbox.claude, sandbox.gateway):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(sandbox.settings.stat().st_mode) == 0o600
    assert "Next:" in result.out
    assert "Undo" in result.out


def test_claude_code_is_joined_by_env_with_every_tier(sandbox):
    sandbox.deploy("--preset", "demo")
    env = sandbox.env_json()
    assert env["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4000"
    assert [env["ANTHROPIC_AUTH_TOKEN"]] == sandbox.secrets()
    assert env["ANTHROPIC_API_KEY"] == ""
    for tier in ("OPUS", "SONNET", "HAIKU", "FABLE"):
        assert env[f"ANTHROPIC_DEFAULT_{tier}_MODEL"] == "demo"


def test_a_second_deployment_does_nothing_and_says_so_in_one_line(sandbox):
    sandbox.deploy("--preset", "demo")
    before = sandbox.state()
    result = sandbox.deploy()
    assert sandbox.state() == before
    assert result.out == ""
    assert len(result.err.splitlines()) == 1, result.err


def test_two_models_and_their_tiers(vertex):
    vertex.deploy("--preset", "basic", "--models", "gemini-3.5-flash,glm-5.2", "--opus", "glm-5.2")
    manifest = vertex.json(vertex.gateway / "deployment-manifest.json")
    assert manifest["models"] == ["gemini-3.5-flash", "glm-5.2"]
    env = vertex.env_json()
    assert env["ANTHROPIC_DEFAULT_OPUS_MODEL"] == "glm-5.2"
    assert env["ANTHROPIC_MODEL"] == "gemini-3.5-flash"
    vertex.deploy("--add-models", "codestral", "--remove-models", "glm-5.2")
    manifest = vertex.json(vertex.gateway / "deployment-manifest.json")
    assert manifest["models"] == ["gemini-3.5-flash", "codestral"]
    assert vertex.env_json()["ANTHROPIC_DEFAULT_OPUS_MODEL"] != "glm-5.2"


def test_the_manifest_says_set_for_secrets_and_paths(vertex):
    vertex.deploy("--preset", "basic")
    shown = vertex.json(vertex.gateway / "deployment-manifest.json")["environment_variables"]
    assert shown["LITELLM_MASTER_KEY"] == "set"
    assert shown["GOOGLE_APPLICATION_CREDENTIALS"] == "set"
    assert shown["VERTEX_PROJECT"] == "my-project-1"


def test_choices_are_remembered_and_read_back_in_a_fresh_clone(vertex):
    vertex.deploy("--preset", "basic", "--models", "codestral", "--port", "4567")
    (vertex.workshop / "choices.json").unlink()
    assert "Nothing to do" in vertex.deploy().err
    assert vertex.json(vertex.gateway / "deployment-manifest.json")["models"] == ["codestral"]
    assert vertex.env_json()["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4567"


def test_a_changed_model_template_renders_that_artifact_and_what_follows_and_nothing_else(vertex):
    vertex.deploy("--preset", "basic")
    config, script = vertex.gateway / "litellm_config.yaml", vertex.gateway / "start-gateway.sh"
    before = {path: path.stat().st_mtime_ns for path in (config, script, vertex.gateway / ".env")}
    rendered = {p.name: p.stat().st_mtime_ns for p in (vertex.workshop / "rendered").iterdir()}
    template = vertex.project / "templates" / "models" / "codestral.yaml"
    template.write_text(template.read_text().replace("output_tokens: 128000", "output_tokens: 64000"))
    vertex.deploy()
    assert "64000" in config.read_text()
    assert config.stat().st_mtime_ns != before[config]
    assert script.stat().st_mtime_ns == before[script]
    after = {p.name: p.stat().st_mtime_ns for p in (vertex.workshop / "rendered").iterdir()}
    assert [name for name in after if after[name] != rendered[name]] == ["litellm_config.yaml"]


def test_a_failed_step_is_run_again_alone_with_the_same_choices(sandbox):
    refused = sandbox.doit("deploy", "--preset", "basic")
    assert refused.code == 1
    assert "VERTEX_PROJECT" in refused.text
    assert not sandbox.claude.exists()
    key = sandbox.home / "key.json"
    key.write_text('{"type": "service_account"}')
    key.chmod(0o600)
    env = VERTEX | {"GOOGLE_APPLICATION_CREDENTIALS": str(key)}
    again = sandbox.doit("install", env=env)
    assert again.code == 0, again.text
    assert sandbox.json(sandbox.gateway / "deployment-manifest.json")["choices"]["preset"] == "basic"


def test_missing_values_are_named_with_what_they_are_for_and_how_to_set_them(sandbox):
    result = sandbox.doit("deploy", "--preset", "basic")
    assert result.code == 1
    for name in ("VERTEX_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS"):
        assert name in result.err
    assert "Traceback" not in result.text


def test_allow_missing_goes_on_and_leaves_room_in_env(sandbox):
    sandbox.deploy("--preset", "basic", "--allow-missing")
    assert "\nVERTEX_PROJECT=" in (sandbox.gateway / ".env").read_text()
    started = sandbox.doit("start")
    assert started.code != 0
    assert "VERTEX_PROJECT" in started.text or "LiteLLM" in started.text


def test_a_deleted_file_comes_back_and_an_edited_one_is_noticed_and_kept(sandbox):
    sandbox.deploy("--preset", "demo")
    (sandbox.gateway / "stop-gateway.sh").unlink()
    config = sandbox.gateway / "litellm_config.yaml"
    config.write_text(config.read_text() + "# mine\n")
    result = sandbox.deploy()
    assert (sandbox.gateway / "stop-gateway.sh").exists()
    assert config.read_text().endswith("# mine\n")
    assert "litellm_config.yaml" in result.text


def test_a_second_deployment_backs_up_what_stood(sandbox):
    sandbox.deploy("--preset", "demo")
    assert not list((sandbox.gateway / "backups").glob("gateway-backup-*"))
    sandbox.deploy("--port", "4100")
    (archive,) = (sandbox.gateway / "backups").glob("gateway-backup-*.tar.gz")
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    import tarfile

    with tarfile.open(archive) as opened:
        names = opened.getnames()
    assert "litellm_config.yaml" in names
    assert ".env" not in names


def test_five_archives_are_kept(sandbox):
    for port in range(4100, 4108):
        sandbox.deploy("--preset", "demo", "--port", str(port))
    assert len(list((sandbox.gateway / "backups").glob("gateway-backup-*.tar.gz"))) == 5


def test_the_master_key_is_made_once_and_kept_for_ever(sandbox):
    sandbox.deploy("--preset", "demo")
    (key,) = sandbox.secrets()
    assert key.startswith("sk-")
    assert len(key) >= 64
    sandbox.deploy("--port", "4200")
    assert sandbox.secrets() == [key]


def test_no_secret_is_printed_or_stored_outside_its_two_files(sandbox):
    texts = [sandbox.deploy("--preset", "demo").text, sandbox.deploy("--port", "4300").text, sandbox.doit("plan").text]
    texts += [sandbox.doit("verify").text, sandbox.doit("status").text, sandbox.doit("info", "install").text]
    (key,) = sandbox.secrets()
    assert not [text for text in texts if key in text]
    holders = {
        p
        for place in (sandbox.home, sandbox.project)
        for p in place.rglob("*")
        if p.is_file() and key.encode() in p.read_bytes()
    }
    allowed = {sandbox.gateway / ".env", sandbox.settings}
    assert {p for p in holders if "settings-backup" not in p.name} <= allowed


def test_deployment_log_has_a_json_line_per_step(sandbox):
    sandbox.deploy("--preset", "demo")
    lines = [json.loads(line) for line in (sandbox.gateway / "deployment.log").read_text().splitlines()]
    steps = {line["step"] for line in lines}
    assert {"install", "settings"} <= steps
    assert all(line["state"] == "ok" and line["seconds"] >= 0 for line in lines)


def test_retired_models_warn_with_their_replacement_and_are_deployed(vertex):
    result = vertex.deploy("--preset", "basic", "--models", "gemini-2.5-flash,qwen3-235b")
    assert "gemini-3.5-flash" in result.err
    assert vertex.json(vertex.gateway / "deployment-manifest.json")["models"] == ["gemini-2.5-flash", "qwen3-235b"]


def test_claude_config_dir_moves_everything(sandbox):
    elsewhere = sandbox.root / "else where"
    sandbox.deploy("--preset", "demo", env={"CLAUDE_CONFIG_DIR": str(elsewhere)})
    assert (elsewhere / "gateway" / ".env").exists()
    assert (elsewhere / "settings.json").exists()
    assert not sandbox.claude.exists()


def test_a_target_of_its_own(sandbox):
    target = sandbox.root / "gate way ü"
    sandbox.deploy("--preset", "demo", "--target", str(target))
    assert (target / "litellm_config.yaml").exists()
    assert sandbox.settings.exists()
    assert not sandbox.gateway.exists()
    assert os.access(target / "start-gateway.sh", os.X_OK)


def test_a_command_in_the_receipt_can_be_copied_however_narrow_it_is(sandbox):
    program = str(make_litellm(sandbox.root / "fake venv"))
    result = sandbox.deploy("--preset", "demo", "--litellm", program, env={"COLUMNS": "40"})
    lines = [line.strip() for line in result.out.splitlines()]
    assert f"sh {sandbox.gateway}/start-gateway.sh" in lines
    result = sandbox.deploy("--port", "4300", env={"COLUMNS": "40"})
    assert "Undo:  doit rollback" in result.out.splitlines()
    assert "or, to remove all of it: doit uninstall" in result.out


def test_that_claude_asks_for_trust_in_a_project_is_told(sandbox):
    result = sandbox.deploy("--preset", "demo", "--scope", "project")
    assert f"in {sandbox.project}; there claude asks whether you trust the folder" in result.out
