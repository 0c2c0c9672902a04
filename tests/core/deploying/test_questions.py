"""Which questions follow from what is known: each answer leads to the next, and what is known is not asked."""

import pytest

from tasks.core.catalogue import catalogue
from tasks.core.deploying import detection, model_items, model_questions, questions
from tasks.core.deploying.situation import Situation
from tasks.core.model.choices import Choices
from tasks.core.model.layout import Layout

TODAY = "2026-11-25"


@pytest.fixture(scope="module")
def known():
    return catalogue.load(Layout.of({"HOME": "/nonexistent"}))


def asked(catalogue, ask=questions.about_choices, *, choices=None, **facts):
    """The names of all that is asked when every question is settled as suggested."""
    state = Situation(choices or Choices(), today=TODAY, **facts)
    names = []
    while question := ask(state, catalogue):
        names.append(question.name)
        state = state._replace(settled=state.settled | {question.name})
        if question.name == "gateway_url":
            state = state._replace(choices=state.choices.asked(gateway_url="https://gw.example.com"))
    return names


def test_without_answers_to_what_one_has_a_preset_is_asked_for(known):
    assert asked(known) == ["preset"]


def offers(known, **clues):
    """The answers, with these clues by their ids."""
    listed = detection.list_offers(known)
    return tuple(offer._replace(clues=tuple(clues.get(offer.id, ()))) for offer in listed)


@pytest.mark.parametrize(
    ("clues", "choices", "has_choice", "marked"),
    [
        ({}, Choices(), False, "demo"),
        ({"openai": ["OPENAI_API_KEY"]}, Choices(), False, "openai"),
        ({"openai": ["x"], "anthropic": ["y"]}, Choices(), False, "anthropic"),
        ({"openai": ["x"]}, Choices("deepseek"), True, "deepseek"),
        ({"openai": ["x"]}, Choices(), True, "demo"),
        ({}, Choices("enterprise", gateway_type="litellm"), True, "enterprise-litellm"),
        ({}, Choices("enterprise", gateway_type="zuplo"), True, "enterprise"),
        ({}, Choices("multi-provider"), True, "other"),
    ],
)
def test_what_is_chosen_is_marked_else_what_was_found_else_the_demo(known, clues, choices, has_choice, marked):
    state = Situation(choices, has_choice=has_choice, offers=offers(known, **clues))
    question = questions.about_choices(state, known)
    assert question.name == "have"
    assert [item.value for item in question.items if item.chosen] == [marked]
    for name, texts in clues.items():
        (label,) = [item.label for item in question.items if item.value == name]
        assert texts[0] in label


def test_a_preset_that_was_named_is_not_asked_for(known):
    assert asked(known, settled=frozenset({"preset"})) == []
    assert asked(known, choices=Choices("basic"), settled=frozenset({"preset"})) == ["models", "tiers"]


def test_models_and_tiers_that_were_named_are_not_asked_for(known):
    given = frozenset({"preset", "models", "sonnet"})
    assert asked(known, choices=Choices("basic", models=("codestral",)), settled=given) == []


def test_nothing_is_asked_about_what_was_chosen_before(known):
    assert asked(known, choices=Choices("basic"), asks_all=False) == []


def test_a_gateway_elsewhere_is_asked_for_its_kind_and_address(known):
    given = frozenset({"preset"})
    names = asked(known, choices=Choices("enterprise"), settled=given)
    assert names == ["gateway_type", "gateway_url", "tiers"]
    of_its_own = Choices("enterprise", gateway_type="vercel")
    assert asked(known, choices=of_its_own, settled=given | {"gateway_type"}) == ["tiers"], "it has an address"
    assert asked(known, choices=of_its_own, settled=given | {"gateway_url"}) == ["tiers"], "options say enough"
    typed = Choices("enterprise", gateway_type="truefoundry")
    assert asked(known, choices=typed, settled=given | {"gateway_type"}) == ["gateway_url", "tiers"]


def test_an_address_that_is_missing_is_asked_for_also_later(known):
    assert asked(known, choices=Choices("enterprise", gateway_type="zuplo"), asks_all=False) == ["gateway_url"]


def test_what_stands_comes_first(known):
    question = questions.about_choices(Situation(Choices(), deployed="demo, revision 3"), known)
    assert question.name == "standing"
    assert [item.value for item in question.items] == ["change", "update", "overwrite", "cancel"]
    typed = Situation(Choices(), deployed="demo, revision 3", settled=frozenset({"port"}))
    assert questions.about_choices(typed, known).items[0].value == "update", "the options say what to change"
    foreign = questions.about_choices(Situation(Choices(), foreign_files=(".env",)), known)
    assert [item.value for item in foreign.items] == ["overwrite", "cancel"]
    assert ".env" in foreign.text


def test_the_suggested_models_come_first_and_the_ended_ones_last(known):
    state = Situation(Choices("basic"), settled=frozenset({"preset"}), today=TODAY)
    items = questions.about_choices(state, known).items
    chosen = [item.value for item in items if item.chosen]
    assert [item.value for item in items[: len(chosen)]] == chosen == list(known.presets["basic"].models)
    ended = [known.models[item.value].retired(TODAY) for item in items]
    assert ended == sorted(ended)
    assert {item.group for item, end in zip(items, ended, strict=True) if end} == {model_items.ENDED}
    groups = [item.group for item in items]
    assert sorted(groups, key=groups.index) == groups, "each heading once"
    assert {item.value for item in items} == set(known.models)


def test_each_tier_is_chosen_among_what_is_served_or_typed(known):
    from tasks.core.model.deployment import settle

    here = list(model_questions.about_tiers(settle(Choices("basic"), known)))
    assert [each.name for each in here] == ["opus", "sonnet", "haiku"]
    assert [item.value for item in here[1].items if item.chosen] == ["gemini-3.5-flash"]
    there = model_questions.about_tiers(settle(Choices("enterprise", gateway_url="https://gw.example.com"), known))
    assert not any(each.items for each in there)
