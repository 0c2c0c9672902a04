"""Names that several models share, and who stands in for whom: what LiteLLM and Claude Code are told of it."""

import pytest

from tasks.core.litellm.config import litellm_config
from tasks.core.model.catalogue import Member, Preset
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import facts, settings_of, settle
from tasks.core.model.errors import UsageError
from tests.core.model.test_deployment import EMPTY, GATEWAY, KNOWN, model

SMALL = {"input_tokens": 90_000, "output_tokens": 4_000}
PRESET = Preset(
    "several",
    "Several",
    "Some.",
    "local",
    ready=True,
    models=("here", "there", "far", "spare"),
    tiers={"opus": "best", "sonnet": "shared", "haiku": "spare"},
    groups={
        "best": (Member("there", order=2), Member("here", order=1)),
        "shared": (Member("here", weight=3), Member("far", weight=1)),
    },
    fallbacks={"best": ("shared", "spare"), "shared": ("spare",)},
    context_window_fallbacks={"shared": ("spare",)},
)
CATALOGUE = EMPTY._replace(
    models={
        each.id: each
        for each in (
            model(
                "here",
                tier="opus",
                limits={"input_tokens": 200_000, "output_tokens": 64_000} | {"requests_per_minute": 9},
            ),
            model("there", tier="opus"),
            model("far"),
            model("spare", tier="haiku", limits=SMALL),
        )
    },
    providers=KNOWN.providers,
    presets={"several": PRESET},
    gateways={
        "local": GATEWAY._replace(litellm={"router_settings": {"num_retries": 2}}),
        "own-form": GATEWAY._replace(id="own-form", provider="mock", patterns="*of.{tier}-*", params={"passes": True}),
        "of-vertex": GATEWAY._replace(
            id="of-vertex", provider="vertex", patterns="*of.{tier}-*", params={"passes": True}
        ),
    },
)


def settled(**choices):
    return settle(Choices(**{"preset": "several", **choices}), CATALOGUE)


def answering(name, **choices):
    """Who LiteLLM is told to ask for *name*: model, order and weight."""
    entries = [e["litellm_params"] for e in litellm_config(settled(**choices))["model_list"] if e["model_name"] == name]
    return [(e["model"].removeprefix("vertex_ai/"), e.get("order"), e.get("weight")) for e in entries]


def router(**choices):
    return litellm_config(settled(**choices))["router_settings"]


def test_a_name_is_answered_by_its_models_in_order_or_by_weight():
    assert answering("best") == [("here", 1, None), ("there", 2, None)]
    assert answering("shared") == [("here", None, 3), ("far", None, 1)]
    assert answering("here") == [("here", None, None)]
    assert settled().served == ("here", "there", "far", "spare", "best", "shared")


def test_what_claude_code_asks_for_by_itself_is_answered_in_the_same_order_and_then_by_the_stand_ins():
    assert answering("claude-opus-*") == [
        ("here", 1, None),
        ("there", 2, None),
        ("here", 3, 3),
        ("far", 3, 1),
        ("spare", 4, None),
    ]
    assert answering("claude-*") == answering("claude-sonnet-*") == [("here", 1, 3), ("far", 1, 1), ("spare", 2, None)]
    assert answering("claude-haiku-*") == [("spare", None, None)]


def test_the_router_is_told_who_stands_in_and_keeps_what_the_kind_says():
    assert router() == {
        "num_retries": 2,
        "enable_weighted_failover": True,
        "fallbacks": [{"best": ["shared", "spare"]}, {"shared": ["spare"]}],
        "context_window_fallbacks": [{"shared": ["spare"]}],
    }


def test_models_that_are_not_chosen_drop_out_with_the_groups_and_stand_ins_that_had_only_them():
    assert answering("best", models=("there",)) == [("there", 2, None)]
    assert settled(models=("there",)).served == ("there", "best")
    assert settled(models=("far", "spare")).served == ("far", "spare", "shared")
    assert router(models=("far", "spare"))["fallbacks"] == [{"shared": ["spare"]}]
    assert router(models=("there",)) == {"num_retries": 2}


def test_a_tier_may_be_a_group_a_member_or_whoever_is_left():
    assert settled().names == {"opus": "best", "sonnet": "shared", "haiku": "spare"}
    assert settled(sonnet="best").names["sonnet"] == "best"
    assert settled(sonnet="far").names["sonnet"] == "far"
    assert settled(models=("spare",)).names == dict.fromkeys(("opus", "sonnet", "haiku"), "spare")
    assert settled().tiers["opus"].id == "here"
    with pytest.raises(UsageError):
        settled(models=("spare",), opus="best")


def test_claude_code_is_told_what_every_one_that_may_answer_can_take():
    assert (facts(settled())["max_context"], facts(settled())["max_output"]) == ("90000", "4000")
    assert facts(settled(models=("here", "there")))["max_context"] == "200000"


def test_the_limits_of_a_provider_are_told_once():
    entries = litellm_config(settled())["model_list"]
    assert [each["model_name"] for each in entries if "rpm" in each["litellm_params"]] == ["here"]


def test_a_gateway_asked_in_a_providers_own_form_serves_that_one_only():
    with pytest.raises(UsageError, match="here"):
        settled(gateway_type="own-form")
    with pytest.raises(UsageError, match="auth"):
        settled(gateway_type="of-vertex", auth="x-api-key")
    made = litellm_config(settled(gateway_type="of-vertex"))["model_list"]
    assert {"*of.opus-*", "*of.haiku-*", "*of.*"} <= {each["model_name"] for each in made}
    assert all(each["litellm_params"]["passes"] for each in made)


def test_of_two_settings_for_one_key_the_later_counts():
    kind = GATEWAY._replace(settings=(*GATEWAY.settings, GATEWAY.settings[0]._replace(fact=None, text="mine")))
    texts = [each.text for each in settings_of(settled()._replace(gateway=kind)) if each.path[-1] == "URL"]
    assert texts == ["mine"]
