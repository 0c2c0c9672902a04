"""What doit remembers decides how long a command takes, and nothing else."""

from __future__ import annotations

import re
import shutil

import pytest

from tasks.core.model.layout import Layout
from tests.conftest import make_sandbox

KEY = {"LITELLM_MASTER_KEY": "sk-tests-0123456789abcdef0123456789abcdef"}
EDIT = "edit"
REFUSED = ["deploy --port 4202", "deploy"]
"""After an uninstall nothing is chosen, whatever was looked at before it."""

SEQUENCES = {
    "there and back": ["deploy --preset demo --port 4201", "deploy --port 4202", "deploy --port 4201", "rollback 2"],
    "the same again": ["deploy --preset demo --port 4201", "deploy", "uninstall", *REFUSED, "deploy --preset demo"],
    "an edit": ["deploy --preset demo --port 4201", EDIT, "deploy --port 4202", "rollback 1", "deploy --port 4202"],
}
VARIABLE = r"\d{4}-\d\d-\d\d[T ][\d:]+Z?|\d{8}-\d{6}(-\d+)?|\b[0-9a-f]{16,}\b"
"""Times, and digests of what holds times: the content that they are of is compared itself."""


def run(root, commands, damage):
    """The home after *commands*, with *damage* done to the memory before each."""
    box = make_sandbox(root)
    box.extra |= KEY
    for command in commands:
        damage(box, box.workshop / "doit.db")
        if command == EDIT:
            config = box.gateway / "litellm_config.yaml"
            config.write_text(config.read_text().replace("request_timeout: 600", "request_timeout: 77"))
        else:
            done = box.doit(*command.split())
            assert (done.code == 0) != (command in REFUSED and not box.settings.exists()), done.text
    return sorted(describe(box, path) for path in box.home.rglob("*"))


UNLIKE = (".digest-key", ".lock", "deployment.log")
"""Files that no two runs have alike: a random key, the number of a process, durations."""


def describe(box, path):
    """A file as it would be at any time in any folder; of archives only that they are there."""
    name = re.sub(VARIABLE, "?", str(path.relative_to(box.home)))
    if not path.is_file() or "backups" in path.parts or path.name in UNLIKE:
        return name, oct(path.stat().st_mode)
    text = path.read_text().replace(str(box.root), "")
    return name, oct(path.stat().st_mode), re.sub(VARIABLE, "?", text)


def no_damage(_box, _memory):
    pass


def gone(_box, memory):
    memory.unlink(missing_ok=True)  # an edit by hand writes none


def half(_box, memory):
    memory.write_bytes(memory.read_bytes()[: memory.stat().st_size // 2])


def of_the_run_before(_box, memory):
    """As a killed run leaves it, which is written at its end only."""
    now, former = memory.read_bytes(), memory.with_suffix(".former")
    if former.exists():
        shutil.copy(former, memory)
    former.write_bytes(now)


def of_another_home(box, memory):
    """Everything in it was true, in another home."""
    home = box.root / "other"
    home.mkdir(exist_ok=True)
    box.deploy("--preset", "demo", "--port", "4202", env={"HOME": str(home)})
    shutil.copy(Layout.of({"HOME": str(home)}, project=box.project).database, memory)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The home after each of the sequences, when nothing happens to the memory."""
    known = {}

    def find(name):
        if name not in known:
            known[name] = run(tmp_path_factory.mktemp("whole"), SEQUENCES[name], no_damage)
        return known[name]

    return find


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.parametrize("damage", [gone, of_the_run_before, half, of_another_home])
def test_a_damaged_memory_leads_to_the_same_home(tmp_path, expected, name, damage):
    assert run(tmp_path, SEQUENCES[name], damage) == expected(name)


@pytest.mark.parametrize("text", ["{", '{"permissions": 5}'], ids=["broken", "ignored by Claude Code"])
def test_settings_that_have_become_useless_are_refused_by_the_same_deployment_again(sandbox, text):
    again = ("deploy", "--preset", "demo", "--yes")
    sandbox.deploy(*again[1:])
    assert "Nothing to do" in sandbox.deploy(*again[1:]).text
    good = sandbox.settings.read_bytes()
    sandbox.settings.write_text(text)
    before = sandbox.state(sandbox.claude)
    refused = sandbox.doit(*again)
    assert refused.code == 4, refused.text
    assert "preflight" in refused.err
    assert str(sandbox.settings) in refused.err
    after = sandbox.state(sandbox.claude)
    assert {name for name in before | after if before.get(name) != after.get(name)} <= {"gateway/deployment.log"}
    sandbox.settings.write_bytes(good)
    assert "Nothing to do" in sandbox.deploy(*again[1:]).text
