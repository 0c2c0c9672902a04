"""What own templates give is kept beside them, compared, and written again on demand."""

from __future__ import annotations

import json

import pytest

from tasks.core.deploying import own_expected
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.model.layout import Layout
from tests import own_templates


@pytest.fixture
def team(tmp_path):
    """A layout with a team's folder."""
    folder = own_templates.make(tmp_path / "team")
    return Layout.of({"HOME": str(tmp_path)}).of_templates(str(folder))


def test_nothing_is_expected_until_it_is_written(team):
    assert own_expected.find_differences(team) == []
    assert own_expected.write(team)
    assert own_expected.find_differences(team) == []
    assert own_expected.write(team) == []


def test_there_is_a_case_for_each_preset_and_kind_and_one_for_all_models(team):
    own_expected.write(team)
    expected = team.chosen_templates / "expected"
    assert {path.name for path in expected.iterdir()} == {"preset-team", "gateway-acme", "models"}
    settings = json.loads((expected / "gateway-acme/settings.json").read_bytes())
    assert settings["env"]["ANTHROPIC_BASE_URL"] == "https://llm.acme.example"
    assert settings["env"]["ANTHROPIC_AUTH_TOKEN"] == "{GATEWAY_TOKEN}"
    assert settings["env"]["ANTHROPIC_CUSTOM_HEADERS"] == "x-team: {ACME_TEAM}\nx-api-key:"
    assert "my-demo" in (expected / "models/litellm_config.yaml").read_text()
    assert not list(expected.rglob("*.sh"))


def test_a_change_is_named_by_file_and_line(team):
    own_expected.write(team)
    kind = team.chosen_templates / "gateways/acme.yaml"
    kind.write_text(kind.read_text().replace("llm.acme", "new.acme"))
    (finding,) = own_expected.find_differences(team)
    where = team.chosen_templates / "expected/gateway-acme/settings.json"
    line = where.read_text().splitlines().index('    "ANTHROPIC_BASE_URL": "https://llm.acme.example",') + 1
    assert finding.startswith(f"{where}:{line}: ")
    with pytest.raises(GatewayError, match="validate --write"):
        own_expected.refuse_differences(team)


def test_what_is_of_a_template_that_is_gone_goes_and_the_rest_of_the_folder_stays(team):
    own_expected.write(team)
    folder = team.chosen_templates
    for name in ("expected/README.md", "expected/mine/notes.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("mine")
    (folder / "presets/team.yaml").unlink()
    assert own_expected.find_differences(team)
    own_expected.write(team)
    left = {path.relative_to(folder / "expected").as_posix() for path in (folder / "expected").rglob("*.*")}
    assert {"README.md", "mine/notes.txt", "models/litellm_config.yaml"} <= left
    assert not [name for name in left if name.startswith("preset-team")]


def test_another_folder_over_the_shipped_templates_makes_no_difference(team):
    own_expected.write(team)
    demo = own_templates.copy_of("presets/demo.yaml", "models: [demo]", "models: [glm-5.2]")
    demo = demo.replace(": demo\n  ", ": glm-5.2\n  ").replace("haiku: demo", "haiku: glm-5.2")
    path = team.personal_templates / "presets/demo.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(demo)
    assert own_expected.find_differences(team) == []


def test_editors_find_the_schema_that_the_first_line_names(team):
    own_expected.write(team)
    folder = team.chosen_templates
    for path in (*folder.glob("*/*.yaml"), *folder.glob("*.yaml")):
        if path.is_relative_to(folder / "expected"):
            continue
        _, _, name = path.read_text().splitlines()[0].partition("$schema=")
        assert (path.parent / name).is_file() or not name, path


def test_without_own_templates_there_is_nothing_to_write(tmp_path):
    with pytest.raises(UsageError, match="no templates of your own"):
        own_expected.write(Layout.of({"HOME": str(tmp_path)}))
