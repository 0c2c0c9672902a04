"""`doit lint` and the real LiteLLM on the same files: what we call an error it refuses, drops, or takes in silence."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tasks.core.lint import extract, rules
from tasks.core.lint import facts as lint_facts
from tasks.core.litellm import litellm
from tasks.core.model.layout import PROJECT, Layout
from tasks.core.text import documents

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.sample(4)

LAYOUT = Layout.of({"HOME": "/nowhere"})
LOADER = PROJECT / "tests" / "real" / "loader.py"
RIGHT = """\
model_list:
  - model_name: claude-a
    litellm_params: {model: vertex_ai/gemini-3.5-flash}
  - model_name: claude-b
    litellm_params: {model: anthropic/claude-sonnet-5-5, api_key: os.environ/A_KEY}
general_settings: {master_key: os.environ/LITELLM_MASTER_KEY}
"""
MODELS = 2
SECOND = "  - model_name: claude-b\n"

REFUSED = {
    "invalid-yaml": RIGHT.replace("model_list:", "model_list: ["),
    "shape": "- a\n",
    "shape: no model": RIGHT.replace("model: vertex_ai/gemini-3.5-flash", "api_key: os.environ/A_KEY"),
    "shape: no params": RIGHT.replace("    litellm_params: {model: vertex_ai/gemini-3.5-flash}\n", ""),
    "shape: no mapping": RIGHT.replace(SECOND, "  - claude-c\n" + SECOND),
    "include-missing": "include: [none.yaml]\n" + RIGHT,
    "unknown-strategy": RIGHT + "router_settings: {routing_strategy: fastest}\n",
    "fallback-shape": RIGHT + "router_settings: {fallbacks: [{claude-a: [claude-b], claude-b: [claude-a]}]}\n",
    "fallback-shape: a mapping": RIGHT + "router_settings: {fallbacks: {claude-a: [claude-b]}}\n",
    "misplaced-key": RIGHT + "router_settings: {health_check_interval: 5}\n",
    "wrong-type": RIGHT.replace("os.environ/LITELLM_MASTER_KEY", "1234"),
}
DROPPED = {
    "unknown-provider": RIGHT.replace("vertex_ai/", "vertex_ai_model_garden/"),
    "unknown-provider: none": RIGHT.replace("vertex_ai/gemini-3.5-flash", "gemini-9-ultra"),
}
SILENT = {
    "duplicate-key": RIGHT + "litellm_settings: {drop_params: true}\nlitellm_settings: {drop_params: false}\n",
    "not-expanded": RIGHT.replace("os.environ/A_KEY", '"${A_KEY}"'),
    "misplaced-key": RIGHT + "litellm_settings: {master_key: os.environ/LITELLM_MASTER_KEY}\n",
    "unserved-name": RIGHT + "router_settings: {fallbacks: [{claude-a: [nobody]}]}\n",
    "unserved-name: an alias": RIGHT + "router_settings: {model_group_alias: {x: nobody}}\n",
    "alias-list": RIGHT + "router_settings: {model_group_alias: {x: [claude-a, claude-b]}}\n",
    "unknown-credential": RIGHT.replace("api_key: os.environ/A_KEY", "litellm_credential_name: none"),
    "master-key-missing": RIGHT.replace("{master_key: os.environ/LITELLM_MASTER_KEY}", "{}"),
    "literal-secret": RIGHT.replace("os.environ/A_KEY", "sk-ant-0123456789abcdef0123"),
}
FINE = {
    "as it is": RIGHT,
    "aliases": RIGHT + "router_settings: {model_group_alias: {x: {model: claude-a, hidden: true}}}\n",
    "patterns": RIGHT.replace("claude-a", '"claude-*"').replace("vertex_ai/gemini-3.5-flash", '"anthropic/*"'),
    "fallbacks": RIGHT + "router_settings: {fallbacks: [{claude-a: [claude-b]}], default_fallbacks: [claude-b]}\n",
    "a strategy": RIGHT + "router_settings: {routing_strategy: latency-based-routing}\n",
    "a bare name": RIGHT.replace("anthropic/claude-sonnet-5-5", "gpt-5"),
    "another provider": RIGHT.replace("vertex_ai/gemini-3.5-flash", "hosted_vllm/x, api_base: 'http://127.0.0.1:1/v1'"),
}


@pytest.fixture(scope="module")
def judged(litellm_python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What the real LiteLLM says of each text, its own loader run once for all."""
    folder = tmp_path_factory.mktemp("configs")
    texts = {f"{kind}: {name}": text for kind, each in KINDS.items() for name, text in each.items()}
    texts |= {f"golden: {path.parent.name}": path.read_text() for path in golden()}
    paths = {name: folder / f"{number}.yaml" for number, name in enumerate(texts)}
    for name, path in paths.items():
        path.write_text(texts[name])
    environ = {
        "HOME": str(folder),
        "PATH": "/usr/bin:/bin",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MASTER_KEY": "sk-" + "x" * 32,
        "VERTEX_PROJECT": "some-project",
        "OLLAMA_MODEL": "some-model",
    }
    command = [litellm_python, LOADER, *paths.values()]
    done = subprocess.run(command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    return {name: told[str(path)] for name, path in paths.items()}


KINDS = {"refused": REFUSED, "dropped": DROPPED, "silent": SILENT, "fine": FINE}


def golden() -> list[Path]:
    return sorted((PROJECT / "tests" / "golden").rglob("litellm_config.yaml"))


def ours(text: str, folder: Path) -> set[str]:
    """The rules of the errors that we find."""
    path = folder / "c.yaml"
    path.write_text(text)
    found = rules.of_path(path, "c.yaml", LAYOUT, {"A_KEY": "a-value-of-some-length"})
    return {each.rule for each in found if each.severity == "error"}


@pytest.mark.parametrize("name", REFUSED)
def test_what_litellm_refuses_is_an_error(judged, name, tmp_path):
    assert "error" in judged[f"refused: {name}"]
    assert name.partition(":")[0] in ours(REFUSED[name], tmp_path)


@pytest.mark.parametrize("name", DROPPED)
def test_what_litellm_drops_is_an_error(judged, name, tmp_path):
    assert judged[f"dropped: {name}"] == {"models": MODELS - 1}
    assert name.partition(":")[0] in ours(DROPPED[name], tmp_path)


@pytest.mark.parametrize("name", SILENT)
def test_what_litellm_takes_in_silence_is_an_error_too(judged, name, tmp_path):
    assert judged[f"silent: {name}"] == {"models": MODELS}
    assert name.partition(":")[0] in ours(SILENT[name], tmp_path)


@pytest.mark.parametrize("name", FINE)
def test_what_is_right_is_right_for_both(judged, name, tmp_path):
    assert judged[f"fine: {name}"] == {"models": MODELS}
    assert ours(FINE[name], tmp_path) == set()


@pytest.mark.parametrize("path", golden(), ids=lambda path: path.parent.name)
def test_what_we_deploy_is_loaded_whole(judged, path):
    entries = documents.parse_yaml(path.read_text(), "f")["model_list"]
    assert judged[f"golden: {path.parent.name}"] == {"models": len(entries)}
    assert rules.errors(path.read_text(), "f", LAYOUT) == []


@pytest.mark.nightly
def test_the_program_itself_says_the_same(litellm_executable, real_environ, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(REFUSED["unknown-strategy"])
    environ = real_environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    command = [litellm_executable, "--validate_config", "--config", path]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert "fastest" in done.stderr


@pytest.mark.nightly
def test_the_list_of_what_litellm_knows_is_that_of_the_pinned_one(litellm_executable):
    found = litellm.looked_at(litellm_executable, "this test")
    package = next(place / "litellm" for place in found.packages if (place / "litellm").is_dir())
    assert found.version == litellm.LITELLM_KNOWN_GOOD
    made = documents.dump_json(extract.extract(package, found.version))
    assert made == (LAYOUT.templates / "lint" / lint_facts.LITELLM).read_bytes(), "run: doit facts"


def test_settings_that_the_real_module_has_are_known_and_bogus_ones_are_not(litellm_python, tmp_path):
    """The list is read from files; the module itself, imported, has the last word."""
    code = (
        "import inspect, json, types, litellm; from litellm import Router; "
        "from litellm.proxy._types import ConfigGeneralSettings as G; "
        "from litellm.types.router import RetryPolicy as R; "
        "kinds = (types.ModuleType, type, types.FunctionType, types.MethodType, types.BuiltinFunctionType); "
        "has = lambda n: hasattr(litellm, n) and not isinstance(getattr(litellm, n), kinds); "
        "print(); print(json.dumps([sorted(set(inspect.signature(Router).parameters)), sorted(G.model_fields), "
        "sorted(R.model_fields), [str(p.value) for p in litellm.LlmProviders], has('drop_params'), has('timeout')]))"
    )
    environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    done = subprocess.run([litellm_python, "-c", code], env=environ, cwd=tmp_path, capture_output=True, text=True)
    router, general, policy, providers, real, bogus = json.loads(done.stdout.splitlines()[-1])
    facts = lint_facts.load(LAYOUT)
    assert set(facts.sections["router_settings"]) == set(router)
    assert set(general) <= set(facts.sections["general_settings"])
    assert facts.policies["retry_policy"] == set(policy)
    assert set(providers) <= facts.providers
    assert (real, bogus) == (True, False)
