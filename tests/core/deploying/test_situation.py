"""Which questions follow from what is known: each answer leads to the next, and what is known is not asked."""

import pytest

from tasks.core.catalogue import catalogue
from tasks.core.console import prompts
from tasks.core.console.prompts import Item
from tasks.core.deploying import situation
from tasks.core.deploying.situation import Known, Lack
from tasks.core.model.choices import Choices
from tasks.core.model.errors import UsageError
from tasks.core.model.layout import Layout

TODAY = "2026-11-25"


@pytest.fixture(scope="module")
def known():
    return catalogue.load(Layout.of({"HOME": "/nonexistent"}))


def asked(catalogue, ask=situation.about_choices, *, choices=None, **facts):
    """The names of all that is asked when every question is settled as suggested."""
    state = Known(choices or Choices(), today=TODAY, **facts)
    names = []
    while question := ask(state, catalogue):
        names.append(question.name)
        state = state._replace(settled=state.settled | {question.name})
        if question.name == "gateway_url":
            state = state._replace(choices=state.choices.asked(gateway_url="https://gw.example.com"))
    return names


def test_the_demo_asks_for_a_preset_only(known):
    assert asked(known) == ["preset"]


def test_a_preset_that_was_named_is_not_asked_for(known):
    assert asked(known, settled=frozenset({"preset"})) == []
    assert asked(known, choices=Choices("basic"), settled=frozenset({"preset"})) == ["models", "tiers"]


def test_models_and_tiers_that_were_named_are_not_asked_for(known):
    given = frozenset({"preset", "models", "sonnet"})
    assert asked(known, choices=Choices("basic", models=("codestral",)), settled=given) == []


def test_nothing_is_asked_about_what_was_chosen_before(known):
    assert asked(known, choices=Choices("basic"), fresh=False) == []


def test_a_gateway_elsewhere_is_asked_for_its_kind_and_address(known):
    given = frozenset({"preset"})
    names = asked(known, choices=Choices("enterprise"), settled=given)
    assert names == ["gateway_type", "gateway_url", "tiers"]
    assert asked(known, choices=Choices("enterprise", gateway_type="vercel"), settled=given) == ["tiers"]
    typed = Choices("enterprise", gateway_type="truefoundry")
    assert asked(known, choices=typed, settled=given | {"gateway_type"}) == ["gateway_url", "tiers"]


def test_an_address_that_is_missing_is_asked_for_also_later(known):
    assert asked(known, choices=Choices("enterprise", gateway_type="zuplo"), fresh=False) == ["gateway_url"]


def test_what_stands_comes_first(known):
    question = situation.about_choices(Known(Choices(), stands="demo, revision 3"), known)
    assert question.name == "standing"
    assert [item.value for item in question.items] == ["update", "overwrite", "cancel"]
    foreign = situation.about_choices(Known(Choices(), foreign=(".env",)), known)
    assert [item.value for item in foreign.items] == ["overwrite", "cancel"]
    assert ".env" in foreign.text


def test_the_suggested_models_come_first_and_the_ended_ones_last(known):
    state = Known(Choices("basic"), settled=frozenset({"preset"}), today=TODAY)
    items = situation.about_choices(state, known).items
    chosen = [item.value for item in items if item.chosen]
    assert [item.value for item in items[: len(chosen)]] == chosen == list(known.presets["basic"].models)
    ended = [known.models[item.value].retired(TODAY) for item in items]
    assert ended == sorted(ended)
    assert {item.value for item in items} == set(known.models)


def test_a_model_is_shown_with_what_speaks_against_it(known):
    model = known.models["gemini-2.5-pro"]
    (item,) = situation.pickable([model], [], TODAY)
    for text in (model.publisher, "1.25/10", "1048k", "ended"):
        assert text in item.label
    for text in (model.retires_on, model.replacement, model.notes):
        assert text in item.more
    assert model.notes in item.against
    for text in (model.publisher, "$1.25/10", "1048k", "ended"):
        assert text in item.facts
    (varying,) = situation.pickable([known.models["ollama"]], [], TODAY)
    assert "?/?" not in varying.label
    (item,) = situation.pickable([known.models["demo"]], [], TODAY)
    assert "no tools" in item.label


def test_each_tier_is_chosen_among_what_is_served_or_typed(known):
    from tasks.core.model.deployment import settle

    here = list(situation.tiers(settle(Choices("basic"), known)))
    assert [each.name for each in here] == ["opus", "sonnet", "haiku"]
    assert [item.value for item in here[1].items if item.chosen] == ["gemini-3.5-flash"]
    there = situation.tiers(settle(Choices("enterprise", gateway_url="https://gw.example.com"), known))
    assert not any(each.items for each in there)


def lack(known, name):
    return Lack(known.variables[name], "missing", "Get one.")


def test_every_missing_value_is_asked_for_and_then_whether_to_start(known):
    lacks = (lack(known, "VERTEX_PROJECT"), lack(known, "ANTHROPIC_API_KEY"))
    question = situation.about_this_machine(Known(Choices("basic"), lacks=lacks), known)
    assert (question.name, question.variable, question.items) == ("VERTEX_PROJECT", lacks[0].variable, ())
    ask = situation.about_this_machine
    assert asked(known, ask, choices=Choices("basic")) == ["start"]
    assert asked(known, ask, choices=Choices("basic"), lacks=lacks) == ["VERTEX_PROJECT", "ANTHROPIC_API_KEY"]


@pytest.mark.parametrize("facts", [{"start": True}, {"runs": True}, {"fresh": False}])
def test_starting_is_not_asked_about_when_it_is_clear(known, facts):
    assert asked(known, situation.about_this_machine, **facts) == []


def test_installing_litellm_is_part_of_starting(known):
    question = situation.about_this_machine(Known(Choices(), installs="0.7 GB"), known)
    assert question.name == "start"
    assert "0.7 GB" in question.items[0].more
    told = Known(Choices(), installs="0.7 GB", start=True)
    assert situation.about_this_machine(told, known).name == "yes"


def test_the_address_of_a_proxy_is_asked_for_instead_of_two_variables(known):
    lacks = (lack(known, "HTTP_PROXY"), lack(known, "HTTPS_PROXY"))
    assert asked(known, situation.about_this_machine, choices=Choices("proxy"), lacks=lacks)[0] == "proxy"
    settled = Choices("proxy", proxy="http://proxy.example:8080")
    assert "proxy" not in asked(known, situation.about_this_machine, choices=settled, lacks=lacks[:1])


ITEMS = [Item(name, name) for name in ("a", "b", "c")]


@pytest.mark.parametrize("line", ["1 3", "1,3", " 1, 3 ", "a c", "1 c 1"])
def test_numbers_in_one_line_are_the_selection(line):
    assert prompts.numbered(line, ITEMS, several=True) == ("a", "c")


@pytest.mark.parametrize("line", ["0", "4", "-1", "x", "1 x", "", "1-2", "\u0663"])
def test_what_is_no_such_number_is_refused(line):
    with pytest.raises(UsageError, match="1 to 3"):
        prompts.numbered(line, ITEMS, several=True)


def test_one_means_one():
    assert prompts.numbered("2", ITEMS, several=False) == ("b",)
    with pytest.raises(UsageError, match="One number"):
        prompts.numbered("1 2", ITEMS, several=False)


def test_the_command_that_says_the_same(known):
    choices = Choices("basic", models=("codestral", "glm-5.2"), headers=("X-Team: a b",), port=4100)
    words = list(situation.as_words(choices))
    assert words[:4] == ["--preset", "basic", "--models", "codestral,glm-5.2"]
    assert words[4:] == ["--header", "X-Team: a b", "--port", "4100"]
