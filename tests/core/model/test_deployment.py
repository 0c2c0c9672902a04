"""What choices and catalogue come to: models, tiers, LiteLLM's configuration, Claude Code's settings."""

import pytest

from tasks.core.litellm.config import litellm_config
from tasks.core.model.catalogue import TIERS, Artifact, Catalogue, Gateway, Model, Preset, Provider, Setting
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import facts, settings_of, settle
from tasks.core.model.errors import UsageError
from tasks.core.model.picker import find_caps


def model(name, **more):
    known = {
        "name": name.title(),
        "publisher": "Somebody",
        "description": f"The model {name}.",
        "provider": "vertex",
        "route": f"vertex_ai/{name}",
        "tier": "sonnet",
        "limits": {"input_tokens": 200_000, "output_tokens": 64_000},
        "prices": {"input": 1, "output": 2},
        "tools": "yes",
        "verified_on": "2026-01-01",
        "verified_with": "litellm",
    }
    return Model(id=name, **(known | more))


MODELS = [
    model("big", tier="opus"),
    model("mid", limits={"input_tokens": 100_000, "output_tokens": 8_000, "requests_per_minute": 30}),
    model("small", tier="haiku", region="global", needs=("EXTRA",)),
    model("old", tier="opus", replacement="big"),
    model("mute", tier="haiku", tools="no"),
    model("told", provider="mock", route="mock/told", params={"mock_response": "hi"}),
]
GATEWAY = Gateway(
    id="local",
    name="Local",
    description="Here.",
    ready=True,
    process=True,
    token="KEY",
    port=4000,
    artifacts=(Artifact("litellm_config.yaml", "0644"),),
    litellm={"litellm_settings": {"drop_params": True}},
    settings=(
        Setting(("env", "URL"), fact="base_url"),
        Setting(("env", "TOKEN"), variable="KEY"),
        Setting(("env", "PROXY"), fact="no_proxy"),
        Setting(("env", "OPUS"), fact="opus_model"),
        Setting(("permissions", "defaultMode"), text="default", unless_present=True),
    ),
)
EMPTY = Catalogue(**{each: {} for each in Catalogue._fields})
KNOWN = EMPTY._replace(
    models={each.id: each for each in MODELS},
    providers={
        "vertex": Provider(
            "vertex",
            "V",
            "",
            ("PROJECT",),
            {"vertex_project": "os.environ/PROJECT", "vertex_location": "os.environ/LOCATION"},
            ("google.auth",),
        ),
        "mock": Provider("mock", "M", ""),
    },
    presets={
        "demo": Preset("demo", "Demo", "Told.", "local", ready=True, models=("told",)),
        "basic": Preset("basic", "Basic", "Some.", "local", True, ("big", "mid", "small"), {"opus": "big"}),
        "later": Preset("later", "Later", "Not yet.", "local", ready=False),
        "other": Preset("other", "Other", "Elsewhere.", "company", ready=True, models=("mid",)),
    },
    gateways={
        "local": GATEWAY,
        "company": GATEWAY._replace(id="company", ready=False),
        "custom": GATEWAY._replace(id="custom", process=False, port=None),
    },
)


def settled(**choices):
    return settle(Choices(**{"preset": "basic", **choices}), KNOWN)


def serving(**choices):
    return [each.id for each in settled(**choices).tiers.values()]


def test_a_preset_serves_its_models_in_its_order():
    assert [each.id for each in settled().models] == ["big", "mid", "small"]
    assert [each.id for each in settled(models=("small", "mid")).models] == ["small", "mid"]


def test_every_tier_is_served_by_a_deployed_model_whatever_is_deployed():
    for names in [("mute",), ("old", "mute"), ("small", "big"), ("told",), tuple(KNOWN.models)]:
        deployment = settled(models=names)
        assert list(deployment.tiers) == list(TIERS)
        assert {each.id for each in deployment.tiers.values()} <= set(names)


@pytest.mark.parametrize(
    ("choices", "wanted"),
    [
        ({}, ["big", "mid", "small"]),
        ({"opus": "small"}, ["small", "mid", "small"]),
        ({"models": ("mid", "small")}, ["mid", "mid", "small"]),
        ({"models": ("old", "big")}, ["big", "big", "big"]),  # not the one that has a successor
        ({"models": ("mute", "big")}, ["big", "big", "big"]),  # not the one that cannot call tools
        ({"models": ("mute", "big"), "haiku": "mute"}, ["big", "big", "mute"]),  # unless asked for
    ],
)
def test_a_tier_is_served_as_asked_then_as_the_preset_has_it_then_by_the_fittest(choices, wanted):
    assert serving(**choices) == wanted


@pytest.mark.parametrize(
    "choices",
    [
        {"preset": "nothing"},
        {"models": ("nothing",)},
        {"gateway_type": "nothing"},
        {"preset": "later"},
        {"preset": "other"},
        {"gateway_type": "company"},
        {"opus": "mute"},
        {"haiku": "nothing"},
    ],
)
def test_what_is_not_there_or_not_ready_is_a_usage_error(choices):
    with pytest.raises(UsageError) as refused:
        settled(**choices)
    assert refused.value.remedy


def test_enterprise_is_another_word_for_a_gateway_of_ones_own():
    assert settled(gateway_type="enterprise", gateway_url="https://gw").gateway.id == "custom"


def test_the_port_and_the_address_as_chosen_or_as_the_kind_has_them():
    assert (settled().port, settled().url) == (4000, "http://127.0.0.1:4000")
    assert settled(port=4567).url == "http://127.0.0.1:4567"
    assert settled(gateway_type="custom", gateway_url="https://gw.example.com").url == "https://gw.example.com"


def test_a_gateway_elsewhere_has_an_address_and_names_of_its_own_and_no_model_of_ours():
    there = settled(gateway_type="custom", gateway_url="https://gw", sonnet="account/claude", headers=("x: {TEAM}",))
    assert (there.models, there.names) == ((), {"sonnet": "account/claude"})
    assert there.needs == ("KEY", "TEAM")
    assert there.variable("TEAM").secret
    for wrong in ({}, {"gateway_url": "https://gw", "models": ("big",)}):
        with pytest.raises(UsageError):
            settled(gateway_type="custom", **wrong)
    with pytest.raises(UsageError):
        settled(gateway_url="https://gw")  # the kind is one of this machine


@pytest.mark.parametrize("auth", ["bearer", "x-api-key", "apikeyhelper"])
def test_the_token_is_in_exactly_one_slot(auth):
    slots = {"bearer": "bearer", "api_key": "x-api-key", "helper": "apikeyhelper"}
    kind = GATEWAY._replace(settings=tuple(Setting((fact,), fact=fact) for fact in slots))
    settings = settings_of(settled(auth=auth)._replace(gateway=kind))
    filled = [each.path[0] for each in settings if each.variable == "KEY" or each.fact == "helper"]
    assert [slots[each] for each in filled] == [auth]
    emptied = [each for each in settings if each.path[0] not in filled]
    assert all(each.text == "" or each.fact == "no_helper" for each in emptied)


def test_what_is_needed_is_that_of_the_kind_the_providers_and_the_models_each_once():
    assert settled().needs == ("KEY", "PROJECT", "EXTRA")
    assert settled(models=("told",)).needs == ("KEY",)
    assert settled().modules == ("google.auth",)
    assert settled(models=("told",)).modules == ()


def test_a_model_that_litellm_answers_itself_costs_nothing_to_ask():
    assert settled(models=("big", "told")).answered_here == "told"
    assert settled().answered_here is None


def entries(**choices):
    return {each["model_name"]: each for each in litellm_config(settled(**choices))["model_list"]}


def test_every_model_is_served_under_its_id_and_claudes_names_by_its_tiers():
    made = entries(opus="small")
    assert list(made) == ["big", "mid", "small", "claude-opus-*", "claude-sonnet-*", "claude-haiku-*", "claude-*"]
    routes = {name: each["litellm_params"]["model"] for name, each in made.items()}
    assert routes["claude-opus-*"] == "vertex_ai/small"
    assert routes["claude-*"] == routes["claude-sonnet-*"] == "vertex_ai/mid"


def test_a_model_bound_to_a_region_is_called_there():
    assert entries()["small"]["litellm_params"]["vertex_location"] == "global"
    assert entries()["big"]["litellm_params"]["vertex_location"] == "os.environ/LOCATION"


def test_limits_and_further_parameters_reach_litellm():
    made = entries(models=("mid", "told"))
    assert made["mid"]["litellm_params"]["rpm"] == 30
    assert "tpm" not in made["mid"]["litellm_params"]
    mock = made.pop("mock-told*")
    assert mock == {"model_name": "mock-told*", "litellm_params": {"model": "mock/told", "mock_response": "hi"}}
    assert not any("mock_response" in each["litellm_params"] for each in made.values())
    assert made["mid"]["model_info"] == {"max_input_tokens": 100_000, "max_output_tokens": 8_000}


def test_a_mocked_model_asks_the_gateway_itself_with_its_own_key():
    asks = {"model": "custom_openai/mock-told", "api_base": "http://127.0.0.1:4567/v1"}
    for name in ("told", "claude-opus-*"):
        made = entries(models=("told",), port=4567)[name]
        assert made["litellm_params"] == asks | {"api_key": "os.environ/LITELLM_MASTER_KEY"}
        assert made["model_info"] == {"max_input_tokens": 200_000, "max_output_tokens": 64_000}


def test_the_configuration_shares_nothing_with_the_catalogue():
    made = litellm_config(settled())
    made["model_list"][0]["litellm_params"]["vertex_project"] = "changed"
    assert litellm_config(settled())["model_list"][0]["litellm_params"]["vertex_project"] == "os.environ/PROJECT"


def test_claude_code_is_told_the_smallest_of_what_its_tiers_can():
    known = facts(settled())
    assert find_caps(settled(), is_listed=False) == {"max_context": "100000", "max_output": "8000"}
    assert find_caps(settled(models=("big",)), is_listed=False)["max_output"] == "32000"
    assert known["main_model"] == known["sonnet_model"] == "mid"


def test_settings_are_texts_but_for_secrets_and_what_depends_on_what_is_found():
    made = {each.path[-1]: each for each in settings_of(settled())}
    assert made["URL"].text == "http://127.0.0.1:4000"
    assert (made["TOKEN"].variable, made["TOKEN"].text) == ("KEY", None)
    assert made["PROXY"].fact == "no_proxy"
    assert made["OPUS"].text == "big"
    assert made["defaultMode"].unless_present


LOGIN = {
    "preset": "demo",
    "gateway_type": "custom",
    "gateway_url": "https://gateway.example.com",
    "auth": "subscription",
}
PASSES = GATEWAY._replace(id="passes", process=False, port=None, login_header="x-gw-key: Bearer {KEY}")
WITH_LOGIN = KNOWN._replace(gateways={**KNOWN.gateways, "passes": PASSES})


def test_with_a_login_the_token_is_in_a_header_and_nothing_else_is_sent():
    made = settle(Choices(**{**LOGIN, "gateway_type": "passes"}), WITH_LOGIN)
    assert made.headers == ("x-gw-key: Bearer {KEY}",)
    assert made.needs == ("KEY",)
    own = settle(Choices(**LOGIN, headers=("x-own: {KEY}",)), WITH_LOGIN)
    assert own.headers == ("x-own: {KEY}",)
    slots = (Setting(("env", "T"), fact="bearer"), Setting(("env", "K"), fact="api_key"))
    headers = Setting(("env", "H"), fact="headers")
    joined = settings_of(made._replace(gateway=PASSES._replace(settings=(*slots, headers))))
    assert [each.template or each.text for each in joined] == ["", "", "x-gw-key: Bearer {KEY}\nx-api-key:"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "x-gateway-key: {KEY}"),
        ({"gateway_type": "passes", "gateway_url": "http://gateway.example.com"}, "https"),
        ({"gateway_type": None, "gateway_url": None}, "Leave out --auth"),
        ({"topology": "local-proxy"}, "Leave out --auth"),
    ],
)
def test_a_login_is_refused_where_it_cannot_work(changed, says):
    with pytest.raises(UsageError) as caught:
        settle(Choices(**{**LOGIN, **changed}), WITH_LOGIN)
    assert says in f"{caught.value}"


def test_a_login_may_go_unencrypted_to_this_machine():
    there = {**LOGIN, "gateway_type": "passes", "gateway_url": "http://127.0.0.1:4999"}
    assert settle(Choices(**there), WITH_LOGIN).auth == "subscription"
