"""Routes, limits and prices of the catalogue against the list that LiteLLM itself ships."""

import json
import os
import subprocess

import pytest

from tasks.core.catalogue import catalogue
from tasks.core.model.layout import Layout

pytestmark = pytest.mark.sample(4)

KNOWN = catalogue.load(Layout.of({"HOME": "/nowhere"}))
CALLED = [m for m in KNOWN.models.values() if m.provider != "mock" and not m.route.startswith("os.environ/")]

LOOK_UP = """
import json, sys
import litellm

FIELDS = ("max_input_tokens", "max_output_tokens", "input_cost_per_token", "output_cost_per_token",
          "supports_function_calling", "supports_vision", "supports_reasoning", "supported_regions", "deprecation_date")

def entry(route):
    try:
        provider = litellm.get_llm_provider(route)[1]
        found = litellm.model_cost[litellm.get_model_info(route)["key"]]
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"provider": provider, **{field: found.get(field) for field in FIELDS}}

print(json.dumps({route: entry(route) for route in json.load(sys.stdin)}))
"""


@pytest.fixture(scope="module")
def listed(litellm_python):
    """What LiteLLM's own list says about each route, asked once."""
    environ = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONWARNINGS": "ignore"}
    routes = json.dumps([model.route for model in KNOWN.models.values()])
    result = subprocess.run(
        [litellm_python, "-c", LOOK_UP], input=routes, env=environ, capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.real
@pytest.mark.parametrize("model", CALLED, ids=lambda model: model.id)
def test_the_route_is_listed_as_the_catalogue_has_it(model, listed):
    found = listed[model.route]
    assert "error" not in found, found
    assert found["provider"] == model.provider
    assert found["max_input_tokens"] == model.limits["input_tokens"]
    assert found["max_output_tokens"] == model.limits["output_tokens"]
    assert found["input_cost_per_token"] * 1e6 == pytest.approx(model.prices["input"])
    assert found["output_cost_per_token"] * 1e6 == pytest.approx(model.prices["output"])
    assert bool(found["supports_function_calling"]) == (model.tools == "yes")
    assert bool(found["supports_reasoning"]) == model.reasoning
    assert found["supports_vision"] or not model.vision


@pytest.mark.real
@pytest.mark.parametrize("model", CALLED, ids=lambda model: model.id)
def test_regions_and_end_do_not_contradict_it(model, listed):
    found = listed[model.route]
    if found["supported_regions"]:
        assert {*model.regions, model.region} - {None} <= set(found["supported_regions"])
    if found["deprecation_date"]:
        assert model.retires_on is not None
        assert model.retires_on <= found["deprecation_date"]


@pytest.mark.real
def test_the_demo_has_a_route_that_litellm_knows_how_to_call(listed):
    assert "NOT provided" not in listed[KNOWN.models["demo"].route].get("error", "")
