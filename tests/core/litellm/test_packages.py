"""Environments from a lock: whole or not at all, by uv and by pip, from wheels made here, so without a network."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tasks.core.litellm import packages
from tasks.core.model.errors import GatewayError
from tasks.core.model.layout import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

INSTALLERS = ["pip", pytest.param("uv", marks=pytest.mark.skipif(not packages.find_uv(), reason="there is no uv"))]


def wheel(folder: Path, name: str, source: str = "", scripts: str = "") -> Path:
    """A wheel of one module *name* 1.0 with *source*, and perhaps console scripts."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{scripts}\n",
    }
    record = "".join(f"{path},{recorded(text)}\n" for path, text in files.items()) + f"{info}/RECORD,,\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(file, text)
    return path


def recorded(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"sha256={digest},{len(text.encode())}"


def lock(path: Path, *wheels: Path, wrong: bool = False) -> Path:
    """A lock of these wheels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digests = {each: "0" * 64 if wrong else packages.digest(each) for each in wheels}
    lines = [f"{each.name.split('-')[0]} @ {each.as_uri()} --hash=sha256:{digests[each]}\n" for each in wheels]
    path.write_text("".join(lines))
    return path


def modules(venv: Path) -> set[str]:
    """What was installed."""
    return {path.stem for path in venv.glob("lib/python*/site-packages/*.py")} - {"_virtualenv"}


@pytest.fixture(params=INSTALLERS)
def installer(request, monkeypatch):
    """Either installer, whatever else there is."""
    if request.param == "pip":
        monkeypatch.setattr(packages, "find_uv", lambda: None)
    return request.param


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An environment with pip, as `python -m venv` makes it: most of the time of that goes into pip."""
    made = tmp_path_factory.mktemp("made") / "venv"
    subprocess.run([sys.executable, "-m", "venv", made], check=True)
    return made


@pytest.fixture
def quick_venvs(made, tmp_path, monkeypatch):
    """A base Python that copies an environment where it is to make one."""
    python = tmp_path / "base-python"
    python.write_text(
        f'#!/bin/sh\n[ "$1 $2 $3" = "-I -m venv" ] && exec cp -a "{made}/." "$4"\nexec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    real = packages._with_pip

    def with_pip(*arguments, **options):
        with monkeypatch.context() as patch:
            patch.setattr(packages, "_base_python", lambda: str(python))
            return real(*arguments, **options)

    monkeypatch.setattr(packages, "_with_pip", with_pip)


@pytest.fixture
def venv(tmp_path):
    return tmp_path / "deep" / "venv"


@pytest.mark.slow
@pytest.mark.sample(1)
def test_installs_once_updates_and_needs_nothing_again(installer, tmp_path, venv, capfd):
    one = lock(tmp_path / "one.txt", wheel(tmp_path, "one"))
    packages.install(venv, one)
    assert packages.installed(venv, one)
    assert modules(venv) == {"one"}
    assert subprocess.run([packages.python_of(venv), "-c", "import one"]).returncode == 0
    told = capfd.readouterr()
    assert told.out == ""
    assert "once, about a minute" in told.err

    stood = {path: path.stat().st_mtime_ns for path in venv.rglob("*")}
    packages.install(venv, one)
    assert {path: path.stat().st_mtime_ns for path in venv.rglob("*")} == stood
    assert capfd.readouterr().err == ""

    two = lock(tmp_path / "two.txt", wheel(tmp_path, "one"), wheel(tmp_path, "two"))
    assert not packages.installed(venv, two)
    packages.install(venv, two, covers=[one])
    assert modules(venv) == {"one", "two"}
    assert packages.installed(venv, one)
    assert packages.installed(venv, two)


@pytest.mark.slow
@pytest.mark.usefixtures("quick_venvs")
def test_a_wrong_hash_installs_nothing_and_is_mended_by_the_next_run(installer, tmp_path, venv):
    one = wheel(tmp_path, "one")
    locked = lock(tmp_path / "lock.txt", one, wrong=True)
    with pytest.raises(GatewayError) as error:
        packages.install(venv, locked)
    assert "hash" in str(error.value).lower()
    assert "run the command again" in str(error.value)
    assert packages.unfinished(venv)
    assert modules(venv) == set()
    packages.install(venv, lock(locked, one))
    assert modules(venv) == {"one"}


@pytest.mark.slow
@pytest.mark.sample(1)
@pytest.mark.usefixtures("quick_venvs")
def test_what_stopped_half_way_is_made_anew(installer, tmp_path, venv):
    (venv / "lib").mkdir(parents=True)
    (venv / "lib" / "half.py").touch()
    (venv / "lib64").symlink_to("lib")
    (venv / packages.STAMP).touch()
    assert packages.unfinished(venv)
    locked = lock(tmp_path / "lock.txt", wheel(tmp_path, "one"))
    packages.install(venv, locked)
    assert packages.installed(venv, locked)
    assert not (venv / "lib" / "half.py").exists()


@pytest.mark.slow
def test_killed_at_any_moment_it_counts_as_unfinished(tmp_path, venv):
    """A uv that kills its caller, first when the environment is made, then when packages are installed."""
    locked = lock(tmp_path / "lock.txt", wheel(tmp_path, "one"))
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    script = "import sys, pathlib; from tasks.core.litellm import packages\n"
    script += "packages.install(*map(pathlib.Path, sys.argv[1:]))"
    command = [sys.executable, "-c", script, str(venv), str(locked)]
    environ = os.environ | {"PATH": f"{uv.parent}:{os.environ['PATH']}"}
    for moment in ("venv", "pip"):
        uv.write_text(f'#!/bin/sh\nmkdir -p "{venv}/bin"; [ "$1" = {moment} ] && kill -9 $PPID; exit 0\n')
        uv.chmod(0o755)
        assert subprocess.run(command, env=environ, cwd=PROJECT, capture_output=True).returncode == -9
        assert packages.unfinished(venv)
        assert not packages.installed(venv, locked)
    packages.install(venv, locked)
    assert packages.installed(venv, locked)


@pytest.mark.slow
@pytest.mark.usefixtures("quick_venvs")
def test_pip_takes_over_where_uv_cannot(tmp_path, venv, monkeypatch, capfd):
    broken = tmp_path / "uv"
    broken.write_text('#!/bin/sh\n[ "$1" = --version ]\n')
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    packages.install(venv, locked := lock(tmp_path / "lock.txt", wheel(tmp_path, "one")))
    assert packages.installed(venv, locked)
    assert "trying pip" in capfd.readouterr().err


@pytest.mark.slow
def test_an_environment_that_a_person_made_is_added_to_and_never_emptied(tmp_path, venv):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (venv / "mine").touch()
    one = wheel(tmp_path, "one")
    locked = lock(tmp_path / "lock.txt", one, wrong=True)
    with pytest.raises(GatewayError):
        packages.install(venv, locked)
    packages.install(venv, lock(locked, one))
    assert packages.installed(venv, locked)
    with pytest.raises(GatewayError):
        packages.install(venv, lock(tmp_path / "other.txt", wheel(tmp_path, "two"), wrong=True))
    assert not packages.installed(venv, locked)
    packages.install(venv, locked)
    assert (venv / "mine").exists()


@pytest.mark.slow
@pytest.mark.sample(1)
def test_nothing_of_the_current_folder_is_used(installer, tmp_path, venv, monkeypatch):
    hostile, mark = tmp_path / "hostile", tmp_path / "mark"
    hostile.mkdir()
    for name in ("venv", "ensurepip", "pip", "json", "subprocess", "sitecustomize"):
        (hostile / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write({name!r})\n")
    (hostile / "uv.toml").write_text("this is not TOML")
    (hostile / "uv").write_text(f"#!/bin/sh\ntouch '{mark}'\n")
    (hostile / "uv").chmod(0o755)
    monkeypatch.chdir(hostile)
    monkeypatch.setenv("PATH", f".:{os.environ['PATH']}")
    for name in ("PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "UV_SYSTEM_PYTHON", "UV_PROJECT_ENVIRONMENT"):
        monkeypatch.setenv(name, str(hostile))
    packages.install(venv, locked := lock(tmp_path / "lock.txt", wheel(tmp_path, "one")))
    assert packages.installed(venv, locked)
    assert modules(venv) == {"one"}
    assert not mark.exists()


def test_where_packages_come_from_is_the_users_to_say(monkeypatch):
    mine = {"PIP_INDEX_URL": "https://index.example", "UV_DEFAULT_INDEX": "https://index.example", "HTTPS_PROXY": "p"}
    for name, value in {**mine, "PIP_CONSTRAINT": "c", "UV_OVERRIDE": "o", "PIP_NO_DEPS": "1"}.items():
        monkeypatch.setenv(name, value)
    environ = packages._environment()
    assert mine.items() <= environ.items()
    assert not {"PIP_CONSTRAINT", "UV_OVERRIDE", "PIP_NO_DEPS"} & environ.keys()


@pytest.mark.parametrize("place", ["home", "config"])
def test_ones_own_settings_of_uv_count(tmp_path, monkeypatch, place):
    folder = tmp_path / ".config" if place == "home" else tmp_path / "config"
    (folder / "uv").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("UV_CONFIG_FILE", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    if place == "config":
        monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    assert packages._settings() == ["--no-config"] or packages._settings()[1].startswith("/etc")
    (folder / "uv" / "uv.toml").touch()
    assert packages._settings() == ["--config-file", str(folder / "uv" / "uv.toml")]


def test_a_folder_in_the_way_is_left_alone(tmp_path, venv):
    venv.mkdir(parents=True)
    (venv / "thesis.tex").touch()
    with pytest.raises(GatewayError, match="in the way"):
        packages.install(venv, lock(tmp_path / "lock.txt"))
    assert (venv / "thesis.tex").exists()


def test_an_environment_of_others_without_a_python_is_left_alone(tmp_path, venv):
    venv.mkdir(parents=True)
    (venv / "pyvenv.cfg").touch()
    with pytest.raises(GatewayError, match="made by others"):
        packages.install(venv, lock(tmp_path / "lock.txt"))


@pytest.mark.slow
def test_a_python_that_went_away_or_was_renewed_is_noticed(tmp_path, venv):
    packages.install(venv, locked := lock(tmp_path / "lock.txt", wheel(tmp_path, "one")))
    stamp = venv / packages.STAMP
    stamp.write_text(stamp.read_text().replace(f"3.{sys.version_info[1]}", "3.99", 1))
    assert not packages.installed(venv, locked)
    packages.install(venv, locked)
    packages.python_of(venv).unlink()
    assert not packages.installed(venv, locked)
    packages.install(venv, locked)
    assert packages.installed(venv, locked)


def test_without_ensurepip_debians_package_is_named(tmp_path, venv, monkeypatch):
    monkeypatch.setattr(packages, "find_uv", lambda: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "ensurepip" else object())
    with pytest.raises(GatewayError) as error:
        packages.install(venv, lock(tmp_path / "lock.txt"))
    assert f"sudo apt install python3.{sys.version_info[1]}-venv" in str(error.value)
    assert error.value.exit_code == 1


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(GatewayError, match="cannot be set up"):
        packages.install(tmp_path / "file" / "venv", lock(tmp_path / "lock.txt"))
