"""What the presets come to, byte for byte: tests/golden/<case>/ holds the rendered files and both settings.json.

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
CASES = {
    "demo": ["--preset", "demo"],
    "basic": ["--preset", "basic"],
    "basic-three-models": [
        *("--preset", "basic", "--models", "gemini-3.5-flash,glm-5.2,codestral", "--port", "4567"),
        *("--opus", "glm-5.2", "--sonnet", "gemini-3.5-flash", "--haiku", "codestral"),
    ],
}
VALUES = {
    "LITELLM_MASTER_KEY": "sk-golden-0123456789abcdef0123456789abcdef",
    "VERTEX_PROJECT": "golden-project",
    "VERTEX_LOCATION": "us-central1",
    "GOOGLE_APPLICATION_CREDENTIALS": "/home/somebody/key.json",
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
SHOWN = {".env": "dot.env", "settings.json": "settings.after.json"}
"""Names that git or an editor would treat in their own way."""


def deployed(sandbox, words):
    """The files that a deployment makes, by their names in the golden folder."""
    sandbox.claude.mkdir()
    sandbox.settings.write_text(BEFORE)
    sandbox.deploy(*words, "--allow-missing", env=VALUES)  # that key file is nowhere
    rendered = sandbox.project / "build" / "rendered"
    files = {SHOWN.get(path.name, path.name): path.read_bytes() for path in rendered.iterdir()}
    manifest = sandbox.json(sandbox.gateway / "deployment-manifest.json")
    facts = json.dumps({name: manifest[name] for name in FACTS}, indent=2) + "\n"
    files["manifest.json"] = facts.encode()
    files["settings.before.json"] = BEFORE.encode()
    files["settings.after.json"] = sandbox.settings.read_bytes()
    return files


@pytest.mark.parametrize("case", CASES)
def test_a_preset_comes_to_the_same_bytes(case, sandbox):
    found = deployed(sandbox, CASES[case])
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
    assert {path.name for path in GOLDEN.iterdir()} == set(CASES)


def test_rendering_does_not_depend_on_the_order_of_sets(sandbox):
    words = ["--preset", "basic", "--allow-missing"]
    seen = []
    for seed in ("1", "2"):
        sandbox.deploy(*words, env={**VALUES, "PYTHONHASHSEED": seed})
        rendered = sandbox.project / "build" / "rendered"
        seen.append({path.name: path.read_bytes() for path in rendered.iterdir()})
        for path in rendered.iterdir():
            path.unlink()
    assert seen[0] == seen[1]


def test_no_secret_is_rendered(sandbox):
    files = deployed(sandbox, CASES["basic"])
    holders = [name for name, data in files.items() if VALUES["LITELLM_MASTER_KEY"].encode() in data]
    assert holders == ["settings.after.json"]
