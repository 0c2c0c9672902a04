"""What templates/client/claude-code.json says is what the program says, the pinned one and the newest on npm."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tasks.core.catalogue import client_facts
from tasks.core.claude import client_verdict, contract, settings_types
from tasks.core.model.layout import PROJECT
from tasks.core.text import json_edit
from tests.real.conftest import CLAUDE_VERSION

pytestmark = pytest.mark.real

TEMPLATES = PROJECT / "templates"
KNOWN = client_facts.names(TEMPLATES)
UPDATE = "put the newest claude on PATH, run `doit facts`, and judge in keys.yaml what is new"


@pytest.fixture(scope="module")
def read(claude):
    return contract.read(claude.resolve())


def test_the_names_are_those_of_the_pinned_program(read):
    assert read["version"] == KNOWN["version"] == CLAUDE_VERSION
    assert read["settings"] == list(KNOWN["settings"]), UPDATE
    assert {**read, "settings": None} == {**KNOWN, "settings": None}, UPDATE


@pytest.mark.nightly
def test_the_types_that_void_a_file_are_those_of_the_pinned_program(claude):
    assert client_verdict.find_types(claude, list(KNOWN["settings"]), os.environ) == KNOWN["settings"], UPDATE


@pytest.mark.parametrize("key", ["autoMode", "permissions", "statusLine", "cleanupPeriodDays", "hooks", "theme", "env"])
@pytest.mark.sample(3)
def test_a_wrong_type_is_judged_as_the_program_does(claude, key):
    data = f'{{"{key}": "x"}}'.encode()
    wrong = settings_types.find_wrong(json_edit.parse(data), TEMPLATES)
    assert [each.key for each in wrong] == [
        each.key for each in client_verdict.judge(claude, data, os.environ) if each.is_for_whole_file
    ]


@pytest.mark.nightly
@pytest.mark.parametrize("key", sorted(set(KNOWN["settings"]) - {"env"}))
def test_a_value_of_each_type_counts_or_voids_the_file_as_we_say(claude, key, real_environ):
    """Whether a file counts is seen by what it says beside that value: an address."""
    folder = Path(real_environ["HOME"])
    quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1"}
    environ = real_environ | quiet | {"CLAUDE_CONFIG_DIR": str(folder)}
    beside = '"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "ANTHROPIC_AUTH_TOKEN": "x"}'
    ours, theirs = {}, {}
    for kind, value in client_verdict.VALUES.items():
        data = f'{{"{key}": {value}, {beside}}}'.encode()
        (folder / "settings.json").write_bytes(data)
        command = [claude, "auth", "status", "--text"]
        done = subprocess.run(
            command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
        theirs[kind] = "http://127.0.0.1:9" in done.stdout
        ours[kind] = not settings_types.find_wrong(json_edit.parse(data), TEMPLATES)
    assert ours == theirs


@pytest.mark.nightly
def test_the_newest_program_has_no_name_that_is_not_known(tmp_path):
    npm = shutil.which("npm")
    package = "@anthropic-ai/claude-code-linux-x64"
    if npm is None:
        pytest.skip("npm is not on PATH")
    done = subprocess.run(
        [npm, "pack", package], cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        pytest.skip(f"npm has no {package}: {done.stderr[-200:]}")
    shutil.unpack_archive(tmp_path / done.stdout.split()[-1], tmp_path, "gztar", filter="data")
    newest = contract.read(tmp_path / "package" / "claude")
    for section in ("variables", "settings", "switches", "credentials", "models"):
        assert set(newest[section]) <= set(KNOWN[section]), f"{newest['version']}: {UPDATE}"
