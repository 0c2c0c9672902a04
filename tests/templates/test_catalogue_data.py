"""The catalogue that is shipped: valid, complete, and sensible to deploy."""

import json
import re

import pytest

from tasks.core.catalogue import catalogue, client_facts, crosscheck, schemas
from tasks.core.model.catalogue import TIERS
from tasks.core.model.layout import Layout
from tasks.core.text import documents

LAYOUT = Layout.of({"HOME": "/nowhere"})
KNOWN = catalogue.load(LAYOUT)
WRITTEN = "2026-11-22"
"""The day for which the ready presets were put together; later ends are announced by a warning, not by this test."""

SEED = {
    *("gemini-2.5-flash", "gemini-2.5-pro", "deepseek-r1", "llama3-405b"),
    *("codestral", "qwen3-coder-480b", "qwen3-235b", "gpt-oss-20b"),
}
ADDED = {
    *("gemini-3.5-flash", "gemini-3.5-flash-lite", "gemini-3.8-flash", "gemini-3.1-pro-preview"),
    *("deepseek-v4.1-flash", "glm-5.2", "gpt-oss-120b"),
    *(f"{provider}-claude-{tier}" for provider in ("vertex", "anthropic", "bedrock") for tier in TIERS),
}
SCHEMAS = sorted(LAYOUT.schemas.glob("*.schema.json"))


@pytest.mark.parametrize("path", catalogue.sources(LAYOUT), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_file_meets_its_schema(path):
    kind = "variables" if path.name == "variables.yaml" else path.parent.name.removesuffix("s")
    text = path.read_text()
    schema = LAYOUT.schemas / f"{kind}.schema.json"
    assert schemas.findings(documents.load_yaml(path), schema, file=path.name, lines=documents.lines_of(text)) == []
    above = "schemas" if kind == "variables" else "../schemas"
    assert text.splitlines()[0] == f"# yaml-language-server: $schema={above}/{kind}.schema.json"


def test_nothing_is_found():
    assert crosscheck.findings(LAYOUT) == []


def test_the_models_of_the_plan_and_a_dozen_more_are_there():
    assert set(KNOWN.models) >= {"demo"} | SEED | ADDED


def test_six_of_the_plan_are_past_their_end_and_say_what_to_take():
    retired = [model for model in KNOWN.models.values() if model.retired(WRITTEN)]
    assert {model.id for model in retired} == SEED - {"llama3-405b", "codestral"}
    for model in retired:
        assert not KNOWN.models[model.replacement].retired(WRITTEN)


@pytest.mark.parametrize("preset", [preset for preset in KNOWN.presets.values() if preset.tiers], ids=lambda p: p.id)
def test_presets_are_alive_and_their_tiers_can_work(preset):
    assert set(preset.tiers) == set(TIERS)
    for name in preset.models:
        assert not KNOWN.models[name].retired(WRITTEN)
    chosen_by_the_user = {"ollama", "openrouter"}
    for name in set(preset.tiers.values()) - {"demo"} - chosen_by_the_user:
        members = [member.model for member in preset.groups.get(name, ())] or [name]
        assert all(KNOWN.models[each].tools == "yes" for each in members)


def test_every_preset_of_the_plan_is_ready():
    assert {"basic", "demo", "enterprise", "multi-provider"} <= {
        preset.id for preset in KNOWN.presets.values() if preset.ready
    }


def test_the_demo_needs_nobody():
    demo = KNOWN.models["demo"]
    assert demo.provider == "mock"
    assert KNOWN.providers["mock"].needs == ()
    assert set(demo.params) == {"mock_response"}
    assert demo.prices["input"] == demo.prices["output"] == 0


def test_descriptions_are_one_sentence_each_and_all_different():
    texts = [model.description for model in KNOWN.models.values()]
    assert len(set(texts)) == len(texts)
    for text in texts:
        assert text.endswith(".")
        assert "\n" not in text
        assert len(text) < 110


def test_only_references_stand_where_secrets_would():
    for provider in KNOWN.providers.values():
        for name, value in provider.params.items():
            assert re.fullmatch(r"os\.environ/[A-Z_]+", value), f"{provider.id}: {name}"


def test_patterns_fit_defaults_and_examples():
    for variable in KNOWN.variables.values():
        for text in (variable.default, variable.example):
            if text is not None and variable.pattern:
                assert re.fullmatch(variable.pattern, text), variable.name


@pytest.mark.parametrize("weak", ["", "sk-1234", "CHANGE-ME-key", "changeme", "sk-with blank inside it 123456"])
def test_weak_master_keys_do_not_fit(weak):
    assert not re.fullmatch(KNOWN.variables["LITELLM_MASTER_KEY"].pattern, weak)


def test_secrets_have_neither_default_nor_example_unless_they_are_addresses():
    for variable in KNOWN.variables.values():
        if variable.secret:
            assert variable.default is None
            assert variable.example is None or variable.kind == "url"


def test_the_local_gateway_joins_claude_code():
    local = KNOWN.gateways["local"]
    assert {artifact.file: artifact.mode for artifact in local.artifacts} == {
        "litellm_config.yaml": "0644",
        ".env": "0600",
        "start-gateway.sh": "0755",
        "stop-gateway.sh": "0755",
        "print-token.sh": "0700",
        "certificates.pem": "0644",
        "serve.py": "0644",
    }
    assert {setting.path[-1] for setting in local.settings} >= {
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_MODEL",
        *(f"ANTHROPIC_DEFAULT_{tier.upper()}_MODEL" for tier in (*TIERS, "fable")),
    }


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_schemas_help_an_editor(path):
    schema = json.loads(path.read_text())
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == schemas.NAMESPACE + path.name
    assert schema["title"]
    assert schema["description"]
    assert schema["additionalProperties"] is False
    for name, inner in properties(schema):
        assert {"description", "examples"} <= inner.keys(), name
        for example in inner["examples"]:
            assert not list(validator(path, inner).iter_errors(example)), (name, example)


def test_schemas_are_schemas():
    from jsonschema import Draft202012Validator

    for path in SCHEMAS:
        Draft202012Validator.check_schema(json.loads(path.read_text()))


def properties(schema):
    """Every property that a schema describes, however deep; those in conditions only narrow others."""
    if isinstance(schema, dict):
        for key, inner in schema.items():
            if key == "properties":
                yield from ((name, each) for name, each in inner.items() if "$ref" not in each or "description" in each)
            if key not in ("if", "then", "else", "examples"):
                yield from properties(list(inner.values()) if key == "properties" else inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from properties(inner)


def validator(path, inner):
    """A validator for one part of a schema; references are looked up from the whole."""
    whole = schemas._validator(path)
    return whole.evolve(schema=inner, _resolver=whole._registry.resolver_with_root(_resource(path)))


def _resource(path):
    from referencing.jsonschema import DRAFT202012

    return DRAFT202012.create_resource(json.loads(path.read_text()))


MANIFEST = {
    "version": "1.0",
    "deployment_id": "dep-20261122-143000",
    "timestamp": "2026-11-22T14:30:00Z",
    "revision": 1,
    "source_spec": "gatehand",
    "source_version": "0.1.0",
    "deployed_by": "ada",
    "gateway_type": "local",
    "gateway_url": "http://127.0.0.1:4000",
    "models": ["demo"],
    "token_variable": "LITELLM_MASTER_KEY",
    "files": {"litellm_config.yaml": "sha256:" + "0" * 64, ".env": "hmac-sha256:" + "a" * 64},
    "modes": {"litellm_config.yaml": "0644", ".env": "0600"},
    "environment_variables": {"LITELLM_MASTER_KEY": "set"},
    "backup_path": None,
    "flags_used": ["--start"],
    "choices": {"preset": "demo", "models": ["demo"], "port": 4000},
}


def against(name, data):
    return schemas.findings(data, LAYOUT.schemas / f"{name}.schema.json", file="f")


def test_a_manifest_fits_its_schema():
    assert against("manifest", MANIFEST) == []
    for name in MANIFEST:
        assert against("manifest", {key: value for key, value in MANIFEST.items() if key != name})
    for name, value in {
        "deployment_id": "dep-1",
        "files": {"a": "md5:0"},
        "modes": {"a": "644"},
        "gateway_url": "http://user:key@host",
        "choices": {"preset": "demo", "key": "x"},
        "timestamp": "today",
    }.items():
        assert against("manifest", MANIFEST | {name: value}), name


def test_choices_fit_their_schema():
    assert against("choices", {"preset": "demo"}) == []
    assert against("choices", {"preset": "demo", "models": None, "opus": None, "port": None}) == []
    for wrong in ({}, {"preset": "Demo"}, {"preset": "demo", "port": 80}, {"preset": "demo", "gateway_url": "ftp://x"}):
        assert against("choices", wrong)


def test_a_configuration_fits_its_schema_without_literal_secrets():
    params = {"model": "anthropic/claude", "api_key": "os.environ/KEY", "max_tokens": 5, "output_cost_per_token": 1e-6}
    config = {"model_list": [{"model_name": "a", "litellm_params": params}], **KNOWN.gateways["local"].litellm}
    assert against("litellm_config", config) == []
    assert against("litellm_config", config | {"genral_settings": {}})
    assert against("litellm_config", config | {"general_settings": {"master_key": "sk-secret-secret-secret"}})
    assert against("litellm_config", config | {"router_settings": {"priority": 1}})
    for name in ("api_key", "aws_secret_access_key", "vertex_credentials", "azure_ad_token", "aws_session_token"):
        entry = {"model_name": "a", "litellm_params": params | {name: "my-very-secret"}}
        found = against("litellm_config", config | {"model_list": [entry]})
        assert found == [
            f"f:1: model_list[0].litellm_params.{name}: must be a reference to a variable, os.environ/NAME"
        ]


def test_settings_of_new_versions_are_written_from_the_one_on_that_has_them():
    known = client_facts.known(LAYOUT.templates)
    settings = [each for kind in KNOWN.gateways.values() for each in kind.settings]
    for setting in settings:
        key = known.get(setting.path[0])
        if setting.path[0] != "env" and key and key.since:
            assert setting.since == key.since, setting.path


def test_a_model_that_thinks_or_has_long_answers_is_asked_as_one_that_does():
    known = client_facts.names(LAYOUT.templates)["catalogue"]
    for model in KNOWN.models.values():
        if model.behaves_as is None:
            # Of a model of one's own choice nothing is known; below 100,000 tokens a limit for all is heeded.
            small = model.limits["input_tokens"] < 100_000
            assert small or model.route.startswith("os.environ/"), model.id
            continue
        like = known[model.behaves_as]
        assert like["window"] >= min(model.limits["input_tokens"], 1_000_000) * 0.75, model.id
        assert ("adaptive_thinking" in like["abilities"]) == model.reasoning, model.id
