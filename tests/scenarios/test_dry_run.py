"""A dry run shows everything and changes nothing."""

from __future__ import annotations


def test_a_dry_run_before_the_first_deployment_changes_nothing(sandbox):
    sandbox.doit("list")  # doit makes its own database on any command
    before = sandbox.state()
    result = sandbox.doit("deploy", "--preset", "demo", "--dry-run")
    assert result.code == 0, result.text
    assert sandbox.state() == before
    for name in ("litellm_config.yaml", ".env", "start-gateway.sh", "settings.json"):
        assert name in result.out
    assert "+model_list:" in result.out
    assert "ANTHROPIC_BASE_URL" in result.out


def test_a_dry_run_of_a_change_shows_it_and_remembers_nothing(sandbox):
    sandbox.deploy("--preset", "demo")
    before = sandbox.state()
    result = sandbox.doit("deploy", "--port", "4999", "--dry-run")
    assert result.code == 0, result.text
    assert sandbox.state() == before
    assert "4999" in result.out
    assert "Nothing to do" in sandbox.deploy().err


def test_secrets_are_hidden_in_the_diff(sandbox):
    sandbox.deploy("--preset", "demo")
    (key,) = sandbox.secrets()
    other = "sk-" + "b" * 64
    result = sandbox.doit("deploy", "--dry-run", env={"LITELLM_MASTER_KEY": other})
    assert result.code == 0, result.text
    assert key not in result.text
    assert other not in result.text
    assert "[hidden" in result.out
    assert "LITELLM_MASTER_KEY" in result.out


def test_a_dry_run_says_when_there_is_nothing_to_do(sandbox):
    sandbox.deploy("--preset", "demo")
    assert "Nothing to do" in sandbox.doit("deploy", "--dry-run").out
