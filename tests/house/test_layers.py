"""Who imports whom: floors, steps, packages; and what a module may not do wherever it is."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys

import pytest

from tests.house import floors
from tests.house.source import PROJECT

PURE = {
    "claude.chosen_model",
    "claude.decisions",
    "claude.ledger",
    "claude.ownership",
    "claude.settings_step",
    "frame.exits",
    "http.answers",
    "http.compatibility",
    "lint.findings",
    "litellm.config",
    "merge.lines",
    "merge.result",
    "secrets.hide",
    "merge.three_way",
    "text.json_edit",
    "text.json_scan",
    "text.text_edit",
    "text.jsonc",
}
"""What decides and never looks at the disk, the network or the clock, besides the room `model`."""

PRINTERS = {"frame.door"}
"""What prints before there is a console."""

OWNERS = {
    "yaml": "text.documents",
    "jinja2": "catalogue.templating",
    "jsonschema": "catalogue.schemas",
    "psutil": "service.processes",
    "pyrage": "secrets.encryption",
    "questionary": "console.screen",
    "prompt_toolkit": "console.screen",
    "referencing": "catalogue.schemas",
    "boto3": "providers.cloud_lists",
    "google": "providers.cloud_lists",
}
"""Third-party packages and the one module that knows each; the last two are LiteLLM's, which runs that module."""


STARTERS = {"disk.programs", "console.invocation", "frame.door", "tasks.exec"}
"""What starts other programs; of these the last two become them."""

STARTS = {f"os.{name}" for name in ("system", "popen", "posix_spawn", "execv", "execve", "execvp", "execvpe")}


@pytest.fixture
def modules(tree):
    """The modules of the project; what is deployed (templates/artifacts) lives alone, without it."""
    return [module for module in tree.modules if not module.path.startswith("templates/")]


def places(found):
    """The message of a failure: one place a line."""
    return "\n".join(["", *map(str, found)])


def test_imports_lead_downwards(modules):
    upward = floors.find_upward(modules)
    assert not upward, places(upward)


def test_every_room_is_in_the_table(modules):
    assert {module.room for module in modules} - {""} == set(floors.ROOMS)
    assert len(floors.ROOMS) == len(set(floors.ROOMS))


def test_no_modules_import_each_other_in_a_circle(modules):
    circles = [" <-> ".join(circle) for circle in floors.find_circles(modules)]
    assert not circles, places(circles)


def test_a_step_does_not_import_another_step(modules):
    steps = {module for module in modules if module.is_step}
    edges = floors.find_edges(modules)
    wrong = [edge for edge in edges if edge.source in steps and edge.target in steps]
    assert not wrong, places(wrong)


def test_what_decides_imports_the_standard_library_and_what_decides(modules):
    pure = {module for module in modules if module.room == "model" or short_name(module) in PURE}
    assert {short_name(module) for module in pure} >= PURE
    wrong = []
    for module in pure:
        for name, line, *_ in module.imports:
            if name.partition(".")[0] not in {*sys.stdlib_module_names, "tasks"}:
                wrong.append(f"{module.path}:{line} imports {name}")
    edges = [edge for edge in floors.find_edges(modules) if edge.source in pure and not edge.is_for_types]
    wrong += [edge for edge in edges if edge.target not in pure]
    assert not wrong, places(wrong)


def test_a_package_is_imported_by_its_one_module_inside_a_function(modules):
    wrong = []
    for module in modules:
        for name, line, is_at_top, _ in module.imports:
            package = name.partition(".")[0]
            if package in {*sys.stdlib_module_names, "tasks", "dodo", "doit"}:
                continue
            if short_name(module) != OWNERS.get(package) or is_at_top:
                wrong.append(f"{module.path}:{line} imports {name}; owner: {OWNERS.get(package, 'none')}")
    assert not wrong, places(wrong)


def test_other_programs_are_started_in_one_place(modules):
    """There they get an environment and a folder that nothing around us configures."""
    wrong = []
    for module in modules:
        if short_name(module) in STARTERS:
            continue
        for name, line, _, is_for_types in module.imports:
            if name.partition(".")[0] in ("subprocess", "multiprocessing", "pty") and not is_for_types:
                wrong.append(f"{module.path}:{line} imports {name}")
        calls = [node for node in module.find(ast.Attribute) if ast.unparse(node) in STARTS]
        wrong += [f"{module.path}:{node.lineno} uses {ast.unparse(node)}" for node in calls]
    assert not wrong, places(wrong)


def test_a_folder_loads_nothing(modules):
    """A package is not lazy: what its `__init__.py` imports, every import of one of its modules would load."""
    folders = [module for module in modules if module.path.endswith("/__init__.py")]
    wrong = []
    for folder in folders:
        is_docstring = len(folder.tree.body) == 1 and ast.get_docstring(folder.tree)
        if not is_docstring and folder.path != "tasks/__init__.py":  # that one holds the lazy finder
            wrong.append(f"{folder.path}:1 is to be a docstring and nothing else")
    assert not wrong, places(wrong)


def test_only_the_console_prints_and_only_the_prompts_ask(modules):
    wrong = []
    for module in modules:
        for node in module.find(ast.Call):
            called = getattr(node.func, "id", "")
            if called in ("print", "input") and short_name(module) not in PRINTERS:
                wrong.append(f"{module.path}:{node.lineno} calls {called}")
    assert not wrong, places(wrong)


def test_nothing_committed_carries_a_path_of_a_machine():
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout")
    telling = (b"/tmp/la" + b"b", b"/ro" + b"ot/", os.fsencode(PROJECT))
    wrong = []
    for name in listed.stdout.splitlines():
        path = PROJECT / name
        lines = path.read_bytes().splitlines() if path.is_file() else []
        for number, line in enumerate(lines, 1):
            if any(text in line for text in telling):
                wrong.append(f"{name}:{number}")
    assert not wrong, places(wrong)


def short_name(module):
    """`disk.files` for tasks.core.disk.files."""
    return module.name.removeprefix("tasks.core.")


def test_the_contributors_page_names_files_that_are_there():
    text = (PROJECT / "CONTRIBUTING.md").read_text()
    named = re.findall(r"`((?:tasks|tests|templates|docs)/[\w./-]+)`", text)
    missing = [path for path in named if not (PROJECT / path).exists()]
    assert len(named) > 5
    assert set(missing) == {"tasks/x.py"}  # the step that the page adds


def test_the_tests_of_a_module_are_found_by_its_name(modules):
    """tests/core/disk/test_lock.py, or test_lock_<what>.py, for tasks/core/disk/lock.py."""
    names = {short_name(module).replace(".", "/test_", 1) for module in modules if module.room}
    files = [path.relative_to(PROJECT / "tests/core") for path in PROJECT.glob("tests/core/*/test_*.py")]
    lost = [file for file in files if not any(f"{file.with_suffix('')}_".startswith(f"{name}_") for name in names)]
    assert len(files) > 50
    assert not lost, places(lost)
