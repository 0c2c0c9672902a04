"""One judgement of whether the deployed gateway runs, serves what is deployed, and answers."""

from __future__ import annotations

import json

import pytest

from tasks.core.http import gateway
from tasks.core.model.errors import Unhealthy
from tasks.core.service import processes, state
from tasks.core.service.processes import Instance, PortState
from tasks.core.service.state import State
from tests.core.places import CONFIG, SCRIPT, layout_in, manifest_of

WORD = "a-random-word"


class Machine:
    """What runs, which program has the port, what is listed; *asked* counts the requests."""

    def __init__(self):
        self.instance, self.listener, self.models, self.asked = None, PortState("free"), ["demo"], 0

    def served_models(self, url, key):
        self.asked += 1
        if isinstance(self.models, Exception):
            raise self.models
        return self.models


@pytest.fixture
def machine(monkeypatch):
    made = Machine()
    monkeypatch.setattr(processes, "running", lambda _: made.instance)
    monkeypatch.setattr(processes, "listener", lambda *_: made.listener)
    monkeypatch.setattr(gateway, "served_models", made.served_models)
    return made


@pytest.fixture
def layout(tmp_path):
    made = layout_in(tmp_path)
    made.config.write_text("model_list: []\n")
    made.env_file.write_text("LITELLM_MASTER_KEY=sk-tests-0123456789\n")
    return made


@pytest.fixture
def deployed(layout):
    return State(layout, manifest_of(dict.fromkeys((CONFIG, SCRIPT), "sha256:1")))


def run(machine, port=4000):
    machine.instance = Instance(4711, WORD, 0.0, 0, port, "127.0.0.1", "1.106.2", "/usr/bin/litellm")


def say(layout, served=None, state_of_it="serving"):
    """Write what the process says about itself; *served*: the configuration and the .env, or those on the disk."""
    config, env = served or (layout.config.read_bytes(), layout.env_file.read_bytes())
    hashed = state.hashlib.blake2b(env, key=WORD.encode(), digest_size=6).hexdigest()
    known = {"supervisor": 4711, "attempt": 1, "state": state_of_it, "reason": "x\x1b[2J", "error": [], "leaving": []}
    known |= {"revision": state.hashlib.sha256(config).hexdigest()[:12], "environment": hashed, "code": ""}
    layout.status_file.write_text(json.dumps(known))


OTHER = (b"other\n", b"")


@pytest.mark.parametrize(
    ("told", "condition", "lag"),
    [
        ((None, "serving"), "current", ""),
        ((None, "starting"), "starting", "is starting"),
        ((OTHER, "starting"), "starting", "is starting"),
        ((OTHER, "failed"), "failed", r"(x\x1b[2J)"),
        ((OTHER, "serving"), "behind", "earlier configuration"),
        ((None, "failed"), "current", ""),
    ],
)
def test_a_running_gateway_serves_what_is_deployed_or_not(machine, deployed, told, condition, lag):
    run(machine)
    say(deployed.layout, *told)
    assert (deployed.condition, bool(deployed.lag)) == (condition, bool(lag))
    assert lag in (deployed.lag.says if deployed.lag else "")
    assert state.is_behind(deployed.layout) == (condition != "current")


def test_one_that_says_nothing_about_itself_is_behind(machine, layout, deployed):
    run(machine)
    assert (deployed.condition, deployed.serves_disk) == ("behind", False)
    assert state.is_behind(layout)


@pytest.mark.parametrize(("port", "moved"), [(4001, True), (4000, False), (None, False)])
def test_one_on_another_port_has_moved(machine, layout, deployed, port, moved):
    run(machine, port)
    say(layout)
    assert (deployed.condition == "moved") is moved
    assert bool(deployed.lag and "port 4001" in deployed.lag.says) is moved


@pytest.mark.parametrize(("kind", "silent"), [("free", True), ("foreign", False)])
def test_a_stopped_gateway_is_silent_unless_another_program_has_its_port(machine, deployed, kind, silent):
    machine.listener = PortState(kind)
    assert (deployed.condition, deployed.lag, deployed.is_silent) == ("stopped", None, silent)


def test_a_remote_gateway_has_no_process_and_no_port(machine, layout):
    remote = State(layout, manifest_of({})._replace(gateway_url="https://gateway.example.com"))
    assert (remote.condition, remote.port, remote.port_state, remote.is_silent) == ("remote", None, None, False)


def test_what_it_lists_is_asked_once(machine, deployed):
    assert deployed.find_missing(["demo", "another"]) == ["another"]
    assert deployed.served == ["demo"]
    assert machine.asked == 1


def test_where_nothing_is_listed_the_reason_is_kept_and_nothing_is_missing(machine, deployed):
    machine.models = Unhealthy("nothing answers")
    assert deployed.served is machine.models
    assert deployed.find_missing(["demo"]) == []


def test_no_key_is_shown(layout):
    assert "sk-tests" not in repr(State(layout, manifest_of({}), gateway.own_key(layout)))
