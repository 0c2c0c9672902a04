"""`python3 dodo.py …` from a fresh clone, in a small project whose doit tells how it was called."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core.frame import bootstrap
from tasks.core.model.layout import PROJECT
from tests.core.litellm.test_packages import lock, wheel

pytestmark = pytest.mark.slow

DODO = """
import sys

if __name__ == "__main__":
    from tasks.core.frame.bootstrap import main

    raise SystemExit(main(sys.argv[1:]))
"""
DOIT = """
import json, os, sys
def main():
    print(json.dumps({"argv": sys.argv[1:], "cwd": os.getcwd(), "prefix": sys.prefix, "path": sys.path}))
    raise SystemExit(5 if "fail" in sys.argv else 0)
"""
NEEDED = ("core/frame/bootstrap.py", "core/litellm/packages.py", "core/console/console.py", "core/model/errors.py")


class Clone:
    """A fresh clone, and somebody who types in some folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.wheels = folder / "clone", folder / "wheels"
        for name in (
            *NEEDED,
            "__init__.py",
            "core/__init__.py",
            *(f"{Path(name).parent}/__init__.py" for name in NEEDED),
        ):
            (self.folder / "tasks" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / "tasks" / name, self.folder / "tasks" / name)
        (self.folder / "dodo.py").write_text(DODO)
        self.doit = wheel(self.wheels, "doit", DOIT, "doit = doit:main")
        self.run_lock = lock(self.folder / "requirements" / "run.txt", self.doit)
        self.test_lock = lock(self.folder / "requirements" / "test.txt", self.doit, wheel(self.wheels, "pytest"))
        self.home = folder / "home"
        self.home.mkdir()

    def command(self, *arguments: str, python: str = sys.executable) -> list[str]:
        return [python, str(self.folder / "dodo.py"), *arguments]

    def environ(self, **more: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), **more}

    def type(self, *arguments: str, python: str = sys.executable, cwd: Path | None = None, **more: str):
        """Run it; what doit told is in `.told`."""
        command = self.command(*arguments, python=python)
        done = subprocess.run(command, cwd=cwd or self.folder, env=self.environ(**more), capture_output=True, text=True)
        done.told = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        return done


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


def test_sets_up_once_and_becomes_doit_wherever_one_stands(clone, tmp_path):
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    for name in ("json", "doit", "tasks"):
        (elsewhere / f"{name}.py").write_text("raise SystemExit('imported from where the user stands')")
    first = clone.type("deploy", "--models", "a b", cwd=elsewhere)
    assert first.returncode == 0, first.stderr
    assert first.told["argv"] == [f"--file={clone.folder}/dodo.py", "deploy", "--models", "a b"]
    assert first.told["cwd"] == str(elsewhere)
    assert first.told["prefix"] == str(clone.folder / ".venv")
    assert "setting up" in first.stderr
    again = clone.type(cwd=elsewhere)
    assert (again.told["argv"], again.stderr) == ([f"--file={clone.folder}/dodo.py"], "")
    assert clone.type("--version").told["argv"] == ["--version"]
    assert clone.type("fail").returncode == 5
    assert sorted(path.name for path in elsewhere.iterdir()) == ["doit.py", "json.py", "tasks.py"]


def test_plain_python_and_pip_are_enough(clone):
    base = getattr(sys, "_base_executable", sys.executable)
    done = clone.type("list", python=base, PATH="/usr/bin:/bin")
    assert done.returncode == 0, done.stderr
    assert done.told["prefix"] == str(clone.folder / ".venv")


def test_what_tests_need_includes_what_running_needs(clone):
    assert "setting up" in clone.type("test", "--fast").stderr
    assert list(clone.folder.glob(".venv/lib/*/site-packages/pytest.py"))
    for arguments in (["list"], ["test"], ["run", "test"]):
        assert clone.type(*arguments).stderr == ""


def test_a_changed_lock_is_noticed_and_its_packages_come_to_what_is_there(clone):
    assert clone.type("list").returncode == 0
    lock(clone.run_lock, clone.doit, wheel(clone.wheels, "more"))
    assert "setting up" in clone.type("list").stderr
    assert list(clone.folder.glob(".venv/lib/*/site-packages/more.py"))
    assert clone.type("list").stderr == ""


def test_a_failure_is_a_sentence_and_the_next_run_mends_it(clone):
    lock(clone.run_lock, clone.doit, wrong=True)
    failed = clone.type("list")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "could not install the packages" in failed.stderr
    assert "Traceback" not in failed.stderr
    lock(clone.run_lock, clone.doit)
    assert clone.type("list").returncode == 0


def test_an_empty_word_is_no_traceback(clone):
    done = clone.type("lint", "")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert clone.type("deploy", "--gateway-url", "").told["argv"][1:] == ["deploy", "--gateway-url="]


def test_two_at_once_set_up_once(clone):
    together = [
        subprocess.Popen(clone.command("list"), env=clone.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    told = [process.communicate()[1] for process in together]
    assert [process.returncode for process in together] == [0, 0, 0], told
    assert sum(b"(once, about" in text for text in told) == 1


def test_only_developers_commands_need_the_test_packages():
    for words in (["test"], ["test", "--fast"], ["run", "test"], ["lock"]):
        assert bootstrap.needs_test(words)
    for words in ([], ["list"], ["deploy", "--preset", "demo"], ["info", "test"], ["--version"], ["run"]):
        assert not bootstrap.needs_test(words)


@pytest.mark.parametrize(
    ("words", "ours", "program"),
    [
        (["exec", "--profile", "a", "--", "claude", "", "x=y"], ["exec", "--profile", "a"], ["claude", "", "x=y"]),
        (["run", "--profile=a", "--", "claude", "--", "b"], ["exec", "--profile=a"], ["claude", "--", "b"]),
        (["run", "deploy"], ["run", "deploy"], None),
        (["run", "--", "--profile"], ["run"], ["--profile"]),
        ([], [], None),
        (["deploy", "--gateway-url", "", "--start"], ["deploy", "--gateway-url=", "--start"], None),
        (["exec", "--profile", "", "--", ""], ["exec", "--profile="], [""]),
        (["lint", "", "--token=", ""], ["lint", "", "--token=", ""], None),
    ],
)
def test_the_words_of_a_program_go_past_doit(monkeypatch, words, ours, program):
    monkeypatch.setattr(os, "environ", {})
    assert bootstrap.apart(words) == ours
    assert json.loads(os.environ.get(bootstrap.PROGRAM, "null")) == program


def test_an_old_python_can_read_what_it_needs_to_say_so():
    for name in (
        "dodo.py",
        "tasks/__init__.py",
        "tasks/core/__init__.py",
        "tasks/core/frame/__init__.py",
        "tasks/core/frame/bootstrap.py",
    ):
        ast.parse((PROJECT / name).read_text(), feature_version=(3, 8))


def test_an_old_python_gets_one_sentence(clone):
    old = next((path for path in _old_pythons() if Path(path).exists()), None)
    if not old:
        pytest.skip("there is no Python 3.8, 3.9 or 3.10 on this machine")
    shutil.copy(PROJECT / "dodo.py", clone.folder / "dodo.py")
    done = clone.type("deploy", "--models", "a b", python=old)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("needs Python 3.11 or newer, this is 3.")
    assert done.stderr.count("\n") == 1
    assert not (clone.folder / ".venv").exists()


def _old_pythons() -> list[str]:
    on_path = [shutil.which(f"python3.{minor}", path="/usr/bin:/usr/local/bin") or "" for minor in (8, 9, 10)]
    pyenv = sorted(Path("~/.pyenv/versions").expanduser().glob("3.[89]*/bin/python"))
    return [path for path in [*on_path, *map(str, pyenv)] if path]
