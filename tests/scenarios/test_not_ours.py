"""What stands in the gateway's folder or in the settings and is not ours: it stays, or we stop and say so."""

from __future__ import annotations

import json
import shutil

import pytest


def done(result):
    assert result.code == 0, result.text
    return result


def test_an_env_that_was_there_before_us_survives_deploying_and_uninstalling(sandbox):
    sandbox.gateway.mkdir(parents=True)
    (sandbox.gateway / ".env").write_text("MINE=keep-me\n")
    sandbox.deploy("--preset", "demo")
    done(sandbox.doit("uninstall"))
    assert "MINE=keep-me" in (sandbox.gateway / ".env").read_text()


def test_a_secret_that_somebody_added_to_env_survives_two_deployments_and_uninstalling(sandbox):
    sandbox.deploy("--preset", "demo")
    env = sandbox.gateway / ".env"
    env.write_text(env.read_text() + "OPENAI_API_KEY=sk-of-somebody-0123456789\n")
    sandbox.deploy("--port", "4101")
    result = done(sandbox.doit("uninstall"))
    assert "OPENAI_API_KEY=sk-of-somebody-0123456789" in env.read_text()
    assert ".env" in result.out


def test_folders_with_our_names_that_are_somebodys_stay(sandbox):
    target = sandbox.root / "proj"
    for name in ("venv", "history/2019", "backups"):
        (target / name).mkdir(parents=True)
        (target / name / "data").write_text("precious")
    sandbox.deploy("--preset", "demo", "--target", str(target))
    assert sandbox.json(target / "deployment-manifest.json")["revision"] == 1
    done(sandbox.doit("uninstall", "--purge"))
    for name in ("venv", "history/2019", "backups"):
        assert (target / name / "data").read_text() == "precious"


def test_a_second_folder_is_refused_while_a_gateway_stands_in_the_first(sandbox):
    sandbox.claude.mkdir()
    sandbox.settings.write_text('{"env": {"ANTHROPIC_BASE_URL": "https://corp.example"}}')
    sandbox.deploy("--preset", "demo")
    before = sandbox.settings.read_bytes()
    for words in (["deploy"], ["deploy", "--dry-run"]):
        result = sandbox.doit(*words, "--target", str(sandbox.root / "second"))
        assert result.code == 5, result.text
        assert str(sandbox.gateway) in result.err
    assert sandbox.settings.read_bytes() == before


def test_a_fresh_clone_finds_a_gateway_in_a_folder_of_its_own(sandbox):
    target = sandbox.root / "own place"
    sandbox.deploy("--preset", "demo", "--target", str(target))
    shutil.rmtree(sandbox.project / "build")
    assert str(target) in sandbox.doit("status").out
    assert "Nothing had to change" in sandbox.deploy().err or "Nothing to do" in sandbox.deploy().err
    done(sandbox.doit("uninstall", "--purge"))
    assert not target.exists()
    assert not list(sandbox.claude.glob(".gateway-folder"))


def test_another_port_reaches_every_file_that_names_it(sandbox):
    sandbox.deploy("--preset", "demo")
    sandbox.deploy("--port", "4100")
    config = (sandbox.gateway / "litellm_config.yaml").read_text()
    assert "127.0.0.1:4100" in config
    assert "127.0.0.1:4000" not in config
    assert "Nothing to do" in sandbox.doit("deploy", "--dry-run").out


def test_no_secret_over_several_lines_or_by_its_name_shows_in_a_dry_run(sandbox):
    sandbox.deploy("--preset", "demo")
    env = sandbox.gateway / ".env"
    env.write_text(env.read_text() + 'PRIVATE_KEY="-----BEGIN\nMIIEsecretline\n-----END"\n')
    config = sandbox.gateway / "litellm_config.yaml"
    config.write_text(config.read_text().replace("drop_params: true", "drop_params: true\n  ui_password: s3cretvalue"))
    shown = sandbox.doit("deploy", "--dry-run", "--port", "4100", "--sonnet", "demo").text
    assert "MIIEsecretline" not in shown
    assert "s3cretvalue" not in shown


def test_a_conflict_on_the_way_back_is_decided_or_finished_by_hand(sandbox):
    sandbox.deploy("--preset", "demo")
    gateway = sandbox.project / "templates" / "gateways" / "local.yaml"
    gateway.write_text(gateway.read_text().replace("request_timeout: 600", "request_timeout: 900"))
    sandbox.deploy()
    config = sandbox.gateway / "litellm_config.yaml"
    config.write_text(config.read_text().replace("request_timeout: 900", "request_timeout: 777"))
    result = sandbox.doit("rollback", "1")
    assert result.code == 5, result.text
    assert list((sandbox.workshop / "conflicts").iterdir())
    done(sandbox.doit("rollback", "1", "--theirs"))
    assert "request_timeout: 777" in config.read_text()


def test_going_back_to_what_stands_mends_settings_that_were_lost(sandbox):
    sandbox.deploy("--preset", "demo")
    sandbox.settings.unlink()
    done(sandbox.doit("rollback", "1"))
    assert sandbox.env_json()["ANTHROPIC_MODEL"] == "demo"
    assert "Nothing to do" in sandbox.doit("rollback", "2").err


def test_a_dry_run_refuses_what_a_deployment_refuses(sandbox):
    sandbox.claude.mkdir()
    sandbox.settings.write_text(json.dumps({"env": {"ANTHROPIC_AUTH_TOKEN": "PROXY_MANAGED"}}))
    assert sandbox.doit("deploy", "--preset", "demo", "--dry-run").code == 5


@pytest.mark.parametrize("name", ["nonsense", "lit"])
def test_an_unknown_tool_to_force_is_answered_with_those_there_are(sandbox, name):
    result = sandbox.doit("deploy", "--force", name)
    assert result.code == 3, result.text
    assert "claude-code-router" in result.text


def test_broken_settings_stop_an_uninstall_before_anything_is_stopped(sandbox):
    sandbox.deploy("--preset", "demo")
    sandbox.settings.write_text("{broken")
    result = sandbox.doit("uninstall")
    assert result.code == 4, result.text
    assert (sandbox.gateway / "start-gateway.sh").exists()
