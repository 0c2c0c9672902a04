"""What presets and kinds of gateway come to, byte for byte.

tests/golden/<case>/ holds the rendered files and settings.json three times: before, after, and taken away again, which
keeps what somebody added meanwhile.

A change of what is deployed shows in these files. When it is meant, write them anew, read the diff, commit it:

    GOLDEN=1 python -m pytest tests/test_golden.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
REWRITE = bool(os.environ.get("GOLDEN"))
URL = "https://gateway.example.com"
ENTERPRISE = ("--preset", "enterprise")
CLOUDFLARE = ("--gateway-url", "https://gateway.ai.cloudflare.com/v1/account/gateway/anthropic")
NAMED = ("--opus", "acct/claude-opus", "--sonnet", "acct/claude-sonnet", "--haiku", "acct/claude-haiku")
CASES = {
    "demo": ["--preset", "demo"],
    "basic": ["--preset", "basic"],
    "basic-three-models": [
        *("--preset", "basic", "--models", "gemini-3.5-flash,glm-5.2,codestral", "--port", "4567"),
        *("--opus", "glm-5.2", "--sonnet", "gemini-3.5-flash", "--haiku", "codestral"),
    ],
    "multi-provider": ["--preset", "multi-provider"],
    "ollama": ["--preset", "ollama"],
    **{one: ["--preset", one] for one in ("anthropic", "openai", "openrouter", "gemini", "deepseek")},
    "bedrock": ["--preset", "bedrock"],
    "vertex-claude": ["--preset", "vertex-claude"],
    "proxy": ["--preset", "proxy", "--proxy", "http://proxy.example.com:8080"],
    "demo-proxy": ["--preset", "demo", "--proxy", "http://proxy.example.com:8080"],
    "demo-apikeyhelper": ["--preset", "demo", "--auth", "apikeyhelper"],
    "enterprise": [*ENTERPRISE, "--gateway-url", URL],
    "enterprise-x-api-key": [
        *(*ENTERPRISE, "--gateway-url", URL, "--auth", "x-api-key", "--header", "x-team: blue"),
        *("--header", "x-cost: {COST_CENTRE}"),
    ],
    "enterprise-apikeyhelper": [*ENTERPRISE, "--gateway-url", URL, "--auth", "apikeyhelper"],
    "enterprise-local-proxy": [
        *(*ENTERPRISE, "--gateway-url", URL, "--topology", "local-proxy", "--sonnet", "acct/sonnet[1m]"),
        *("--haiku", "acct/haiku", "--header", "x-team: blue", "--header", "x-cost: {COST_CENTRE}"),
    ],
    "cloudflare-local-proxy": [*ENTERPRISE, "--gateway-type", "cloudflare", *CLOUDFLARE, "--topology", "local-proxy"],
    "truefoundry": [*ENTERPRISE, "--gateway-type", "truefoundry", "--gateway-url", f"{URL}/api/llm", *NAMED],
    "zuplo": [*ENTERPRISE, "--gateway-type", "zuplo", "--gateway-url", "https://project.zuplo.app"],
    "cloudflare": [*ENTERPRISE, "--gateway-type", "cloudflare", *CLOUDFLARE],
    "portkey": [*ENTERPRISE, "--gateway-type", "portkey"],
    "vercel": [*ENTERPRISE, "--gateway-type", "vercel"],
    "litellm-subscription": [*ENTERPRISE, "--gateway-type", "litellm", "--gateway-url", URL, "--auth", "subscription"],
    "litellm": [*ENTERPRISE, "--gateway-type", "litellm", "--gateway-url", f"{URL}/v1/", *NAMED],
}
VALUES = {
    "LITELLM_MASTER_KEY": "sk-golden-0123456789abcdef0123456789abcdef",
    "VERTEX_PROJECT": "golden-project",
    "VERTEX_LOCATION": "us-central1",
    "GOOGLE_APPLICATION_CREDENTIALS": "/home/somebody/key.json",
    "GATEWAY_TOKEN": "golden-gateway-token",
    "COST_CENTRE": "golden-cost-centre",
    "TFY_API_KEY": "golden-truefoundry-key",
    "ANTHROPIC_API_KEY": "sk-ant-golden-key",
    "CF_AIG_TOKEN": "golden-cloudflare-token",
    "PORTKEY_API_KEY": "golden-portkey-key",
    "PORTKEY_PROVIDER": "@anthropic-prod",
    "AI_GATEWAY_API_KEY": "golden-vercel-key",
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKIAGOLDENGOLDEN1234",
    "AWS_SECRET_ACCESS_KEY": "golden-aws-secret",
    "OLLAMA_MODEL": "golden-model",
    "OPENAI_API_KEY": "sk-golden-openai-key",
    "OPENROUTER_API_KEY": "golden-openrouter-key",
    "OPENROUTER_MODEL": "golden/model",
    "GEMINI_API_KEY": "golden-gemini-key",
    "DEEPSEEK_API_KEY": "sk-golden-deepseek-key",
    "PROXY_USERNAME": "ada",
    "PROXY_PASSWORD": "p@ss",
}
BEFORE = """\
{
    "model": "opus",
    "env": { "MY_OWN": "1", "ANTHROPIC_MODEL": "mine" },
    "permissions": { "allow": ["Bash(ls:*)"] }
}
"""
FACTS = ("gateway_type", "gateway_url", "models", "modes", "environment_variables", "choices")
"""Of the manifest, what depends on nothing but choices and values."""
COPIED = "serve.py"
"""Of the rendered files the one that depends on no choice: tests/artifacts/test_serve.py looks at it."""
SHOWN = {".env": "dot.env", "settings.json": "settings.after.json"}
"""Names that git or an editor would treat in their own way."""


def deployed(sandbox, words):
    """The files that a deployment makes, by their names in the golden folder."""
    sandbox.claude.mkdir()
    sandbox.settings.write_text(BEFORE)
    sandbox.deploy(*words, "--allow-missing", env=VALUES)  # that key file is nowhere
    rendered = sandbox.workshop / "rendered"
    files = {SHOWN.get(path.name, path.name): path.read_bytes() for path in rendered.iterdir() if path.name != COPIED}
    manifest = sandbox.json(sandbox.gateway / "deployment-manifest.json")
    facts = json.dumps({name: manifest[name] for name in FACTS}, indent=2) + "\n"
    files["manifest.json"] = facts.encode()
    files["settings.before.json"] = BEFORE.encode()
    files["settings.after.json"] = sandbox.settings.read_bytes().replace(bytes(sandbox.home), b"/home/somebody")
    return files


def undone(sandbox):
    """settings.json once all is taken away, somebody having added a key of their own."""
    sandbox.settings.write_text(sandbox.settings.read_text().replace("{", '{\n    "theme": "dark",', 1))
    assert sandbox.doit("uninstall").code == 0
    return sandbox.settings.read_bytes()


@pytest.mark.parametrize("case", CASES)
def test_a_preset_comes_to_the_same_bytes(case, sandbox):
    found = deployed(sandbox, CASES[case])
    found["settings.undone.json"] = undone(sandbox)
    place = GOLDEN / case
    if REWRITE:
        place.mkdir(parents=True, exist_ok=True)
        for old in place.iterdir():
            old.unlink()
        for name, data in found.items():
            (place / name).write_bytes(data)
    wanted = {path.name: path.read_bytes() for path in place.iterdir()}
    assert sorted(found) == sorted(wanted)
    for name, data in wanted.items():
        assert found[name].decode() == data.decode(), f"{case}/{name}; if this is meant: GOLDEN=1"


def test_every_golden_folder_has_its_case():
    assert {path.name for path in GOLDEN.iterdir()} - {"output", "help"} == set(CASES)  # of other tests


def test_rendering_does_not_depend_on_the_order_of_sets(sandbox):
    words = ["--preset", "basic", "--allow-missing"]
    seen = []
    for seed in ("1", "2"):
        sandbox.deploy(*words, env={**VALUES, "PYTHONHASHSEED": seed})
        rendered = sandbox.workshop / "rendered"
        seen.append({path.name: path.read_bytes() for path in rendered.iterdir()})
        for path in rendered.iterdir():
            path.unlink()
    assert seen[0] == seen[1]


def test_no_secret_is_rendered(sandbox):
    files = deployed(sandbox, CASES["basic"])
    holders = [name for name, data in files.items() if VALUES["LITELLM_MASTER_KEY"].encode() in data]
    assert holders == ["settings.after.json"]
