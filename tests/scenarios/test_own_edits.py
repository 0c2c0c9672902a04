"""Somebody edited what we deployed, then deploys something new."""

from __future__ import annotations

import pytest


@pytest.fixture
def edited(vertex):
    """A deployed basic preset whose configuration somebody made their own."""
    vertex.deploy("--preset", "basic", "--models", "codestral,glm-5.2")
    config = vertex.gateway / "litellm_config.yaml"
    text = config.read_text()
    own = "  # my own model\n  - model_name: mine\n    litellm_params:\n      model: hosted_vllm/mine\n"
    text = text.replace("litellm_settings:\n", own + "litellm_settings:\n", 1)
    config.write_text(text.replace("request_timeout: 600", "request_timeout: 1200  # slow network"))
    return vertex


def config_of(box):
    return (box.gateway / "litellm_config.yaml").read_text()


def test_an_added_model_a_changed_timeout_and_comments_survive_a_new_model(edited):
    result = edited.deploy("--add-models", "gemini-3.5-flash")
    text = config_of(edited)
    assert "model_name: gemini-3.5-flash" in text
    assert "# my own model" in text
    assert "model_name: mine" in text
    assert "request_timeout: 1200  # slow network" in text
    assert "your edits are kept" in result.out


def test_they_survive_a_removed_model_too(edited):
    edited.deploy("--remove-models", "codestral")
    text = config_of(edited)
    assert "model_name: codestral" not in text
    assert "model_name: mine" in text


def test_a_model_that_the_user_deleted_stays_deleted_and_the_rest_of_their_edits_too(edited):
    config = edited.gateway / "litellm_config.yaml"
    text = config.read_text()
    start, end = text.index("  - model_name: codestral"), text.index("  - model_name: glm-5.2")
    config.write_text(text[:start] + text[end:].replace("model_name: glm-5.2", "model_name: glm-5.2  # cheap", 1))
    result = edited.deploy("--preset", "demo")
    assert "`# cheap`" in result.err
    for words in (["rollback", "1"], ["deploy"], ["deploy", "--preset", "demo"], ["deploy", "--preset", "basic"]):
        assert edited.doit(*words).code == 0
        text = config_of(edited)
        assert "model_name: codestral" not in text
        assert "model_name: mine" in text
        assert "request_timeout: 1200" in text
    edited.deploy("--remove-models", "codestral")
    edited.deploy("--add-models", "codestral")  # asked for by name
    assert "model_name: codestral" in config_of(edited)


def test_a_file_with_own_models_is_kept_by_uninstall_after_a_deployment_wrote_it(edited):
    edited.deploy("--port", "4201", "--add-models", "gemini-3.5-flash")
    result = edited.doit("uninstall", "--purge")
    assert result.code == 0, result.text
    assert "model_name: mine" in config_of(edited)
    assert "kept        litellm_config.yaml" in result.out


def test_what_was_typed_is_in_the_manifest(edited):
    edited.deploy("--port", "4201", "--header", "X-Team: a b", "--allow-missing")
    typed = edited.json(edited.gateway / "deployment-manifest.json")["flags_used"]
    assert typed == ["--header=X-Team: a b", "--port=4201", "--allow-missing"]


def conflicting(box):
    gateway = box.project / "templates" / "gateways" / "local.yaml"
    gateway.write_text(gateway.read_text().replace("request_timeout: 600", "request_timeout: 900"))


def test_a_true_conflict_names_file_line_and_both_sides_and_writes_nothing(edited):
    conflicting(edited)
    before = edited.state(edited.gateway)
    result = edited.doit("deploy")
    assert result.code == 5, result.text
    assert "litellm_config.yaml:" in result.err
    assert "1200" in result.err
    assert "900" in result.err
    after = edited.state(edited.gateway)
    changed = {name for name in after if after[name] != before.get(name)} - {"home/.claude/gateway/deployment.log"}
    assert not [name for name in changed if "/backups" not in name and not name.endswith((".lock", "/history"))]


@pytest.mark.parametrize(("side", "holds"), [("--ours", "request_timeout: 900"), ("--theirs", "request_timeout: 1200")])
def test_a_conflict_is_decided_by_an_option(edited, side, holds):
    conflicting(edited)
    edited.deploy(side)
    assert holds in config_of(edited)
    assert "model_name: mine" in config_of(edited)
    assert "Nothing to do" in edited.deploy().err


def test_a_conflict_is_finished_by_hand(edited):
    conflicting(edited)
    assert edited.doit("deploy").code == 5
    (offer,) = (edited.workshop / "conflicts").iterdir()
    assert offer.stat().st_mode & 0o777 == 0o600
    text = offer.read_text()
    assert "<<<<<<<" in text
    assert edited.doit("deploy").code == 5  # not finished yet
    start, end = text.index("<<<<<<<"), text.index(">>>>>>>")
    end = text.index("\n", end) + 1
    offer.write_text(text[:start] + "  request_timeout: 1000\n" + text[end:])
    edited.deploy()
    assert "request_timeout: 1000" in config_of(edited)


def test_an_edit_that_makes_it_invalid_is_told_and_not_installed(edited):
    config = edited.gateway / "litellm_config.yaml"
    config.write_text(config.read_text().replace("model_name: mine", "model_nam: mine"))
    before = config.read_text()
    result = edited.doit("deploy", "--add-models", "gemini-3.5-flash")
    assert result.code == 4, result.text
    assert config.read_text() == before


MARKS = {
    "lite": (".litellm/claude_configure_state.json", "lite unconfigure claude"),
    "fireconnect": (".fireconnect/claude/provider-backup.json", "fireconnect claude off"),
    "baseten-switch": (".config/baseten-switch/backups/claude/x.json", "baseten-switch claude off"),
}


@pytest.mark.parametrize("name", MARKS)
def test_another_tool_that_owns_the_settings_is_recognised_and_left_alone(sandbox, name):
    mark, undo = MARKS[name]
    path = sandbox.home / mark
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    result = sandbox.doit("deploy", "--preset", "demo")
    assert result.code == 5, result.text
    assert undo in result.err
    assert not sandbox.settings.exists()
    sandbox.deploy("--preset", "demo", "--force", name)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("cc-switch", '{"env": {"ANTHROPIC_AUTH_TOKEN": "PROXY_MANAGED"}}'),
        ("cc-switch", '{"env": {"ANTHROPIC_API_KEY": "PROXY_MANAGED"}}'),
        ("claude-code-router", '{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:3456"}}'),
    ],
)
def test_one_that_shows_in_the_settings_is_recognised(sandbox, name, settings):
    sandbox.claude.mkdir()
    sandbox.settings.write_text(settings)
    (sandbox.claude / "settings.json.ccr-original").write_text("{}")
    result = sandbox.doit("deploy", "--preset", "demo")
    assert result.code == 5, result.text
    assert f"--force {name}" in result.err


def test_breaking_changes_are_named_before(edited):
    result = edited.deploy("--remove-models", "codestral", "--port", "4555")
    assert "no longer served: codestral" in result.err
    assert "moves from" in result.err
