"""A LiteLLM in front of a remote gateway: what it serves and sends; names that several models share."""

import pytest

from tasks.core.catalogue import catalogue
from tasks.core.litellm.config import litellm_config
from tasks.core.model.catalogue import Member, Preset
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settings_of, settle
from tasks.core.model.errors import UsageError
from tasks.core.model.layout import Layout
from tasks.core.model.picker import find_caps
from tests.core.model.test_deployment import EMPTY, GATEWAY, model
from tests.core.model.test_deployment import KNOWN as MADE_UP

KNOWN = catalogue.load(Layout.of({"HOME": "/nowhere"}))
URL = "https://gw.example.com"


def settled(kind="custom", **choices):
    return settle(Choices("enterprise", kind, **{"gateway_url": URL, "topology": "local-proxy", **choices}), KNOWN)


def entries(**choices):
    return {each["model_name"]: each["litellm_params"] for each in litellm_config(settled(**choices))["model_list"]}


def texts(made):
    return {each.path[-1]: each for each in settings_of(made)}


def test_claude_code_talks_to_the_local_one_with_its_own_key():
    made = settled(sonnet="acct/sonnet")
    assert (made.gateway.id, made.url, made.credential) == ("local", "http://127.0.0.1:4000", "GATEWAY_TOKEN")
    assert made.needs == ("LITELLM_MASTER_KEY", "GATEWAY_TOKEN")
    found = texts(made)
    assert found["ANTHROPIC_BASE_URL"].text == made.url
    assert found["ANTHROPIC_AUTH_TOKEN"].variable == "LITELLM_MASTER_KEY"
    assert found["ANTHROPIC_MODEL"].text == "acct/sonnet"
    assert "GATEWAY_TOKEN" not in {each.variable for each in found.values()}


def test_the_tiers_models_are_served_by_their_names_and_claudes_names_lead_to_them():
    routes = {name: each["model"] for name, each in entries(sonnet="acct/sonnet[1m]", haiku="acct/haiku").items()}
    assert routes == {
        "acct/sonnet": "anthropic/acct/sonnet",
        "acct/haiku": "anthropic/acct/haiku",
        "claude-opus-*": "anthropic/claude-opus-*",
        "claude-sonnet-*": "anthropic/acct/sonnet",
        "claude-haiku-*": "anthropic/acct/haiku",
        "claude-*": "anthropic/acct/sonnet",
    }
    assert settled(sonnet="acct/sonnet[1m]").served == ("acct/sonnet",)
    assert set(entries()) == {"claude-opus-*", "claude-sonnet-*", "claude-haiku-*", "claude-*"}


@pytest.mark.parametrize(
    ("kind", "auth", "wanted"),
    [
        ("custom", None, {"extra_headers": {"Authorization": "os.environ/BEARER_GATEWAY_TOKEN"}}),
        ("custom", "apikeyhelper", {"extra_headers": {"Authorization": "os.environ/BEARER_GATEWAY_TOKEN"}}),
        ("custom", "x-api-key", {"api_key": "os.environ/GATEWAY_TOKEN"}),
        (
            "cloudflare",
            None,
            {
                "api_key": "os.environ/ANTHROPIC_API_KEY",
                "extra_headers": {"cf-aig-authorization": "os.environ/BEARER_CF_AIG_TOKEN"},
            },
        ),
    ],
)
def test_the_token_goes_where_that_gateway_wants_it(kind, auth, wanted):
    found = entries(kind=kind, auth=auth)["claude-*"]
    assert found == {"model": "anthropic/claude-*", "api_base": URL, **wanted}


def test_headers_are_sent_upstream_and_not_by_claude_code():
    headers = ("x-team: blue", "x-cost: {COST}", "x-proof: Bearer {PROOF}")
    made = settled(headers=headers)
    assert texts(made)["ANTHROPIC_CUSTOM_HEADERS"].template == "x-api-key:"
    assert {"COST", "PROOF"} <= set(made.needs)
    sent = entries(headers=headers)["claude-*"]["extra_headers"]
    assert sent.pop("Authorization")
    assert sent == {"x-team": "blue", "x-cost": "os.environ/COST", "x-proof": "os.environ/BEARER_PROOF"}


def test_how_claude_code_shows_itself_is_chosen_only_by_the_helper():
    assert settled(auth="x-api-key").auth == "bearer"
    assert settled(auth="apikeyhelper").auth == "apikeyhelper"


@pytest.mark.parametrize(
    "choices",
    [
        {"gateway_url": "http://localhost:4000"},
        {"gateway_url": "http://127.0.0.1:4100", "port": 4100},
        {"headers": ("x-both: {ONE}-{TWO}",)},
        {"client_cert": "/me.pem", "client_key": "/me.key"},
    ],
)
def test_what_could_only_fail_is_refused(choices):
    with pytest.raises(UsageError) as refused:
        settled(**choices)
    assert refused.value.remedy


def test_there_is_nothing_to_stand_in_front_of_without_a_gateway_elsewhere():
    with pytest.raises(UsageError):
        settle(Choices("demo", topology="local-proxy"), KNOWN)


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
    providers=MADE_UP.providers,
    presets={"several": PRESET},
    gateways={
        "local": GATEWAY._replace(litellm={"router_settings": {"num_retries": 2}}),
        "own-form": GATEWAY._replace(id="own-form", provider="mock", patterns="*of.{tier}-*", params={"passes": True}),
        "of-vertex": GATEWAY._replace(
            id="of-vertex", provider="vertex", patterns="*of.{tier}-*", params={"passes": True}
        ),
    },
)


def several(**choices):
    return settle(Choices(**{"preset": "several", **choices}), CATALOGUE)


def answering(name, **choices):
    """Who LiteLLM is told to ask for *name*: model, order and weight."""
    entries = [e["litellm_params"] for e in litellm_config(several(**choices))["model_list"] if e["model_name"] == name]
    return [(e["model"].removeprefix("vertex_ai/"), e.get("order"), e.get("weight")) for e in entries]


def router(**choices):
    return litellm_config(several(**choices))["router_settings"]


def test_a_name_is_answered_by_its_models_in_order_or_by_weight():
    assert answering("best") == [("here", 1, None), ("there", 2, None)]
    assert answering("shared") == [("here", None, 3), ("far", None, 1)]
    assert answering("here") == [("here", None, None)]
    assert several().served == ("here", "there", "far", "spare", "best", "shared")


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
    assert several(models=("there",)).served == ("there", "best")
    assert several(models=("far", "spare")).served == ("far", "spare", "shared")
    assert router(models=("far", "spare"))["fallbacks"] == [{"shared": ["spare"]}]
    assert router(models=("there",)) == {"num_retries": 2}


def test_a_tier_may_be_a_group_a_member_or_whoever_is_left():
    assert several().names == {"opus": "best", "sonnet": "shared", "haiku": "spare"}
    assert several(sonnet="best").names["sonnet"] == "best"
    assert several(sonnet="far").names["sonnet"] == "far"
    assert several(models=("spare",)).names == dict.fromkeys(("opus", "sonnet", "haiku"), "spare")
    assert several().tiers["opus"].id == "here"
    with pytest.raises(UsageError):
        several(models=("spare",), opus="best")


def test_claude_code_is_told_what_every_one_that_may_answer_can_take():
    assert find_caps(several(), is_listed=False) == {"max_context": "90000", "max_output": "4000"}
    assert find_caps(several(models=("here", "there")), is_listed=False)["max_context"] == "200000"


def test_the_limits_of_a_provider_are_told_once():
    entries = litellm_config(several())["model_list"]
    assert [each["model_name"] for each in entries if "rpm" in each["litellm_params"]] == ["here"]


def test_a_gateway_asked_in_a_providers_own_form_serves_that_one_only():
    with pytest.raises(UsageError, match="here"):
        several(gateway_type="own-form")
    with pytest.raises(UsageError, match="auth"):
        several(gateway_type="of-vertex", auth="x-api-key")
    made = litellm_config(several(gateway_type="of-vertex"))["model_list"]
    assert {"*of.opus-*", "*of.haiku-*", "*of.*"} <= {each["model_name"] for each in made}
    assert all(each["litellm_params"]["passes"] for each in made)


def test_of_two_settings_for_one_key_the_later_counts():
    kind = GATEWAY._replace(settings=(*GATEWAY.settings, GATEWAY.settings[0]._replace(fact=None, text="mine")))
    texts = [each.text for each in settings_of(several()._replace(gateway=kind)) if each.path[-1] == "URL"]
    assert texts == ["mine"]
