"""Several providers in one gateway: what is deployed, where their keys are, what the providers say of the models."""

import json

import pytest

from tasks.core.catalogue import schemas
from tasks.core.text import documents
from tests.conftest import PROJECT

KEYS = {
    "ANTHROPIC_API_KEY": "sk-ant-a-key-of-the-tests",
    "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-tests",
    "AWS_SESSION_TOKEN": "a-token-of-the-tests",
    "OPENAI_API_KEY": "sk-a-key-of-the-tests",
}
PLAIN = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE", "OLLAMA_MODEL": "coder"}
CLAUDE = tuple(f"{where}-claude-{tier}" for where in ("anthropic", "bedrock") for tier in ("opus", "sonnet", "haiku"))


@pytest.fixture
def several(sandbox):
    sandbox.extra |= KEYS | PLAIN
    sandbox.deploy("--preset", "multi-provider", "--models", ",".join((*CLAUDE, "gpt-6-luna")))
    return sandbox


def config(box):
    return documents.load_yaml(box.gateway / "litellm_config.yaml")


def test_the_keys_are_in_env_and_nowhere_else(several):
    text = (several.gateway / ".env").read_text()
    assert all(f"{name}={key}" in text for name, key in KEYS.items())
    for path in [*several.home.rglob("*"), *(several.project / "build").rglob("*")]:
        if path.is_file() and path.name != ".env":
            assert not [name for name, key in KEYS.items() if key.encode() in path.read_bytes()], path


def test_a_credential_that_is_found_nowhere_is_not_missed(several):
    assert "AWS_PROFILE" not in (several.gateway / ".env").read_text()
    assert "AWS_BEARER_TOKEN_BEDROCK" not in (several.gateway / ".env").read_text()


def test_claude_code_asks_for_names_that_have_somebody_behind_them(several):
    env = several.env_json()
    assert env["ANTHROPIC_DEFAULT_OPUS_MODEL"] == "claude-opus-5-5"
    made = config(several)
    assert "claude-opus-5-5" in {each["model_name"] for each in made["model_list"]}
    assert "fallbacks" not in made["router_settings"]  # nobody is left to stand in
    manifest = several.json(several.gateway / "deployment-manifest.json")
    assert {*CLAUDE, "gpt-6-luna", "claude-sonnet-5-5"} <= set(manifest["models"])


def test_a_provider_that_goes_takes_its_part_of_every_name_with_it(several):
    several.deploy("--remove-models", ",".join(CLAUDE[:3]))
    routes = {e["litellm_params"]["model"] for e in config(several)["model_list"] if "claude" in e["model_name"]}
    assert routes == {f"bedrock/global.anthropic.claude-{tier}-5-5" for tier in ("opus", "sonnet", "haiku")}
    several.deploy("--models", "gpt-6-luna")
    assert set(several.env_json().values()) & {"gpt-6-luna"}
    assert "router_settings" in config(several)
    assert not [each for each in config(several)["model_list"] if "order" in each["litellm_params"]]


def test_a_tier_may_be_any_served_name(several):
    several.deploy("--haiku", "gpt-6-luna", "--sonnet", "claude-opus-5-5")
    assert several.env_json()["ANTHROPIC_MODEL"] == "claude-opus-5-5"
    refused = several.doit("deploy", "--haiku", "claude-haiku")
    assert refused.code == 3
    assert "claude-haiku-5-5" in refused.text


@pytest.mark.slow
@pytest.mark.parametrize(("preset", "own"), [("bedrock", "BEDROCK"), ("vertex-claude", "VERTEX")])
def test_a_provider_asked_in_its_own_form_and_back(sandbox, preset, own):
    sandbox.extra |= {"AWS_REGION": "us-east-1", "AWS_PROFILE": "work", "VERTEX_PROJECT": "my-project-1"}
    sandbox.deploy("--preset", preset, "--allow-missing")
    env = sandbox.env_json()
    assert env[f"CLAUDE_CODE_USE_{own}"] == env[f"CLAUDE_CODE_SKIP_{own}_AUTH"] == "1"
    assert env[f"ANTHROPIC_{own}_BASE_URL"].startswith("http://127.0.0.1:4000/")
    assert len([name for name, value in env.items() if "_USE_" in name and value]) == 1
    assert sandbox.doit("deploy", "--add-models", "demo").code == 3
    sandbox.deploy("--preset", "demo")
    env = sandbox.env_json()
    assert env[f"CLAUDE_CODE_USE_{own}"] == ""
    assert not [name for name in env if name.startswith(("CLAUDE_CODE_SKIP_", f"ANTHROPIC_{own}"))]


def test_what_cannot_be_asked_is_skipped_and_what_does_not_answer_fails(several):
    words = ("models", "--check", "--json", "gpt-6-luna", "bedrock-claude-opus", "ollama", "openrouter")
    closed = {"OPENAI_API_BASE": "http://127.0.0.1:9", "OLLAMA_API_BASE": "http://127.0.0.1:9"}
    done = several.doit(*words, env=closed)
    assert done.code == 6
    found = json.loads(done.out)
    schema = PROJECT / "templates" / "schemas" / "availability.schema.json"
    assert schemas.findings(found, schema, file="availability") == []
    assert [each["state"] for each in found["checked"]] == ["fail", "skip", "fail", "skip"]
    assert not [key for key in KEYS.values() if key in done.text]


@pytest.mark.parametrize(
    "words", [("--paid",), ("--check", "nothing"), ("--check", "--paid", "ollama"), ("--check", "--paid", "gpt-6-luna")]
)
def test_nothing_is_paid_that_was_not_agreed_to(several, words):
    assert several.doit("models", *words).code == 3
