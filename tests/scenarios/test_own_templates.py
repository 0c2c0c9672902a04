"""A team's own templates: deployed, validated, kept over an update of what is shipped, and taken back."""

from __future__ import annotations

import shutil

import pytest

from tasks.core.model.layout import Layout
from tests import own_templates

KIND_VALUES = {"GATEWAY_TOKEN": "given-by-acme-0123", "ACME_TEAM": "blue"}


@pytest.fixture
def team(sandbox):
    """A sandbox, and a team's folder beside its home."""
    return own_templates.make(sandbox.root / "team")


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def window_in(settings):
    """The context of the own model, as Claude Code knows it."""
    return settings["modelSettings"]["my-demo"]["autoCompactWindow"]


def manifest(box):
    return box.json(box.gateway / "deployment-manifest.json")


def test_a_folder_is_deployed_shown_changed_and_taken_back(sandbox, team):
    sandbox.deploy("--preset", "team", "--templates", str(team))
    assert manifest(sandbox)["own_templates"].keys() >= {"models/my-demo.yaml", "presets/team.yaml"}
    assert sandbox.env_json()["ANTHROPIC_MODEL"] == "my-demo"
    for words in (["status"], ["plan"], ["choose"], ["models", "my-demo"]):
        shown = sandbox.doit(*words)
        assert shown.code == 0, shown.text
        assert str(team) in shown.out, words
    assert "(own)" in sandbox.doit("models").out
    assert "Nothing" in sandbox.deploy().err

    change(team / "models/my-demo.yaml", "input_tokens: 200000", "input_tokens: 100000")
    sandbox.deploy()
    assert window_in(sandbox.json(sandbox.settings)) == 100000

    # Another version ships another local gateway: what is the team's stays, the rest comes.
    change(sandbox.project / "templates/gateways/local.yaml", "port: 4000", "port: 4077")
    assert "would render" in sandbox.doit("status").out
    sandbox.deploy()
    assert sandbox.env_json()["ANTHROPIC_BASE_URL"].endswith(":4077")
    assert window_in(sandbox.json(sandbox.settings)) == 100000

    sandbox.deploy("--templates", "none", "--preset", "demo")
    assert manifest(sandbox)["own_templates"] == {}
    assert sandbox.doit("rollback").code == 0
    assert sandbox.env_json()["ANTHROPIC_MODEL"] == "my-demo"
    assert str(team) in sandbox.doit("status").out


def test_a_kind_in_the_configuration_folder_needs_no_option(sandbox):
    config = sandbox.root / "config"
    env = KIND_VALUES | {"XDG_CONFIG_HOME": str(config)}
    folder = own_templates.make(config / "gatehand" / "templates")
    sandbox.deploy("--preset", "enterprise", "--gateway-type", "acme", env=env)
    assert sandbox.env_json()["ANTHROPIC_BASE_URL"] == "https://llm.acme.example"
    assert sandbox.env_json()["ANTHROPIC_CUSTOM_HEADERS"] == "x-team: blue\nx-api-key:"
    assert manifest(sandbox)["own_templates"]["gateways/acme.yaml"] == str(folder / "gateways/acme.yaml")
    assert "templates" not in manifest(sandbox)["choices"]
    assert "Nothing" in sandbox.deploy(env=env).err

    shutil.rmtree(folder)
    status = sandbox.doit("status", env=env)
    assert status.code == 0
    assert str(folder) in status.out
    failed = sandbox.doit("deploy", env=env)
    assert failed.code == 3
    assert str(folder / "gateways/acme.yaml") in failed.err
    assert sandbox.doit("uninstall", env=env).code == 0


def test_a_model_that_is_removed_from_the_folder_is_named_with_its_file(sandbox, team):
    sandbox.deploy("--preset", "demo", "--models", "my-demo", "--templates", str(team))
    (team / "models/my-demo.yaml").unlink()
    (team / "presets/team.yaml").unlink()
    failed = sandbox.doit("deploy")
    assert failed.code == 3, failed.text
    assert str(team / "models/my-demo.yaml") in failed.err


def test_without_the_folder_one_can_look_go_back_and_leave(sandbox, team):
    sandbox.deploy("--preset", "demo")
    sandbox.deploy("--preset", "team", "--templates", str(team))
    shutil.rmtree(team)
    for words in (["deploy"], ["plan"], ["models"], ["validate"]):
        failed = sandbox.doit(*words)
        assert failed.code == 4, failed.text
        assert f"{team}: " in failed.err
        assert "--templates none" in failed.err
    for words in (["status"], ["history"], ["rollback"], ["uninstall"]):
        done = sandbox.doit(*words)
        assert done.code == 0, done.text


@pytest.mark.parametrize("place", ["chosen", "personal"])
def test_a_folder_that_others_can_write_to_is_used_for_nothing(sandbox, team, place):
    words = ["--preset", "team", "--templates", str(team)]
    if place == "personal":
        shutil.move(team, sandbox.home / ".config" / "gatehand" / "templates")
        team = sandbox.home / ".config" / "gatehand" / "templates"
        words = ["--preset", "team"]
    sandbox.deploy(*words)
    before = sandbox.state(sandbox.home)
    team.chmod(0o777)
    for command in (["deploy", "--port", "4499"], ["plan"], ["validate"]):
        refused = sandbox.doit(*command)
        assert refused.code == 5, refused.text
        assert str(team) in refused.err
    assert sandbox.state(sandbox.home).keys() == before.keys()
    assert sandbox.doit("status").code == 0


def test_two_homes_with_own_templates_never_mix(sandbox):
    other = {"HOME": str(sandbox.root / "other")}
    for home, text in ((sandbox.home, "100000"), (sandbox.root / "other", "150000")):
        folder = own_templates.make(home / ".config" / "gatehand" / "templates")
        change(folder / "models/my-demo.yaml", "input_tokens: 200000", f"input_tokens: {text}")
    sandbox.deploy("--preset", "team")
    sandbox.deploy("--preset", "team", env=other)
    assert "Nothing" in sandbox.deploy().err
    assert "Nothing" in sandbox.deploy(env=other).err
    theirs = Layout.of(sandbox.environment(**other), project=sandbox.project)
    found = [window_in(sandbox.json(path)) for path in (sandbox.settings, theirs.settings)]
    assert found == [100000, 150000]


@pytest.mark.parametrize("name", ["models/demo.yaml", "artifacts/stop-gateway.sh.j2"])
def test_a_file_that_appears_over_a_shipped_one_is_noticed_everywhere(sandbox, name):
    sandbox.deploy("--preset", "demo")
    assert "would render" not in sandbox.doit("status").out
    plan = sandbox.root / "plan.json"
    assert sandbox.doit("plan", "--out", str(plan), "--port", "4499").code == 0
    own = sandbox.home / ".config" / "gatehand" / "templates" / name
    own.parent.mkdir(parents=True)
    text = (sandbox.project / "templates" / name).read_text()
    own.write_text(text.replace("input_tokens: 200000", "input_tokens: 100000") + "# mine\n")
    assert "would render" in sandbox.doit("status").out
    assert sandbox.doit("apply", str(plan)).code == 5
    sandbox.deploy()
    assert manifest(sandbox)["own_templates"] == {name: str(own)}
    assert "would render" not in sandbox.doit("status").out
    own.unlink()
    assert "would render" in sandbox.doit("status").out
    sandbox.deploy()
    assert manifest(sandbox)["own_templates"] == {}


def test_validate_checks_a_folder_and_what_is_expected_of_it_without_choosing_it(sandbox, team):
    assert sandbox.doit("validate", "--templates", str(team)).code == 0
    assert sandbox.doit("validate", "--templates", str(team), "--write").code == 0
    change(sandbox.project / "templates/gateways/local.yaml", "port: 4000", "port: 4077")
    differing = sandbox.doit("validate", "--templates", str(team))
    assert differing.code == 1
    assert str(team / "expected/preset-team/settings.json") in differing.err
    sandbox.deploy("--preset", "team", "--templates", str(team))  # which is no question of the one who deploys
    assert sandbox.doit("validate", "--write").code == 0
    assert sandbox.doit("validate").code == 0
    assert sandbox.doit("uninstall").code == 0
    sandbox.deploy("--preset", "demo")
    assert "templates" not in manifest(sandbox)["choices"]


def test_a_secret_in_an_own_template_is_refused_and_not_shown(sandbox, team):
    secret = "sk-ant-api03-" + "a1B2c3D4" * 8
    change(team / "models/my-demo.yaml", "params:", f"params:\n  api_key: {secret}")
    for words in (["validate", "--templates", str(team)], ["deploy", "--preset", "team", "--templates", str(team)]):
        refused = sandbox.doit(*words)
        assert refused.code == 4, refused.text
        assert f"{team / 'models/my-demo.yaml'}:21: params.api_key" in refused.err
        assert secret not in refused.text
    assert not sandbox.gateway.exists() or not list(sandbox.gateway.iterdir())


def test_completion_offers_own_names(sandbox):
    own_templates.make(sandbox.home / ".config" / "gatehand" / "templates")
    program = sandbox.project / "tasks" / "core" / "frame" / "completion.py"
    python = sandbox.command()[0]
    found = sandbox.run([python, "-I", str(program), "zsh", "doit", "deploy", "--preset", "te"])
    assert found.out.startswith("team\t")


@pytest.mark.parametrize("place", ["typed", "deployed", "personal"])
def test_a_stray_word_can_be_the_name_of_an_own_template(sandbox, team, place):
    more = ["--templates", str(team)] if place == "typed" else []
    if place == "deployed":
        sandbox.deploy("--preset", "demo", "--templates", str(team))
    if place == "personal":
        own_templates.make(sandbox.home / ".config" / "gatehand" / "templates")
    planned = sandbox.doit("plan", "team", *more)
    assert planned.code == 0, planned.text
    assert "Plan for team" in planned.out
    assert "doit deploy --models my-demo" in sandbox.doit("deploy", "my-demo", *more).err
    if not more:
        assert "team" in sandbox.doit("help", "deploy").out
        assert "To deploy that preset: doit deploy team" in sandbox.doit("team").err
