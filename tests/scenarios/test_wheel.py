"""The command `gatehand`: a wheel in an environment of its own, in a home and a folder with no clone in reach."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from tasks.core.model.project import read_version
from tests.conftest import PROJECT, make_sandbox
from tests.core.frame.test_front import AROUND, Hostile

pytestmark = pytest.mark.slow

UV = Path(sys.executable).with_name("uv")
LOCK = PROJECT / "requirements" / "run.txt"
PARTS = ("dodo.py", "tasks", "templates", "requirements", "CHANGELOG.md")
MAINTAINERS = ("test", "bench", "docs", "lock", "facts")
PORT = "4103"


def run(*command, **options):
    """Run a program that must succeed: what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@functools.cache
def cache():
    """Where uv keeps what it has fetched: in the home of the machine, which commands do not see."""
    return run(str(UV), "cache", "dir").strip()


def uv(*words, **more):
    """Run uv with what is in its cache, and ask the registry only when that does not do."""
    environ = {**os.environ, "UV_CACHE_DIR": cache(), **more}
    for offline in ("1", "0"):
        command = [str(UV), *map(str, words)]
        done = subprocess.run(command, env={**environ, "UV_OFFLINE": offline}, capture_output=True, text=True)
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr
    return done


def build(project, folder):
    """The wheel and the sdist of *project*, in *folder*."""
    run(sys.executable, "-m", "hatchling", "build", "-d", str(folder), cwd=project)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(PROJECT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(built):
    return built[0]


def install(python, wheel, folder):
    """An environment of *python* that holds the wheel and what it depends on, and nothing else: *folder*."""
    uv("venv", "--python", python, folder)
    into = ("--python", folder / "bin" / "python", "--compile-bytecode")
    uv("pip", "install", *into, "-r", LOCK)
    uv("pip", "install", *into, "--no-deps", wheel)
    uv("pip", "check", *into[:2])
    return folder


def find_python(version):
    """A Python of that version on this machine."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    done = subprocess.run([UV, "python", "find", "--offline", version], capture_output=True, text=True)
    found = [done.stdout.strip()] if done.returncode == 0 else sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    return found[-1] if found else pytest.skip(f"there is no Python {version} here")


@pytest.fixture(scope="module")
def environment(tmp_path_factory, wheel):
    return install(os.path.realpath(sys.executable), wheel, tmp_path_factory.mktemp("installed") / "env")


class Person(NamedTuple):
    """Who types `gatehand`, in a folder that tries to have a say."""

    environment: Path
    home: Path
    hostile: Hostile

    @property
    def program(self):
        return self.environment / "bin" / "gatehand"

    def types(self, *words, code=0, program=None, **more):
        """Run it, with the environment on PATH; its exit code must be *code*."""
        environ = {"PATH": f"{self.program.parent}:/usr/bin:/bin", "HOME": str(self.home), **more}
        done = subprocess.run(
            [program or self.program, *words],
            cwd=self.hostile.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def person(environment, tmp_path):
    (tmp_path / "home").mkdir()
    return Person(environment, tmp_path / "home", Hostile(tmp_path / "a folder"))


def snapshot(folder):
    """Every file below *folder*, with its size and time."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


def names_in(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_a_wheel_holds_one_package_with_all_that_is_in_the_clone(wheel):
    held = names_in(wheel)
    assert {name.partition("/")[0] for name in held} == {"gatehand", f"gatehand-{read_version()}.dist-info"}
    paths = [path for part in PARTS for path in (PROJECT / part, *(PROJECT / part).rglob("*")) if path.is_file()]
    wanted = {f"gatehand/{path.relative_to(PROJECT)}" for path in paths if "__pycache__" not in path.parts}
    assert {name for name in held if name.startswith("gatehand/")} == wanted | {"gatehand/__init__.py"}


def test_the_sdist_makes_the_same_wheel_and_holds_nothing_of_build(built, tmp_path):
    wheel, sdist = built
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    again, _ = build(unpacked, tmp_path / "dist")
    assert names_in(again) == names_in(wheel)
    assert not (unpacked / "build").exists()


@pytest.mark.sample(1)
@pytest.mark.parametrize("version", ["of the tests", "3.12", "3.13"])
def test_a_gateway_comes_and_goes_and_the_package_is_never_written_to(person, version, wheel, tmp_path):
    if version[0].isdigit():
        person = person._replace(environment=install(find_python(version), wheel, tmp_path / "other"))
    before = snapshot(person.environment)
    deployed = person.types("deploy", "--preset", "demo", "--no-input", "--port", PORT)
    assert "gatehand uninstall" in deployed
    assert "Nothing to do" in person.types("deploy")
    person.types("validate")
    assert "deploy " in person.types("list")
    assert "4104" in person.types("plan", "--port", "4104")
    person.types("deploy", "--port", "4104", "--yes")
    person.types("rollback")
    assert PORT in person.types("status")
    person.types("history")
    manifest = json.loads((person.home / ".claude" / "gateway" / "deployment-manifest.json").read_bytes())
    assert manifest["source_version"] == read_version()
    person.types("uninstall", "--yes")
    assert "Nothing is deployed" in person.types("status")
    assert snapshot(person.environment) == before
    made = {path.relative_to(person.home).parts[:3] for path in person.home.rglob("*") if path.is_file()}
    below = [parts for parts in made if parts[0] != ".claude"]
    assert all(parts[:2] == (".cache", "gatehand") or parts == (".local", "state", "gatehand") for parts in below)
    person.types("uninstall", "--purge", "--yes")
    assert [path for path in person.home.rglob("*") if path.is_file()] == []
    assert not person.hostile.taken()


def test_its_files_go_where_the_user_wants_them(person, tmp_path):
    folders = {"XDG_CACHE_HOME": str(tmp_path / "c"), "XDG_STATE_HOME": str(tmp_path / "s")}
    person.types("choose", "--preset", "demo", **folders)
    assert {path.name for path in person.home.iterdir()} == set()
    assert list(tmp_path.glob("s/gatehand/*/choices.json"))
    person.types("render", **folders)
    assert list(tmp_path.glob("c/gatehand/*/catalogue.json"))


def test_looking_writes_nothing(person):
    for words in (["list"], ["help"], ["status"], ["uninstall"], ["history"], ["--version"]):
        person.types(*words)
    assert not list(person.home.iterdir())


def test_it_is_the_same_as_in_a_clone(person, tmp_path):
    box = make_sandbox(tmp_path / "clone")
    for words in (["list", "--all"], ["help", "plan"], ["models"]):
        there = box.doit(*words, env={"GATEWAY_COMMAND": "gatehand"})
        assert person.types(*words).splitlines()[:20] == there.text.splitlines()[:20], words
    box.deploy("--preset", "demo")
    assert "Nothing to do" in person._replace(home=box.home).types("deploy")


@pytest.mark.sample(2)
@pytest.mark.parametrize("around", AROUND)
def test_nothing_of_the_folder_is_taken(person, around):
    """But what Python itself runs before our first line, where PYTHONPATH names the folder."""
    exposed = {"sitecustomize", "usercustomize"} if "PYTHONPATH" in AROUND[around] else set()
    for words in (["list"], ["deploy", "--preset", "demo", "--dry-run"]):
        person.types(*words, **AROUND[around])
    assert person.hostile.taken() <= exposed


def test_another_package_of_such_a_name_does_no_harm(person):
    (site,) = person.environment.glob("lib/*/site-packages")
    others = [site / name for name in ("tasks", "templates", "dodo")]
    early = site / "early.pth"
    try:
        for other in others:
            other.mkdir()
            (other / "__init__.py").write_text("raise SystemExit('another one')\n")
        assert "deploy " in person.types("list")
        (others[0] / "__init__.py").write_text("")
        early.write_text("import tasks\n")
        assert "deploy " in person.types("list")
    finally:
        early.unlink(missing_ok=True)
        for other in others:
            shutil.rmtree(other)


def test_commands_are_named_as_they_can_be_typed(person):
    on_path = person.types("status")
    assert "Deploy first: gatehand deploy" in on_path
    by_path = person.types("status", PATH="/usr/bin:/bin")
    assert f"Deploy first: {person.program} deploy" in by_path


@pytest.mark.sample(2)
@pytest.mark.parametrize("command", MAINTAINERS)
def test_what_is_for_a_clone_says_so(person, command):
    before = snapshot(person.environment)
    assert "clone" in person.types(command, code=3)
    assert snapshot(person.environment) == before


def test_it_completes(person):
    assert "complete -F _gatehand gatehand" in person.types("completion", "--shell", "bash")
    (helper,) = person.environment.glob("lib/*/site-packages/gatehand/tasks/core/frame/completion.py")
    offered = person.types("-I", str(helper), "fish", "gatehand", "depl", program=helper_python(person))
    assert offered.startswith("deploy\t")


def helper_python(person):
    return person.environment / "bin" / "python"


def test_a_command_that_runs_others_finds_itself(person):
    person.types("doctor", "--report", str(person.home / "report.md"))
    report = (person.home / "report.md").read_text()
    assert f"gatehand      {read_version()}" in report
    assert "Nothing is deployed" in report


def test_uv_runs_and_installs_it(person, wheel, tmp_path):
    into = {"HOME": str(person.home), "UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    python = ("--python", os.path.realpath(sys.executable), "--constraints", LOCK)
    shown = uv("tool", "run", *python, "--from", wheel, "gatehand", "status", **into)
    assert "Deploy first: uvx gatehand deploy" in shown.stdout + shown.stderr
    uv("tool", "install", *python, wheel, **into)
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["gatehand"]
    assert "deploy " in person.types("list", program=tmp_path / "bin" / "gatehand")


def test_pip_installs_the_command_from_a_clone(tmp_path):
    """With what builds it there already: fetching that is pip's own matter."""
    base = os.path.realpath(sys.executable)
    if subprocess.run([base, "-m", "pip", "--version"], capture_output=True).returncode:
        pytest.skip("this Python has no pip")
    folder = tmp_path / "env"
    uv("venv", "--python", base, folder)
    uv("pip", "install", "--python", folder / "bin" / "python", "-r", LOCK, "hatchling")
    (site,) = folder.glob("lib/*/site-packages")
    before = {path.name for path in site.iterdir()}
    into = ("--python", str(folder / "bin" / "python"), "install", "--no-deps", "--no-build-isolation", "-q")
    run(base, "-m", "pip", *into, str(PROJECT), env={"PATH": os.defpath, "HOME": str(tmp_path)})
    assert {path.name for path in site.iterdir()} - before - {"__pycache__"} == {
        "gatehand",
        f"gatehand-{read_version()}.dist-info",
    }
    listed = run(str(folder / "bin" / "gatehand"), "list", env={"PATH": os.defpath, "HOME": str(tmp_path)})
    assert "deploy " in listed
