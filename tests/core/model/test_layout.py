"""Every path once, and nowhere but below the three places."""

import re
from pathlib import Path

import pytest

from tasks.core.model.layout import PROJECT, Layout

PROPERTIES = [name for name, value in vars(Layout).items() if isinstance(value, property)]


def test_home_tells_where_claude_code_is():
    layout = Layout.of({"HOME": "/h"})
    assert (layout.claude, layout.gateway) == (Path("/h/.claude"), Path("/h/.claude/gateway"))
    assert layout.settings == Path("/h/.claude/settings.json")


def test_claude_config_dir_moves_settings_and_gateway():
    layout = Layout.of({"HOME": "/h", "CLAUDE_CONFIG_DIR": "/c d"})
    assert (layout.settings, layout.gateway) == (Path("/c d/settings.json"), Path("/c d/gateway"))


def test_an_empty_claude_config_dir_is_none():
    assert Layout.of({"HOME": "/h", "CLAUDE_CONFIG_DIR": ""}).claude == Path("/h/.claude")


def test_a_target_moves_the_gateway_alone():
    layout = Layout.of({"HOME": "/h"}, "/t")
    assert (layout.gateway, layout.claude) == (Path("/t"), Path("/h/.claude"))
    assert layout.env_file == Path("/t/.env")


def test_the_workshop_is_in_the_checkout_wherever_one_stands(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    layout = Layout.of({"HOME": "/h"})
    assert layout.build == PROJECT / "build"
    assert (layout.project / "dodo.py").is_file()


def test_an_installed_package_keeps_all_it_makes_in_folders_of_the_user(tmp_path):
    (tmp_path / "__init__.py").touch()
    layout = Layout.of({"HOME": "/h", "XDG_CACHE_HOME": "relative"}, project=tmp_path)
    assert (layout.build, layout.notes) == (Path("/h/.cache/gatehand"), Path("/h/.local/state/gatehand"))
    named = Layout.of({"HOME": "/h", "XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s"}, project=tmp_path)
    assert (named.build, named.notes) == (Path("/c/gatehand"), Path("/s/gatehand"))
    within = [name for name in PROPERTIES if getattr(named, name).is_relative_to(tmp_path)]
    assert within == ["templates", "schemas"]
    assert named.catalogue.parent.parent == named.build
    assert all(path.is_relative_to("/s") for path in (named.choices, named.plan_key, named.conflicts))


FOLDERS = [
    "/h/.claude/gateway",
    "/h/.claude-work/gateway",
    "/i/.claude/gateway",
    "/h/.claude/gateway2",
    "/",
    "/ü b",
    "/-",
]


def test_each_folder_of_a_gateway_has_a_part_of_build_of_its_own():
    parts = {Layout.of({"HOME": "/h"}, folder).workshop.name for folder in FOLDERS}
    assert len(parts) == len(FOLDERS)
    assert all(re.fullmatch("([A-Za-z0-9]+-)*[0-9a-f]{8}", part.lstrip("-")) for part in parts)
    assert Layout.of({"HOME": "/h"}, FOLDERS[0]).workshop == Layout.of({"HOME": "/h"}).workshop


@pytest.mark.parametrize("name", PROPERTIES)
def test_nothing_lies_outside_and_no_two_are_the_same(name):
    layout = Layout.of({"HOME": "/h"}, "/t", Path("/p"))
    path = getattr(layout, name)
    assert path.is_absolute()
    assert any(path.is_relative_to(place) for place in ("/p", "/t", "/h/.claude"))
    assert [other for other in PROPERTIES if getattr(layout, other) == path] == [name]


def test_one_project_is_joined_through_a_file_of_its_own():
    layout = Layout.of({"HOME": "/h"})
    assert layout.of_scope("/app").settings == Path("/app/.claude/settings.local.json")
    assert layout.of_scope("/app").claude == layout.claude
    assert layout.of_scope("/app").of_scope(None) == layout
