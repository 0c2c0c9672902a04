"""Findings say which file, which line, what is wrong; what is right has none."""

import json
import shutil

import pytest

from tasks.core.deploying import checks
from tasks.core.deploying.drift import Comparison
from tasks.core.model.catalogue import Setting
from tasks.core.model.layout import PROJECT, Layout
from tasks.core.model.release import Manifest, Revision

LAYOUT = Layout.of({"HOME": "/nowhere"})
URL, KEY = "http://127.0.0.1:4000", "sk-secret-0123456789"
MANIFEST = Manifest("d", "t", "0", "local", URL, (), {}, {}, {}, revision=1)
SETTINGS = (
    Setting(("env", "ANTHROPIC_BASE_URL"), text=URL),
    Setting(("env", "ANTHROPIC_AUTH_TOKEN"), variable="LITELLM_MASTER_KEY"),
    Setting(("env", "ANTHROPIC_API_KEY"), text=""),
)
COMPARISON = Comparison(None, Revision("deploy", MANIFEST, {}, SETTINGS))


@pytest.fixture
def layout(tmp_path):
    shutil.copytree(PROJECT / "templates", tmp_path / "project" / "templates")
    return Layout.of({"HOME": str(tmp_path / "home")}, project=tmp_path / "project")


def test_what_is_committed_has_no_finding():
    assert checks.templates(LAYOUT) == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("models/codestral.yaml", "tier: ", "tier: strongest # "),
        ("models/codestral.yaml", "route: ", "roote: "),
        ("models/codestral.yaml", "provider: vertex_ai", "provider: nobody"),
        ("models/codestral.yaml", "id: codestral", "id: other"),
        ("models/codestral.yaml", "limits:", "limits: [:"),
        ("presets/basic.yaml", "  - codestral", "  - no-such-model"),
        ("gateways/local.yaml", 'mode: "0600"', 'mode: "rw"'),
        ("artifacts/stop-gateway.sh.j2", "#!/bin/sh", "#!/bin/sh\n{{ no_such_name }}"),
        ("artifacts/stop-gateway.sh.j2", "#!/bin/sh", "#!/bin/sh\nif then fi"),
        ("artifacts/stop-gateway.sh.j2", "#!/bin/sh", "{% if %}"),
        ("artifacts/serve/network.py", "def listen(", "def listen(("),
        ("artifacts/serve/main.py", "import Supervisor", "import Superviser"),
    ],
)
def test_a_mistake_in_a_template_is_found_with_its_file(layout, name, old, new):
    path = layout.templates / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    findings = checks.templates(layout)
    assert findings
    assert path.name.removesuffix(".j2") in findings[0]


def test_all_mistakes_are_found_at_once_with_their_lines(layout):
    for name in ("codestral", "glm-5.2"):
        path = layout.templates / "models" / f"{name}.yaml"
        path.write_text(path.read_text().replace("vision: ", "vision: perhaps # "))
    findings = checks.templates(layout)
    assert len(findings) == 2
    for name, finding in zip(("codestral", "glm-5.2"), findings, strict=True):
        lines = (layout.templates / "models" / f"{name}.yaml").read_text().splitlines()
        number = next(n for n, line in enumerate(lines, 1) if line.startswith("vision"))
        assert f"{name}.yaml:{number}" in finding


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("litellm_config.yaml", b"model_list: ["),
        ("litellm_config.yaml", b"model_list: 5\n"),
        ("litellm_config.yaml", b"- 1\n"),
        ("litellm_config.yaml", b"\xff"),
        ("start-gateway.sh", b"#!/bin/sh\nif true\n"),
        ("start-gateway.sh", b"echo 'open\n"),
        (".env", b"\xff\xfe"),
    ],
)
def test_a_broken_file_is_found_by_its_kind(name, data):
    (finding, *_) = checks.artifact(name, data, LAYOUT, f"build/release/{name}")
    assert finding.startswith(f"build/release/{name}")


@pytest.mark.parametrize("data", [b"", b"A=1\n# x\n", b"export A='b c'\n"])
def test_an_env_file_may_hold_what_it_may(data):
    assert checks.artifact(".env", data, LAYOUT, ".env") == []


@pytest.fixture
def joined(layout):
    layout.gateway.mkdir(parents=True)
    layout.env_file.write_text(f"LITELLM_MASTER_KEY={KEY}\n")

    def join(env):
        layout.settings.write_text(json.dumps({"env": env}) if isinstance(env, dict) else env)
        return checks.settings(layout, COMPARISON)

    return join


def test_settings_that_lead_to_the_gateway_have_no_finding(joined):
    assert joined({"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": KEY, "MINE": "1"}) == []


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"ANTHROPIC_BASE_URL": URL},
        {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "ANTHROPIC_AUTH_TOKEN": KEY},
        {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": "sk-other-0123456789"},
        "{",
        "[]",
        "null",
        '{"env": []}',
    ],
)
def test_settings_that_do_not_are_found_and_no_key_is_told(joined, found):
    findings = joined(found)
    assert findings
    assert "settings.json" in findings[0]
    assert not [each for each in findings if "sk-" in each]


def test_missing_settings_are_found(layout):
    assert "missing" in checks.settings(layout, COMPARISON)[0]
