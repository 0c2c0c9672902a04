"""What commands keep of a gateway outside of Claude Code's folder, and what of it goes with the gateway."""

from __future__ import annotations

import json
import os

import pytest

from tasks.core.deploying import removal, work_folders
from tasks.core.disk import lock
from tasks.core.model.layout import Layout


@pytest.fixture(params=["clone", "package"])
def project(request, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    if request.param == "package":
        (folder / "__init__.py").touch()
    return folder


def layout_of(project, target=None):
    return Layout.of({"HOME": str(project.parent / "home")}, target, project)


def fill(layout, target=None):
    """What a deployment leaves there."""
    choices = {"choices": {"preset": "demo"} | ({"target": target} if target else {})}
    for path in (layout.rendered / ".env", layout.database, layout.conflicts / "a", layout.catalogue):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    layout.choices.parent.mkdir(parents=True, exist_ok=True)
    layout.choices.write_text(json.dumps(choices))


def names_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def purge(layout):
    failures = []
    removed = list(removal.remove_memory(layout, failures))
    removal.remove_empty_folders(layout)
    assert not failures
    return removed


def test_nothing_of_the_last_gateway_stays_but_what_a_clone_has_for_all(project):
    layout = layout_of(project)
    fill(layout)
    layout.plan_key.write_text("key")
    shown = [str(path) for path in work_folders.find(layout)]
    assert purge(layout) == shown
    assert not work_folders.find(layout)
    is_package = (project / "__init__.py").exists()
    assert layout.build.exists() != is_package
    if is_package:
        assert not layout.notes.exists()
    else:
        assert names_in(layout.build) == {"catalogue.json", "plan.key"}


@pytest.mark.parametrize("of_other", [False, True])
def test_what_is_of_another_gateway_stays(project, of_other):
    """Also the choices, of which there is one note for all gateways of a Claude Code."""
    other = str(project.parent / "other")
    fill(layout_of(project, other))
    layout = layout_of(project)
    fill(layout, other if of_other else None)
    there = names_in(layout_of(project, other).workshop)
    purge(layout)
    assert names_in(layout_of(project, other).workshop) == there
    assert layout.choices.exists() == of_other
    assert not layout.rendered.exists()
    purge(layout_of(project, other))
    assert not layout.choices.exists()
    assert not layout_of(project, other).workshop.exists()


def test_what_a_command_is_using_stays(project, capsys):
    layout = layout_of(project)
    fill(layout)
    held = lock.hold(layout.build_lock, "deploy")
    try:
        purge(layout)
    finally:
        os.close(held)
    assert layout.rendered.exists()
    assert "stays: another deployment is running" in capsys.readouterr().err
