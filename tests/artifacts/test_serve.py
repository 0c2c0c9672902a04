"""serve.py as it is deployed, one file made of its parts: swaps of a LiteLLM that costs nothing."""

import ast
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tasks.core.catalogue import assembly, templating
from tasks.core.model.layout import PROJECT
from tests.artifacts.fakes import ARTIFACTS, KEY, clear, make_folder

PARTS = sorted(path for path in (ARTIFACTS / "serve").glob("*.py") if path.stem != "__init__")
PROGRAM = templating.render(ARTIFACTS / "serve", {})


def test_every_part_has_its_tests():
    tests = Path(__file__).parent / "serve"
    assert [path.stem for path in PARTS if not (tests / f"test_{path.stem}.py").is_file()] == []


def test_the_program_has_all_that_its_parts_define_once_and_imports_none_of_them():
    tree = ast.parse(PROGRAM)
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    wanted = [
        node.name
        for path in PARTS
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    assert sorted(defined) == sorted(wanted)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
    imports = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert len(imports) == len(set(imports))


def test_main_needs_every_part():
    parts = {path.stem: assembly.read_part(path) for path in PARTS}
    needed = {need for part in parts.values() for need, _ in part.needs()}
    assert needed | {"main"} == set(parts)
    assert PROGRAM.count("# --- ") == len(parts)


def test_the_program_is_what_would_be_committed():
    """Formatted, and every name known and used: what putting parts together could break."""
    for words in (["check", "--ignore", "I001"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *words, "--stdin-filename", "templates/artifacts/serve.py", "-"]
        done = subprocess.run(command, input=PROGRAM, capture_output=True, text=True, cwd=PROJECT)
        assert done.returncode == 0, done.stdout + done.stderr


def test_its_usage_is_the_first_that_a_reader_sees():
    assert PROGRAM.startswith('"""Serve LiteLLM on one address')
    assert PROGRAM.rstrip().endswith('if __name__ == "__main__":\n    sys.exit(main())')


def test_a_python_without_uvicorn_is_named(tmp_path):
    (tmp_path / "uvicorn.py").write_text("raise ImportError\n")
    program = tmp_path / "serve.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, program], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"{sys.executable} has no uvicorn")


@pytest.fixture
def folder(tmp_path):
    """A gateway that runs, with a LiteLLM that takes a second to load."""
    made = make_folder(tmp_path)
    made.env(FAKE_DELAY="1")
    started = made.start()
    try:
        assert started.returncode == 0, started.stderr
        yield made
    finally:
        clear(made)


def served(folder) -> list[str]:
    """The models that it lists."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{folder.port}/v1/models", headers={"Authorization": f"Bearer {KEY}"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return [each["id"] for each in json.load(answer)["data"]]


@pytest.mark.slow
def test_a_worker_is_not_started_by_another_program_than_the_supervisors(folder):
    before = folder.until(lambda now: now.get("state") == "serving")
    program = folder.path / "serve.py"
    program.write_bytes(program.read_bytes() + b"\n")
    os.kill(folder.pid, signal.SIGHUP)
    after = folder.until(lambda now: now["attempt"] > before["attempt"])
    assert (after["state"], after["reason"].partition(":")[0]) == ("failed", "serve.py is another one by now")
    assert after["worker"] == before["worker"]
    assert served(folder) == []


@pytest.mark.slow
def test_a_swap_that_is_asked_for_during_another_one_comes_after_it(folder):
    first = folder.until(lambda now: now.get("state") == "serving")["attempt"]
    os.kill(folder.pid, signal.SIGHUP)
    folder.until(lambda now: now["attempt"] > first)
    (folder.path / "litellm_config.yaml").write_text(
        "model_list:\n  - model_name: later\n    litellm_params: {model: openai/later}\n"
    )
    os.kill(folder.pid, signal.SIGHUP)
    after = folder.until(lambda now: now["state"] != "starting" and now["attempt"] == first + 2)
    assert after["state"] == "serving"
    assert served(folder) == ["later"]
