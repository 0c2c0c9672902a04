"""Each way of installing is known by what it leaves, and git's tags are what is known without a network."""

from __future__ import annotations

import subprocess

import pytest

from tasks.core.frame import installation
from tasks.core.frame.installation import Installation
from tasks.core.model.errors import GatewayError


def git(folder, *words):
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


def release(folder, version):
    (folder / "CHANGELOG.md").write_text(f"## [{version}] - 2026-12-01\n\n- New in {version}.\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-m", version)
    git(folder, "tag", f"v{version}")


@pytest.fixture
def origin(tmp_path):
    """A repository with one release."""
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "-b", "main")
    release(folder, "0.1.0")
    return folder


@pytest.fixture
def clone(origin, tmp_path):
    git(tmp_path, "clone", str(origin), "clone")
    return installation.find(tmp_path / "clone")


def package(prefix, installer="pip"):
    """An installed package in the environment *prefix*: its folder."""
    packages = prefix / "lib" / "python3.12" / "site-packages"
    (packages / "gatehand").mkdir(parents=True)
    (packages / "gatehand" / "__init__.py").write_text("")
    (packages / "gatehand-0.1.0.dist-info").mkdir()
    (packages / "gatehand-0.1.0.dist-info" / "INSTALLER").write_text(f"{installer}\n")
    return packages / "gatehand"


WAYS = {
    "uvx": ("cache/uv/archive-v0/x1", "", "uv", "uvx gatehand@latest"),
    "uv tool": ("share/uv/tools/gatehand", "uv-receipt.toml", "uv", "uv tool upgrade gatehand"),
    "pipx": ("share/pipx/venvs/gatehand", "pipx_metadata.json", "pip", "pipx upgrade gatehand"),
    "pipx run": ("share/pipx/.cache/x1", "", "pip", "pipx run --no-cache gatehand"),
    "uv": ("my venv", "", "uv", "uv pip install --python '{prefix}/bin/python' --upgrade gatehand"),
    "pip": ("my venv", "", "pip", "'{prefix}/bin/python' -m pip install --upgrade gatehand"),
}
"""Where each puts an environment, what it leaves there, what it calls itself, and how it updates."""


@pytest.mark.parametrize("kind", WAYS)
def test_what_installed_a_package_updates_it(tmp_path, kind):
    place, mark, installer, update = WAYS[kind]
    prefix = tmp_path / place
    project = package(prefix, installer)
    if mark:
        (prefix / mark).write_text("")
    assert installation.find(project, str(prefix)) == Installation(kind, str(prefix), update.format(prefix=prefix))


def test_a_checkout_is_pulled_and_a_copy_is_downloaded_again(clone, tmp_path):
    assert clone.kind == "checkout"
    assert clone.update == f"git -C {tmp_path / 'clone'} pull"
    (tmp_path / "copy").mkdir()
    assert installation.find(tmp_path / "copy").kind == "copy"


def test_without_the_network_what_is_fetched_is_known_and_nothing_else(clone, origin, tmp_path):
    release(origin, "0.10.0")
    assert installation.find_newest(clone).version == "0.1.0"
    assert installation.find_newest(clone).commits == 0
    git(tmp_path / "clone", "fetch", "--tags")
    found = installation.find_newest(clone)
    assert (found.version, found.commits) == ("0.10.0", 1)
    (section,) = installation.read_changes(clone, "0.1.0", "0.10.0")
    assert section.text == "- New in 0.10.0."


def test_asked_the_remote_repository_answers_and_the_clone_stays_as_it_is(clone, origin, tmp_path):
    release(origin, "0.2.0")
    before = sorted(path.name for path in (tmp_path / "clone" / ".git").rglob("*"))
    assert installation.ask_newest(clone).version == "0.2.0"
    assert sorted(path.name for path in (tmp_path / "clone" / ".git").rglob("*")) == before


def test_a_remote_repository_that_does_not_answer_is_an_error_that_says_so(clone, origin):
    origin.rename(origin.with_name("gone"))
    with pytest.raises(GatewayError, match="git: "):
        installation.ask_newest(clone)


def test_nothing_is_known_of_a_package_without_asking(tmp_path):
    here = installation.find(package(tmp_path / "venv"), str(tmp_path / "venv"))
    assert installation.find_newest(here).version == ""
