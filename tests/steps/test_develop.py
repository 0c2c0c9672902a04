"""The commands for people who change this project, and the locks that they make."""

from __future__ import annotations

import re
import shutil
import subprocess
from types import SimpleNamespace

import pytest

from tasks import develop
from tasks.core.model.layout import PROJECT

REQUIREMENTS = PROJECT / "requirements"


@pytest.fixture
def ran(monkeypatch):
    """The commands that would have been run, each of which ends with the exit code of `codes`."""
    calls: list[tuple[str, ...]] = []
    codes: dict[str, int] = {}

    def run(*command: str) -> int:
        calls.append(command[2:])
        return codes.get(command[2], 0)

    monkeypatch.setattr(develop, "_run", run)
    monkeypatch.setattr(develop, "_need", lambda *modules: None)
    return SimpleNamespace(calls=calls, codes=codes)


def pins(name: str) -> dict[str, str]:
    """The pinned versions of a lock."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", (REQUIREMENTS / name).read_text(), re.MULTILINE)
    return dict(found)


def test_everything_is_checked_and_the_suite_comes_last(ran):
    assert develop.run_tests(fast=False, paths=[]) is None
    assert [call[0] for call in ran.calls] == ["ruff", "ruff", "mypy", "pytest"]
    assert "not real" not in ran.calls[-1]


def test_fast_leaves_out_the_real_ones_and_paths_only_run_those(ran):
    develop.run_tests(fast=True, paths=["tests/core/model"])
    assert ran.calls == [("pytest", "-rs", "-m", "not real", "tests/core/model")]


def test_a_failed_check_fails_although_the_suite_passes(ran):
    ran.codes["mypy"] = 1
    failure = develop.run_tests(fast=True, paths=[])
    assert "mypy" in failure.message
    assert ran.calls[-1][0] == "pytest"


def test_a_failed_suite_ends_with_its_own_summary(ran):
    ran.codes["pytest"] = 1
    with pytest.raises(SystemExit) as end:
        develop.run_tests(fast=True, paths=[])
    assert end.value.code == 1


def test_without_the_developers_packages_it_says_how(monkeypatch):
    monkeypatch.setattr(develop, "find_spec", lambda name: None)
    assert "python3 dodo.py" in develop.run_tests(fast=True, paths=[]).message
    assert "uv" in develop.write_locks(upgrade=False).message


def test_the_benchmark_and_the_locks_are_made_by_programs(ran, tmp_path, monkeypatch):
    shutil.copytree(REQUIREMENTS, tmp_path / "requirements")
    monkeypatch.setattr(develop, "PROJECT", tmp_path)  # the locks themselves stay as they are
    assert develop.run_bench(runs=3, gateway=False) is None
    assert develop.write_locks(upgrade=True) is None
    made = [call[call.index("-o") + 1] for call in ran.calls if "-o" in call]
    assert made == ["requirements/run.txt", "requirements/test.txt", "requirements/litellm.txt"]


def test_the_gateway_is_measured_at_its_start_and_under_load_even_if_the_first_limit_was_not_kept(monkeypatch):
    calls: list[tuple[str, ...]] = []
    codes = {"--start": 0}

    def run(*command: str) -> int:
        calls.append(command[1:])
        return codes.get(command[-1], 0)

    monkeypatch.setattr(develop, "_run", run)
    assert develop.run_bench(runs=3, gateway=True) is None
    assert calls == [("tests/load.py", "--start"), ("tests/load.py",)]
    codes["--start"] = 1
    assert "limit" in develop.run_bench(runs=3, gateway=True).message
    assert len(calls) == 4


@pytest.mark.parametrize("name", ["run.txt", "test.txt", "litellm.txt"])
def test_locks_hold_hashes_and_nothing_of_the_machine_that_made_them(name):
    text = (REQUIREMENTS / name).read_text()
    assert "://" not in text
    assert not re.findall(r"^\s*-(?!-hash=sha256:)", text, re.MULTILINE)
    assert all("--hash=sha256:" in block for block in text.replace("\\\n", "").splitlines())


def test_locks_fit_together_and_say_what_is_needed():
    assert pins("run.txt").items() <= pins("test.txt").items()
    project = (PROJECT / "pyproject.toml").read_text()
    for wanted in re.findall(r'^    "([a-z0-9-]+)[">=]', project.split("[tool.")[0], re.MULTILINE):
        assert wanted in pins("test.txt"), f"run `doit lock`: {wanted} is not locked"
    assert tuple(map(int, pins("litellm.txt")["uvicorn"].split("."))) >= (0, 51)


def test_ci_runs_the_suite_and_nothing_else():
    script = PROJECT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", script]).returncode == 0
    assert script.read_text().rstrip().endswith("python3 dodo.py test")


def test_a_package_with_an_extra_is_locked_without_it_too():
    hashed = "    --hash=sha256:"
    lock = f"a==1 \\\n{hashed}0\nb[x]==2 ; python_version < '4' \\\n{hashed}1\n{hashed}2\nc==3\n"
    made = develop.doubled(lock)
    assert made.count("--hash=sha256:2") == 2
    assert [line.split()[0] for line in made.splitlines() if line[0] != " "] == ["a==1", "b==2", "b[x]==2", "c==3"]


def test_every_extra_of_the_lock_is_told_twice():
    lock = (REQUIREMENTS / "litellm.txt").read_text()
    named = [line.split("==")[0] for line in lock.splitlines() if line[:1].isalpha()]
    assert all(name.partition("[")[0] in named for name in named)
    assert "pydantic[email]" in named
