"""`python3 dodo.py …` from a fresh clone, in a small project whose commands tell how they were started."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core.frame import door
from tasks.core.model.layout import PROJECT
from tests.core.litellm.test_packages import lock, wheel

pytestmark = pytest.mark.slow

FRONT = """
import json, os, sys
def main(argv):
    told = {"argv": argv, "cwd": os.getcwd(), "python": sys.executable, "path": sys.path}
    print(json.dumps(told | {"isolated": sys.flags.isolated, "command": os.environ.get("GATEWAY_COMMAND", "doit")}))
    return 5 if "fail" in argv else 0
"""
NEEDED = (
    "core/frame/door.py",
    "core/frame/launch.py",
    "core/disk/__init__.py",
    "core/disk/programs.py",
    "core/disk/signals.py",
    "core/litellm/packages.py",
    "core/console/console.py",
    "core/model/errors.py",
    "core/model/layout.py",
)


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
        (self.folder / "tasks/core/frame/front.py").write_text(FRONT)
        shutil.copy(PROJECT / "dodo.py", self.folder / "dodo.py")
        self.doit = wheel(self.wheels, "doit", "def main(): pass", "doit = doit:main")
        self.run_lock = lock(self.folder / "requirements" / "run.txt", self.doit)
        self.test_lock = lock(self.folder / "requirements" / "test.txt", self.doit, wheel(self.wheels, "pytest"))
        self.home = folder / "home"
        self.home.mkdir(parents=True)

    def command(self, *arguments: str, python: str = sys.executable) -> list[str]:
        return [python, str(self.folder / "dodo.py"), *arguments]

    def environ(self, **more: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), **more}

    def type(self, *arguments: str, python: str = sys.executable, cwd: Path | None = None, **more: str):
        """Run it; what the command told is in `.told`."""
        command = self.command(*arguments, python=python)
        done = subprocess.run(command, cwd=cwd or self.folder, env=self.environ(**more), capture_output=True, text=True)
        done.told = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        return done


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


def test_sets_up_once_and_runs_wherever_one_is(clone, tmp_path):
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    for name in ("json", "doit", "tasks", "pathlib", "typing"):
        (elsewhere / f"{name}.py").write_text("raise SystemExit('imported from where the user is')")
    first = clone.type("deploy", "--models", "a b", "x=y", "", "--", "", cwd=elsewhere)
    assert first.returncode == 0, first.stderr
    assert first.told["argv"] == ["deploy", "--models", "a b", "x=y", "", "--", ""]
    assert first.told["cwd"] == str(elsewhere)
    assert first.told["python"] == str(clone.folder / ".venv" / "bin" / "python")
    assert first.told["command"] == f"python3 {clone.folder}/dodo.py"
    assert "setting up" in first.stderr
    again = clone.type(cwd=elsewhere, PYTHONPATH=f":{elsewhere}:.")
    assert (again.told["argv"], again.stderr) == ([], "")
    assert not [path for path in again.told["path"] if path in ("", ".", str(elsewhere))]
    assert clone.type("fail").returncode == 5
    assert sorted(path.name for path in elsewhere.glob("*.py")) == [
        "doit.py",
        "json.py",
        "pathlib.py",
        "tasks.py",
        "typing.py",
    ]


def test_one_process_where_the_environment_is_of_this_python_and_else_another(clone):
    assert clone.type("list").told["isolated"] == 0
    settings = clone.folder / ".venv" / "pyvenv.cfg"
    text = settings.read_text()
    for line in text.splitlines():
        if line.startswith(("version", "home")):
            settings.write_text(text.replace(line, line.partition("=")[0] + "= 3.1.4"))
            other = clone.type("list", "a b", "")
            assert other.returncode == 0, other.stderr
            assert (other.told["isolated"], other.told["argv"]) == (1, ["list", "a b", ""])
            assert other.told["python"] == str(clone.folder / ".venv" / "bin" / "python")


def test_our_doit_is_sealed_and_put_back_when_another_takes_its_place(clone, tmp_path):
    clone.type("list")
    ours = clone.folder / ".venv" / "bin" / "doit"
    (tmp_path / "json.py").write_text("raise SystemExit('imported')")
    environ = clone.environ(PYTHONPATH=".")
    done = subprocess.run([ours, "a", "b=c"], cwd=tmp_path, env=environ, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert (told["argv"], told["isolated"], told["command"]) == (["a", "b=c"], 1, "doit")
    text = ours.read_text()
    ours.write_text("#!/bin/sh\n")
    assert clone.type("list").stderr == ""
    assert ours.read_text() == text


def test_a_long_or_blank_path_needs_another_first_line(tmp_path):
    deep = Clone(tmp_path / "a folder" / ("x" * 60) / ("y" * 60))
    assert deep.type("list").returncode == 0
    ours = deep.folder / ".venv" / "bin" / "doit"
    done = subprocess.run([ours, "a b"], cwd=tmp_path, env=deep.environ(), capture_output=True, text=True)
    assert json.loads(done.stdout)["argv"] == ["a b"], done.stderr


def test_plain_python_and_pip_are_enough(clone):
    base = getattr(sys, "_base_executable", sys.executable)
    done = clone.type("list", python=base, PATH="/usr/bin:/bin")
    assert done.returncode == 0, done.stderr
    assert done.told["python"] == str(clone.folder / ".venv" / "bin" / "python")


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
        assert door.needs_test(words)
    for words in (
        [],
        ["list"],
        ["deploy", "--preset", "demo"],
        ["info", "test"],
        ["test", "--help"],
        ["--version"],
        ["run"],
    ):
        assert not door.needs_test(words)


def test_an_old_python_can_read_what_it_needs_to_say_so():
    for name in (
        "dodo.py",
        "tasks/__init__.py",
        "tasks/core/__init__.py",
        "tasks/core/frame/__init__.py",
        "tasks/core/frame/door.py",
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


def test_a_set_up_that_was_interrupted_is_not_taken_for_whole(clone):
    clone.type("list")
    (clone.folder / ".venv" / "locked-packages").write_text("")
    assert "setting up" in clone.type("list").stderr
    assert "setting up" not in clone.type("list").stderr


def test_the_launcher_of_an_older_version_is_replaced(clone):
    clone.type("list")
    launcher = clone.folder / ".venv" / "bin" / "doit"
    before = launcher.read_text()
    path = clone.folder / "tasks" / "core" / "frame" / "door.py"
    path.write_text(path.read_text().replace("{first}\n", "{first}\n# newer\n"))
    assert "setting up" not in clone.type("list").stderr
    assert launcher.read_text() == before.replace("\n", "\n# newer\n", 1)
