"""The catalogue is read once, remembered, and mistakes in it are named by file and line."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tasks.core.catalogue import catalogue, crosscheck
from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT, Layout
from tasks.core.text import documents

FINDINGS = yaml.safe_load(Path(__file__).with_name("findings.yaml").read_text())


@pytest.fixture
def layout(tmp_path):
    """A copy of the templates to spoil."""
    shutil.copytree(PROJECT / "templates", tmp_path / "templates")
    return Layout.of({"HOME": str(tmp_path)}, project=tmp_path)


def spoil(layout, name, old, new):
    path = layout.templates / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_everything_is_there_in_the_order_of_the_files(layout):
    known = catalogue.load(layout)
    assert list(known.models) == sorted(path.stem for path in (layout.templates / "models").iterdir())
    for kind in ("presets", "gateways", "providers"):
        assert list(getattr(known, kind)) == sorted(path.stem for path in (layout.templates / kind).iterdir())
    assert next(iter(known.variables)) == "LITELLM_MASTER_KEY"
    assert known.gateways["local"].artifacts[1].permissions == 0o600


def test_reading_writes_nothing_unless_told_to(layout):
    catalogue.load(layout)
    assert not layout.build.exists()
    catalogue.load(layout, write_cache=True)
    assert (layout.build / "catalogue.json").is_file()


def test_what_is_remembered_is_the_same_and_needs_no_yaml(layout, monkeypatch):
    known = catalogue.load(layout, write_cache=True)
    monkeypatch.setattr(documents, "load_yaml", lambda path: pytest.fail(f"{path} was read again"))
    assert catalogue.load(layout) == known


def test_a_fresh_copy_keeps_pyyaml_unloaded(layout):
    catalogue.load(layout, write_cache=True)
    code = f"""
import sys
from pathlib import Path
from tasks.core.model.layout import Layout
from tasks.core.catalogue import catalogue
catalogue.load(Layout.of({{}}, project=Path({str(layout.project)!r})))
print([name for name in ("yaml", "jsonschema", "jinja2", "tempfile", "subprocess") if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_a_change_is_seen(layout):
    catalogue.load(layout, write_cache=True)
    spoil(layout, "models/demo.yaml", "name: Demo", "name: Other")
    assert catalogue.load(layout).models["demo"].name == "Other"
    shutil.copy(layout.templates / "providers/mock.yaml", layout.templates / "providers/more.yaml")
    spoil(layout, "providers/more.yaml", "id: mock", "id: more")
    assert "more" in catalogue.load(layout).providers
    (layout.templates / "providers/more.yaml").unlink()
    assert "more" not in catalogue.load(layout).providers


@pytest.mark.parametrize(
    "damage",
    [
        lambda copy: "",
        lambda copy: "null",
        lambda copy: "[" * 100_000,
        lambda copy: json.dumps(copy | {"version": 0}),
        lambda copy: json.dumps(copy | {"contents": {}}),
        lambda copy: json.dumps(copy | {"contents": dict.fromkeys(copy["contents"])}),
        lambda copy: json.dumps(copy | {"contents": copy["contents"] | {"variables.yaml": '{"variables":[5]}'}}),
        lambda copy: json.dumps(copy | {"contents": copy["contents"] | {"models/demo.yaml": "{"}}),
        lambda copy: json.dumps(copy | {"sum": None}),
        lambda copy: json.dumps(copy | {"stamps": {}}),
    ],
)
def test_a_damaged_copy_is_ignored(layout, damage):
    known = catalogue.load(layout, write_cache=True)
    cache = layout.build / "catalogue.json"
    cache.write_text(damage(json.loads(cache.read_text())))
    assert catalogue.load(layout) == known


def test_of_the_copy_only_what_is_asked_for_is_read(layout, monkeypatch):
    catalogue.load(layout, write_cache=True)
    read = []
    loads = json.loads
    monkeypatch.setattr(catalogue.json, "loads", lambda text: (read.append(text), loads(text))[1])
    known = catalogue.load(layout)
    assert len(known.models) > 20
    assert "demo" in known.models
    before = len(read)
    assert known.models["demo"] is known.models["demo"]
    assert len(read) == before + 1
    with pytest.raises(KeyError):
        known.models["none"]


@pytest.mark.parametrize(
    ("name", "change", "line", "problem"),
    [
        ("models/demo.yaml", ("tier: sonnet", "teir: sonnet"), 8, "teir is no known field"),
        ("models/demo.yaml", ("route: openai/mock\n", ""), 2, "lacks the field route"),
        ("models/demo.yaml", ("id: demo", "id: other"), 2, "id is 'other', but the file is called demo.yaml"),
        ("models/demo.yaml", ('tools: "no"', "tools: no"), 16, "tools is false, expected a text"),
        ("models/demo.yaml", ("input_tokens: 200000", "input_tokens: many"), 9, "limits is"),
        ("models/codestral.yaml", ("regions: [us-central1, europe-west4]", "regions: all"), 9, 'regions is "all"'),
        ("presets/multi-provider.yaml", ("order: 1", "ordr: 1"), 20, "ordr is no known field"),
        ("presets/multi-provider.yaml", ("[gemini-3.5-flash]", "gemini-3.5-flash"), 30, "claude-sonnet-5-5 is"),
        ("presets/demo.yaml", ("ready: true", "ready: maybe"), 6, 'ready is "maybe", expected a true or false'),
        ("gateways/local.yaml", ("port: 4000", "port: true"), 8, "port is true, expected a whole number"),
        (
            "gateways/local.yaml",
            ("    template: start", "    tempalte: start"),
            20,
            "artifacts[3].tempalte is no known field",
        ),
        ("variables.yaml", ("variables:", "variable:"), 2, "has no list called variables"),
        ("providers/mock.yaml", ("id: mock", "- mock"), 2, "is not valid YAML"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(layout, name, change, line, problem):
    spoil(layout, name, *change)
    with pytest.raises(InvalidInput) as caught:
        catalogue.load(layout)
    path, _, found = caught.value.where.rpartition(":")
    assert path == str(layout.templates / name)
    assert problem in caught.value.problem
    assert abs(int(found) - line) <= (1 if "valid YAML" in problem else 0)


def test_a_missing_file_of_variables_is_named(layout):
    (layout.templates / "variables.yaml").unlink()
    with pytest.raises(InvalidInput, match="is not there"):
        catalogue.load(layout)


@pytest.mark.sample(16)
@pytest.mark.parametrize("case", FINDINGS, ids=lambda case: case["finding"])
def test_findings_name_file_line_and_place(layout, case):
    template = case["template"]
    spoil(layout, template, case["old"], case["new"])
    found = [text for text in crosscheck.findings(layout) if text.startswith(f"templates/{template}:")]
    assert any(case["finding"] in text for text in found), found


def test_findings_come_all_at_once(layout):
    for name in ("models/demo.yaml", "presets/demo.yaml", "gateways/local.yaml"):
        spoil(layout, name, "name:", "nmae:")
    found = crosscheck.findings(layout)
    assert len(found) == 6  # one name too few, one too many, in each
    folders = [text.split("/")[1] for text in found]
    assert folders == ["models"] * 2 + ["presets"] * 2 + ["gateways"] * 2


def test_a_template_that_is_missing_is_found(layout):
    (layout.templates / "artifacts" / "stop-gateway.sh.j2").unlink()
    found = crosscheck.findings(layout)
    assert [text.partition(": ")[2] for text in found] == [
        'artifacts[4].template: templates/artifacts has no "stop-gateway.sh.j2"'
    ]


def test_fast_enough_for_a_commit_hook(layout):
    crosscheck.findings(layout)  # imports, schemas
    started = time.process_time()
    crosscheck.findings(layout)
    assert time.process_time() - started < 1
