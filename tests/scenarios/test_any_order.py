"""Deploy, edit, let Claude Code write, roll back, take away, in any order: nothing of the user's is ever lost."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.conftest import make_sandbox

START = '{\n    "theme": "dark",\n    "env": {"MINE": "1"},\n    "permissions": {"allow": []}\n}\n'
PORTS = st.integers(4100, 4105)


class AnyOrder(RuleBasedStateMachine):
    """The model: what the user put where, and whether anything of ours is deployed."""

    def __init__(self):
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="any-order-"))
        self.box = make_sandbox(self.root / "box")
        self.theirs = json.loads(START)
        self.comments: list[str] = []
        self.deployed = self.touched = False

    def teardown(self):
        shutil.rmtree(self.root)

    @initialize()
    def a_home(self):
        self.box.claude.mkdir()
        self.box.settings.write_text(START)

    @rule(port=PORTS)
    def deploy(self, port):
        self.box.deploy("--preset", "demo", "--port", str(port))
        self.deployed = True

    @rule(value=st.text("abc", max_size=3))
    def claude_code_writes_its_settings(self, value):
        found = json.loads(self.box.settings.read_text())
        found["theirs"] = self.theirs["theirs"] = value
        self.box.settings.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
        self.touched = True

    @precondition(lambda self: self.deployed)
    @rule(number=st.integers(0, 99))
    def somebody_edits_the_configuration(self, number):
        config = self.box.gateway / "litellm_config.yaml"
        comment = f"# note {number} of mine"
        config.write_text(config.read_text() + comment + "\n")
        self.comments.append(comment)

    @precondition(lambda self: self.deployed)
    @rule()
    def roll_back(self):
        assert self.box.doit("rollback").code in (0, 3)  # 3: nothing earlier

    @precondition(lambda self: self.deployed)
    @rule()
    def take_away(self):
        result = self.box.doit("uninstall")
        assert result.code == 0, result.text
        if self.touched:
            assert json.loads(self.box.settings.read_text()) == self.theirs
        else:
            assert self.box.settings.read_text() == START
        self.deployed = False
        self.comments.clear()
        (self.box.gateway / "litellm_config.yaml").unlink(missing_ok=True)  # an edited one was left for its owner

    @invariant()
    def what_is_theirs_is_there(self):
        if not self.box.settings.exists():
            return
        found = json.loads(self.box.settings.read_text())
        assert found["theme"] == "dark"
        assert found["env"]["MINE"] == "1"
        assert found.get("theirs") == self.theirs.get("theirs")

    @invariant()
    def their_notes_are_there(self):
        config = self.box.gateway / "litellm_config.yaml"
        if self.deployed:
            text = config.read_text()
            assert not [each for each in self.comments if each not in text]

    @invariant()
    def secrets_are_private(self):
        env = self.box.gateway / ".env"
        assert not env.exists() or env.stat().st_mode & 0o777 == 0o600


AnyOrder.TestCase.settings = settings(
    max_examples=3, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyOrder = pytest.mark.slow(AnyOrder.TestCase)
