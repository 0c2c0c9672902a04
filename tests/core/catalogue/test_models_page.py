"""The models as a table and in full."""

from __future__ import annotations

import pytest

from tasks.core.catalogue import catalogue, models_page
from tasks.core.model.layout import PROJECT, Layout


@pytest.fixture
def layout(tmp_path):
    return Layout.of({"HOME": str(tmp_path)}, project=PROJECT)


def test_every_model_has_a_line_with_its_price_and_its_successor(layout):
    known = catalogue.load(layout)
    lines = list(models_page.table_lines(known.models.values(), "2026-11-22", 1000))
    assert len(lines) == len(known.models) + 1
    by_name = {line.split()[0]: line for line in lines}
    for model in known.models.values():
        assert model.description in by_name[model.id]
        dollars = [f"{model.prices[side]:g}" if model.prices else "?" for side in ("input", "output")]
        assert "/".join(dollars) in by_name[model.id]
        assert ("(ended)" in by_name[model.id]) == model.retired("2026-11-22")
    assert not [
        line for line in models_page.table_lines(known.models.values(), "2000-01-01", 1000) if "(ended)" in line
    ]


def test_in_full_with_where_it_is_what_it_needs_and_who_serves_it(layout):
    known = catalogue.load(layout)
    model = known.models["gemini-3.5-flash"]
    shown = "\n".join(models_page.card_lines(model, known, "2026-11-25", 1000))
    for text in ("Google", *model.regions, "VERTEX_PROJECT", "basic", "proxy"):
        assert text in shown
    told = models_page.describe_model(model, known, "2026-11-25")
    assert told["presets"] == [name for name, each in known.presets.items() if model.id in each.models]
    assert {"VERTEX_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS"} <= set(told["needs"])
