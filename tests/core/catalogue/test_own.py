"""Own templates lie over the shipped ones, each as a whole, and nothing of another user's is used."""

from __future__ import annotations

import os
import shutil

import pytest

from tasks.core.catalogue import catalogue, crosscheck, own
from tasks.core.model.errors import Conflict, GatewayError, InvalidInput
from tasks.core.model.layout import PROJECT, Layout
from tests import own_templates


@pytest.fixture
def layout(tmp_path):
    """The shipped templates, and a home and a build/ of its own."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "templates").symlink_to(PROJECT / "templates")
    return Layout.of({"HOME": str(tmp_path)}, project=project)


@pytest.fixture
def team(layout, tmp_path):
    """The layout with a team's folder."""
    return layout.of_templates(str(own_templates.make(tmp_path / "team")))


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_what_is_added_is_there_beside_what_is_shipped(layout, team):
    shipped, known = catalogue.load(layout), catalogue.load(team)
    assert set(known.models) - set(shipped.models) == {"my-demo"}
    assert set(known.presets) - set(shipped.presets) == {"team"}
    assert known.gateways["acme"].settings == shipped.gateways["custom"].settings
    assert known.variables["ACME_TEAM"].example == "blue"
    assert known.variables["VERTEX_PROJECT"] == shipped.variables["VERTEX_PROJECT"]
    assert crosscheck.findings(team) == []


def test_the_stronger_one_replaces_a_whole_file_and_a_whole_variable(layout, tmp_path):
    personal, chosen = layout.personal_templates, tmp_path / "chosen"
    for folder, name in ((personal, "Mine"), (chosen, "Ours")):
        write(folder, "models/demo.yaml", own_templates.copy_of("models/demo.yaml", "name: Demo", f"name: {name}"))
    bare = "variables:\n  - {name: VERTEX_PROJECT, description: Ours., how: Ask.}\n"
    write(chosen, "variables.yaml", bare)
    known = [
        catalogue.load(each) for each in (layout.without_own_templates(), layout, layout.of_templates(str(chosen)))
    ]
    assert [each.models["demo"].name for each in known] == ["Demo", "Mine", "Ours"]
    assert [each.variables["VERTEX_PROJECT"].found_by for each in known] == ["gcloud-project", "gcloud-project", None]


@pytest.mark.parametrize("change", ["edited", "added", "removed", "moved"])
def test_the_copy_is_not_used_when_an_own_file_changes(team, change):
    folder = team.chosen_templates
    catalogue.load(team, write_cache=True)
    assert catalogue.fresh(team)
    path = folder / "models/my-demo.yaml"
    if change == "edited":
        path.write_text(path.read_text().replace("name: Demo", "name: Other"))
        assert catalogue.load(team).models["my-demo"].name == "Other"
    elif change == "added":
        shutil.copy(PROJECT / "templates/models/demo.yaml", folder / "models/demo.yaml")
    elif change == "removed":
        path.unlink()
        assert "my-demo" not in catalogue.load(team).models
    else:  # as it is, times and all: which file counts is part of what the copy is of
        shutil.copytree(folder, team.personal_templates)
        team = team.of_templates(None)
    assert not catalogue.fresh(team)


def test_a_gateway_with_own_templates_leaves_the_copy_of_the_others_alone(layout, team):
    catalogue.load(layout, write_cache=True)
    catalogue.load(team, write_cache=True)
    assert catalogue.fresh(layout)
    assert catalogue.fresh(team)
    assert "my-demo" not in catalogue.load(layout).models


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        ("models/my-demo.yaml", "tier: sonnet", "tier: best", 8),
        ("presets/team.yaml", "models: [my-demo]", "models: [no-such-model]", 7),
        ("gateways/acme.yaml", "extends: custom", "extends: costum", 6),
        ("variables.yaml", "how:", "haw:", 5),
    ],
)
def test_a_mistake_is_named_by_the_path_and_line_of_the_own_file(team, name, old, new, line):
    path = team.chosen_templates / name
    path.write_text(path.read_text().replace(old, new))
    found = crosscheck.findings(team)
    assert found
    assert any(text.startswith(f"{path}:{line}:") for text in found), found


def test_what_looks_like_a_template_and_is_not_read_is_found(team):
    folder = team.chosen_templates
    write(folder, "presets/more.yml", "")
    write(folder, "model/more.yaml", "")
    write(folder, "README.md", "")
    write(folder, ".git/config", "")
    found = own.find_strays(team)
    assert [text.partition(":")[0] for text in found] == [str(folder / "model"), str(folder / "presets/more.yml")]


def test_a_template_of_an_own_kind_may_include_a_shipped_one_and_replace_it(team):
    artifacts = team.chosen_templates / "artifacts"
    write(artifacts, "stop-gateway.sh.j2", "#!/bin/sh\n")
    assert own.find(team, "artifacts/stop-gateway.sh.j2") == artifacts / "stop-gateway.sh.j2"
    assert own.find(team, "artifacts/start-gateway.sh.j2") == team.templates / "artifacts/start-gateway.sh.j2"


def open_to_all(path):
    path.chmod(path.stat().st_mode | 0o022)
    return path


def make_pipe(folder):
    os.mkfifo(folder / "models/pipe.yaml")
    return folder / "models/pipe.yaml"


def link_to_nothing(folder):
    (folder / "models/link.yaml").symlink_to(folder / "gone")
    return folder / "models/link.yaml"


def link_to_a_folder_for_all(folder):
    outside = folder.parent / "outside"
    outside.mkdir()
    model = folder / "models/my-demo.yaml"
    shutil.move(model, outside)
    model.symlink_to(outside / model.name)
    return open_to_all(outside)


def give_away(folder):
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(folder / "models/my-demo.yaml", 4242, 4242)
    return folder / "models/my-demo.yaml"


HOSTILE = {
    "for all": open_to_all,
    "a file for all": lambda folder: open_to_all(folder / "models/my-demo.yaml"),
    "a part for all": lambda folder: open_to_all(folder / "models"),
    "a link to a folder for all": link_to_a_folder_for_all,
    "another user's": give_away,
    "a pipe": make_pipe,
    "a link to nothing": link_to_nothing,
}
"""What makes a folder one that must not be used; each gives the path that is to be named."""


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("place", ["chosen", "personal"])
def test_what_another_user_can_change_is_refused(layout, tmp_path, kind, place):
    folder = own_templates.make(tmp_path / "team")
    if place == "personal":
        folder = own_templates.make(layout.personal_templates)
    else:
        layout = layout.of_templates(str(folder))
    catalogue.load(layout, write_cache=True)  # nor is it used because it was read before
    bad = HOSTILE[kind](folder)
    with pytest.raises(GatewayError) as refused:
        catalogue.load(layout)
    assert refused.value.where == str(bad)
    assert isinstance(refused.value, InvalidInput if kind in ("a pipe", "a link to nothing") else Conflict)


@pytest.mark.parametrize("found", ["nothing", "a file", "an empty folder", "the models themselves"])
def test_a_folder_that_is_none_says_how_to_take_the_choice_back(layout, tmp_path, found):
    folder = tmp_path / "team"
    if found == "a file":
        folder.write_text("")
    elif found == "an empty folder":
        folder.mkdir()
    elif found == "the models themselves":
        folder = own_templates.make(folder) / "models"
    with pytest.raises(InvalidInput) as refused:
        catalogue.load(layout.of_templates(str(folder)))
    assert str(folder) in refused.value.where
    assert "--templates none" in refused.value.remedy


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({}, "/h/.config/gatehand/templates"),
        ({"XDG_CONFIG_HOME": "/x"}, "/x/gatehand/templates"),
        ({"XDG_CONFIG_HOME": ""}, "/h/.config/gatehand/templates"),
        ({"XDG_CONFIG_HOME": "relative"}, "/h/.config/gatehand/templates"),
    ],
)
def test_the_configuration_folder_is_never_taken_from_where_one_is(environ, folder):
    assert str(Layout.of({"HOME": "/h", **environ}).personal_templates) == folder


def test_names_that_are_no_text_can_be_recorded_and_shown(layout, tmp_path):
    folder = os.fsdecode(bytes(tmp_path) + b"/te\xff\nam")
    there = layout.of_templates(str(own_templates.make(tmp_path / folder)))
    used = own.select(there, own.list_files(there))
    assert "".join(used).encode()
    assert "\n" not in own.describe(used)
