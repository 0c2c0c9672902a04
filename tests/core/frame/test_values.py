"""Which names can be typed: of what is shipped, and of the user's own templates."""

from __future__ import annotations

import json

import pytest

from tasks.core.frame import values
from tasks.core.model.layout import Layout
from tests import own_templates


@pytest.fixture
def layout(tmp_path):
    return Layout.of({"HOME": str(tmp_path / "home")})._replace(notes=tmp_path / "notes", build=tmp_path / "build")


def note(path, **choices):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"choices": choices}))


@pytest.mark.parametrize("place", ["typed", "typed with a sign", "noted", "deployed", "deployed elsewhere", "personal"])
def test_own_templates_count_wherever_they_are_named(layout, tmp_path, place):
    words = ["deploy", "team"]
    folder = layout.personal_templates if place == "personal" else tmp_path / "team"
    own_templates.make(folder)
    if place == "typed":
        words += ["--templates", "team"]
    elif place == "typed with a sign":
        words += ["--templates=team"]
    elif place == "noted":
        note(layout.choices, templates=str(folder))
    elif place == "deployed":
        note(layout.manifest, templates=str(folder))
    elif place == "deployed elsewhere":
        layout.claude.mkdir(parents=True)
        layout.pointer.write_text(f"{tmp_path / 'gateway'}\n")
        note(tmp_path / "gateway" / layout.manifest.name, templates=str(folder))
    found = values.locate(layout, words, tmp_path)
    assert {"team", "demo"} <= values.PRESETS(found).keys()
    assert {"my-demo", "codestral"} <= values.MODELS(found).keys()
    assert "acme" in values.SOURCES["gateway_type"](found)


@pytest.mark.parametrize("words", [["--templates", "none"], ["--templates"], ["--templates="]])
def test_without_any_only_what_is_shipped_counts(layout, tmp_path, words):
    found = values.locate(layout, ["deploy", *words], tmp_path)
    assert found == layout
    assert "team" not in values.PRESETS(found)


def test_what_cannot_be_read_is_as_if_it_were_not_there(layout, tmp_path):
    for path in (layout.choices, layout.manifest, layout.pointer):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\x00[")
    assert values.locate(layout, [], tmp_path).chosen_templates is None
