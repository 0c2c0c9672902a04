"""Which Claude Code is installed is known without starting it."""

from __future__ import annotations

import json

import pytest

from tasks.core.claude import installed
from tasks.core.model.catalogue import Setting

NEW = Setting(("new",), json="1", since="2.1.330")
OLD = Setting(("old",), text="1", until="2.1.330")
ALWAYS = Setting(("always",), text="1")


def put(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def on_path(tmp_path, monkeypatch):
    """Put a link to a program where PATH has it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def link(program):
        (folder / "claude").symlink_to(program)

    return link


@pytest.mark.parametrize("place", ["versions/2.1.290", "Caskroom/claude-code/2.1.290/claude"])
def test_its_path_says_it(tmp_path, on_path, place):
    on_path(put(tmp_path / place))
    assert installed.find_version() == (2, 1, 290)


@pytest.mark.parametrize("place", ["bin/claude.exe", "cli.js"])
def test_its_package_says_it(tmp_path, on_path, place):
    package = tmp_path / "node_modules" / "@anthropic-ai" / "claude-code"
    put(package / "package.json", json.dumps({"version": "2.1.290"}))
    on_path(put(package / place))
    assert installed.find_version() == (2, 1, 290)


@pytest.mark.parametrize("package", ["[]", "{", '{"version": 5}', "{}"])
def test_what_says_nothing_is_not_known(tmp_path, on_path, package):
    put(tmp_path / "own" / "package.json", package)
    on_path(put(tmp_path / "own" / "claude"))
    assert installed.find_version() is None


def test_none_is_not_known(on_path):
    assert installed.find_version() is None


@pytest.mark.parametrize(
    ("version", "chosen"),
    [("2.1.329", [OLD, ALWAYS]), ("2.1.330", [NEW, ALWAYS]), ("2.2.0", [NEW, ALWAYS]), (None, [NEW, ALWAYS])],
)
def test_settings_are_those_that_it_reads(tmp_path, on_path, version, chosen):
    if version:
        on_path(put(tmp_path / version))
    assert installed.select([NEW, OLD, ALWAYS]) == chosen


def test_nothing_is_looked_for_where_the_version_decides_nothing(monkeypatch):
    monkeypatch.delattr(installed, "find_version")
    assert installed.select([ALWAYS]) == [ALWAYS]
