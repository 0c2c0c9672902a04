"""A LiteLLM in front of a gateway elsewhere: what it serves, and what it sends."""

import pytest

from tasks.core.catalogue import catalogue
from tasks.core.litellm.config import litellm_config
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settings_of, settle
from tasks.core.model.errors import UsageError
from tasks.core.model.layout import Layout

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
    assert "ANTHROPIC_CUSTOM_HEADERS" not in texts(made)
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
