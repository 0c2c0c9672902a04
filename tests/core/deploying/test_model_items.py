"""The models as items to choose from: in columns, with what speaks against each."""

import pytest

from tasks.core.catalogue import catalogue
from tasks.core.deploying.model_items import ENDED, list_models
from tasks.core.model.layout import Layout

TODAY = "2026-11-25"


@pytest.fixture(scope="module")
def known():
    return catalogue.load(Layout.of({"HOME": "/nonexistent"}))


def test_a_model_is_shown_with_what_speaks_against_it(known):
    model = known.models["gemini-2.5-pro"]
    _, (item,) = list_models([model], [], TODAY, {})
    for text in (model.publisher, "1.25/10", "1048k", "ended"):
        assert text in item.label
    for text in (model.retires_on, model.replacement, model.notes):
        assert text in item.more
    assert model.notes in item.against
    for text in (model.publisher, "$1.25/10", "1048k", "ended"):
        assert text in item.facts
    _, (varying,) = list_models([known.models["ollama"]], [], TODAY, {})
    assert "?/?" not in varying.label
    _, (item,) = list_models([known.models["demo"]], [], TODAY, {})
    assert "no tools" in item.label


def test_they_are_below_their_providers_and_below_the_names_of_the_columns(known):
    models = [known.models[name] for name in ("gpt-6-luna", "codestral", "gemini-2.5-pro", "gpt-6-astra")]
    columns, items = list_models(models, [], TODAY, {"openai": "OpenAI"})
    assert [item.group for item in items] == ["OpenAI", "OpenAI", "vertex_ai", ENDED]
    start = columns.index("context")
    assert all(item.label[start - 1] == " " and item.label[start].isdecimal() for item in items)
