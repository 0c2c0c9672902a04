"""The generated pages tell everything in the catalogue, and stand in docs/ as generated."""

import re

import pytest

from tasks.core.catalogue import catalogue
from tasks.core.frame import pages
from tasks.core.model.layout import PROJECT, Layout

KNOWN = catalogue.load(Layout.of({"HOME": "/nowhere"}))
PAGES = {"models.md": pages.models_page(KNOWN), "environment.md": pages.environment_page(KNOWN)}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_not_stale(name):
    assert (PROJECT / "docs" / name).read_text() == PAGES[name], "run: doit docs"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_what_made_it(name):
    assert PAGES[name].splitlines()[0].startswith("<!-- Made by `doit docs` from templates/")


def test_every_model_stands_in_one_row():
    for model in KNOWN.models.values():
        rows = [line for line in PAGES["models.md"].splitlines() if line.startswith(f"| `{model.id}` | **")]
        assert len(rows) == 1
        assert model.description in rows[0]
        assert f"{model.limits['input_tokens']:,}" in rows[0]


def test_every_preset_and_every_end_is_told():
    for preset in KNOWN.presets.values():
        assert f"`{preset.id}`" in PAGES["models.md"]
    for model in KNOWN.models.values():
        if model.retires_on:
            assert f"| `{model.id}` | {model.retires_on} |" in PAGES["models.md"]


def test_every_variable_has_its_own_part():
    headings = re.findall(r"^### (\w+)$", PAGES["environment.md"], re.MULTILINE)
    assert sorted(headings) == sorted(KNOWN.variables)
    for variable in KNOWN.variables.values():
        assert variable.description in PAGES["environment.md"]
        assert variable.how in PAGES["environment.md"]


def test_links_between_the_pages_lead_somewhere():
    anchors = {name.lower() for name in re.findall(r"^#+ (\w+)$", PAGES["environment.md"], re.MULTILINE)}
    links = re.findall(r"\(environment\.md#([^)]+)\)", PAGES["models.md"])
    assert links
    assert set(links) <= anchors


def test_tables_are_whole():
    for page in PAGES.values():
        for block in page.split("\n\n"):
            rows = [line for line in block.splitlines() if line.startswith("|")]
            assert len({row.replace("\\|", "").count("|") for row in rows}) <= 1
