"""A plan as data: files, keys and the process, each with what happens to it; no secret."""

import json
from types import SimpleNamespace

import pytest

from tasks.core.claude.ownership import Receipt
from tasks.core.claude.settings_edit import Outcome
from tasks.core.deploying import plan
from tasks.core.model.layout import Layout
from tasks.core.model.release import Change
from tasks.core.service.processes import Instance

KEY = "sk-mine-0123456789abcdef0123456789"


def test_a_file_with_the_lines_that_come_and_go():
    change = Change("a.yaml", "update", b"a\nc\nd\n", 0o644, b"a\nb\n", "because")
    assert plan.file_entry(change, "0" * 16, secret=False) == {
        "file": "a.yaml",
        "action": "update",
        "mode": "0644",
        "note": "because",
        "added": 2,
        "removed": 1,
        "secret": False,
        "digest": "0" * 16,
    }


def test_what_is_kept_has_no_lines_that_come_or_go():
    entry = plan.file_entry(Change("a", "keep", b"a\n", 0o644, b"b\n"), "-", secret=False)
    assert (entry["added"], entry["removed"]) == (0, 0)


def test_every_key_with_what_stands_and_what_will_stand():
    before = {("env", "A"): "1", ("env", "ANTHROPIC_AUTH_TOKEN"): KEY, ("x",): True, ("gone",): 5}
    after = {**before, ("env", "A"): "2", ("env", "ANTHROPIC_AUTH_TOKEN"): KEY + "x", ("gone",): None}
    receipt = Receipt(written=(("env", "A"), ("env", "ANTHROPIC_AUTH_TOKEN")), restored=(("gone",),), kept=(("x",),))
    found = list(plan.keys(Outcome(None, None, receipt), before.get, after.get))
    assert [(each["key"], each["action"]) for each in found] == [
        ("env.A", "set"),
        ("env.ANTHROPIC_AUTH_TOKEN", "set"),
        ("gone", "restore"),
        ("x", "keep"),
    ]
    assert (found[0]["before"], found[0]["after"]) == ("1", "2")
    assert (found[2]["before"], found[2]["after"], found[3]["after"]) == ("5", None, "true")
    assert KEY not in json.dumps(found)
    assert found[1]["before"] != found[1]["after"]


def test_a_key_that_is_written_as_it_was_is_no_change():
    receipt = Receipt(written=(("env", "A"),))
    assert not list(plan.keys(Outcome(None, None, receipt), {}.get, {}.get))


@pytest.mark.parametrize(
    ("name", "value"), [("apiKeyHelper", f"echo {KEY}"), ("OTHER", KEY), ("ANTHROPIC_CUSTOM_HEADERS", "X: y")]
)
def test_what_may_be_a_secret_is_hidden(name, value):
    assert value not in plan.shown(f"env.{name}", value)
    assert "[hidden" in plan.shown(f"env.{name}", value)


class Runs:
    """A running gateway, as far as the plan looks at it."""

    def __init__(self, port=4000, listen="127.0.0.1", status="said"):
        known = dict.fromkeys(Instance._fields, "")
        self.instance = Instance(**{**known, "pid": 1, "port": port, "listen": listen})
        self.status = status


@pytest.fixture
def happens(tmp_path, monkeypatch):
    """What happens to the process when these files are written."""
    layout = Layout.of({"HOME": str(tmp_path)})

    def decide(*written, runs=None, start=False, here=True):
        monkeypatch.setattr(plan.processes, "running", lambda _: runs and runs.instance)
        monkeypatch.setattr(plan.state, "read_status", lambda *_: runs and runs.status)
        deployment = SimpleNamespace(gateway=SimpleNamespace(process=here), port=4000, listen="127.0.0.1")
        return plan.process(layout, deployment, set(written), start=start)

    return decide


def test_what_does_not_run_is_started_when_that_was_asked_for(happens):
    assert happens()["action"] == "none"
    assert happens(start=True)["action"] == "start"


def test_what_runs_takes_a_new_configuration_without_a_pause(happens):
    for file in ("litellm_config.yaml", ".env"):
        assert happens(file, runs=Runs()) == {
            "action": "swap",
            "why": "it takes the new configuration without a pause",
            "wait_seconds": 0,
        }
    assert happens("start-gateway.sh", runs=Runs())["action"] == "none"


@pytest.mark.parametrize(
    ("written", "runs", "why"),
    [
        ("serve.py", Runs(), "serve.py"),
        ("litellm_config.yaml", Runs(port=4999), "elsewhere"),
        ("litellm_config.yaml", Runs(listen="0.0.0.0"), "elsewhere"),
        ("litellm_config.yaml", Runs(status=None), "nothing of itself"),
    ],
)
def test_what_a_running_one_cannot_take_is_a_restart_with_a_reason_and_a_time(happens, written, runs, why):
    found = happens(written, runs=runs)
    assert found["action"] == "restart"
    assert why in found["why"]
    assert found["wait_seconds"] > 0


def test_a_gateway_elsewhere_has_no_process_here(happens):
    assert happens(here=False)["action"] == "none"
    assert happens(runs=Runs(), here=False)["action"] == "stop"


def test_what_writes_is_counted():
    entries = [{"action": action} for action in ("create", "keep", "unchanged", "mode")]
    assert plan.changes({"files": entries, "settings": {"action": "update"}}) == 3
