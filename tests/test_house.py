"""The rules that keep this a house: who imports whom, what is loaded when, what every step has."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[1]
STEPS = {path.stem for path in (PROJECT / "tasks").glob("*.py")} - {"__init__"}
PURE_HALVES = {"plan": {"install", "settings", "preflight"}, "apply": {"plan"}, "deploy": {"plan"}}
"""The one reader of several steps, and who shows what it read before deploying, or holds a deployment to that."""

OWNERS = {
    "yaml": "documents",
    "jinja2": "templating",
    "jsonschema": "schemas",
    "psutil": "processes",
    "pyrage": "encryption",
    "questionary": "prompts",
    "prompt_toolkit": "prompts",
}
"""Third-party packages and the one module that knows each."""


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """The modules that *path* imports, and whether at its top."""
    tree = ast.parse(path.read_text())
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, id(node) in top
            yield from ((f"{node.module}.{alias.name}", id(node) in top) for alias in node.names)


def modules(folder: str) -> list[Path]:
    return (
        sorted((PROJECT / folder).rglob("*.py")) if folder.endswith("core") else sorted((PROJECT / folder).glob("*.py"))
    )


@pytest.mark.parametrize("path", modules("tasks/core"), ids=lambda path: path.stem)
def test_core_does_not_import_steps(path):
    for name, _ in imports(path):
        assert not name.startswith("tasks.") or name.startswith("tasks.core"), name


@pytest.mark.parametrize("path", modules("tasks"), ids=lambda path: path.stem)
def test_a_step_does_not_import_another_step(path):
    allowed = PURE_HALVES.get(path.stem, set())
    for name, _ in imports(path):
        step = name.removeprefix("tasks.").partition(".")[0] if name.startswith("tasks.") else ""
        assert step not in STEPS - allowed or step == "core", name


@pytest.mark.parametrize("path", [*modules("tasks"), *modules("tasks/core")], ids=str)
def test_a_package_is_imported_in_one_module_inside_a_function(path):
    for name, at_top in imports(path):
        package = name.partition(".")[0]
        if package in OWNERS:
            assert path.stem == OWNERS[package]
            assert not at_top


def test_importing_dodo_loads_no_yaml_jinja2_or_jsonschema():
    code = "import sys, json, dodo; print(json.dumps(sorted(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert not set(OWNERS) & set(json.loads(loaded.stdout))


def test_listing_the_steps_loads_none_either(sandbox):
    sandbox.doit("render")
    listed = sandbox.run([sys.executable, "-X", "importtime", "-m", "doit", "list"])
    assert listed.code == 0
    loaded = {line.rpartition("|")[2].strip() for line in listed.err.splitlines()}
    assert not set(OWNERS) & loaded


def test_every_public_step_says_in_one_line_what_it_is_for(sandbox):
    lines = sandbox.doit("list").out.splitlines()
    wanted = ["choose", "preflight", "render", "stage", "validate", "backup", "install", "settings", "verify"]
    wanted += ["start", "stop", "status", "plan", "models", "deploy"]
    listed = dict(line.split(None, 1) for line in lines)
    assert set(wanted) <= set(listed)
    assert all(text.strip() for text in listed.values())
    assert max(len(line) for line in lines) <= 110


def test_listing_follows_the_running_order(sandbox):
    names = [line.split()[0] for line in sandbox.doit("list").out.splitlines()]
    order = ["choose", "preflight", "render", "stage", "validate", "backup", "install", "settings", "verify", "start"]
    assert [name for name in names if name in order] == order


def test_only_the_console_prints_and_only_the_prompts_ask():
    for path in (PROJECT / "tasks").rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = {c.func.id for c in calls if isinstance(c.func, ast.Name)}
        assert not names & {"print", "input"} or path.stem == "bootstrap", path


def test_every_target_has_one_producer_and_none_is_cleaned_in_the_home(sandbox):
    code = (
        "import json, dodo; from doit.loader import load_tasks; "
        "tasks = load_tasks({k: v for k, v in vars(dodo).items()}); "
        "print(json.dumps([[t.name, list(t.targets), bool(t._remove_targets)] for t in tasks]))"
    )
    found = sandbox.run([sys.executable, "-c", code])
    rows = json.loads(found.out)
    targets = [target for _, names, _ in rows for target in names]
    assert len(targets) == len(set(targets))
    assert not [name for name, names, cleans in rows if cleans and any(str(sandbox.home) in each for each in names)]


def test_nothing_committed_carries_a_path_of_a_machine():
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout")
    telling = (b"/tmp/la" + b"b", b"/ro" + b"ot/", os.fsencode(PROJECT))
    for name in listed.stdout.splitlines():
        path = PROJECT / name
        if path.is_file():
            assert not [text for text in telling if text in path.read_bytes()], name
