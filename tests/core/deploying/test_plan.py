"""A plan as data: files, keys and the process, each with what happens to it; no secret."""

import json
import os
from types import SimpleNamespace

import pytest

from tasks.core.claude.settings_edit import Outcome
from tasks.core.claude.settings_step import Receipt
from tasks.core.deploying import plan
from tasks.core.deploying.context import Context
from tasks.core.deploying.resolve import resolve
from tasks.core.model.choices import Flags
from tasks.core.model.errors import Conflict
from tasks.core.model.layout import Layout
from tasks.core.model.release import Change
from tasks.core.service.processes import Instance
from tests.steps.conftest import VALUES

KEY = "sk-mine-0123456789abcdef0123456789"
SEAL = b"k" * 32


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
    receipt = Receipt(written=(("env", "A"), ("env", "ANTHROPIC_AUTH_TOKEN")), removed=(("gone",),), kept=(("x",),))
    found = list(plan.keys(Outcome(None, None, receipt), before.get, after.get))
    assert [(each["key"], each["action"]) for each in found] == [
        ("env.A", "set"),
        ("env.ANTHROPIC_AUTH_TOKEN", "set"),
        ("gone", "remove"),
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


def shown(asked, change):
    return "\n".join(plan.make_patch(asked.layout, change))


def made(asked):
    return plan.make_plan(asked, SEAL)[0]


def keys(document):
    return {each["key"]: each for each in document["settings"]["keys"]}


def test_a_file_is_shown_with_what_happens_its_mode_and_its_diff(asked_for):
    text = shown(asked_for(), Change("a.yaml", "update", b"a: 2\n", 0o644, b"a: 1\n"))
    first, *diff = text.splitlines()
    assert first.split() == ["update", str(asked_for().layout.gateway / "a.yaml"), "0644"]
    assert "-a: 1" in "\n".join(diff)
    assert "+a: 2" in "\n".join(diff)


@pytest.mark.parametrize("kind", ["keep", "unchanged"])
def test_what_stays_has_no_diff(asked_for, kind):
    assert not shown(asked_for(), Change("a.yaml", kind, b"a: 1\n", 0o644, b"a: 2\n"))


def test_secrets_of_env_are_hidden_on_both_sides(asked_for):
    before, after = (f"LITELLM_MASTER_KEY={KEY}{end}\nA=1\n".encode() for end in ("x", "y"))
    text = shown(asked_for(), Change(".env", "update", after, 0o600, before))
    assert KEY not in text
    assert text.count("[hidden ") == 2


def test_a_key_that_a_user_wrote_into_the_configuration_is_hidden(asked_for):
    before = f"model_list:\n- litellm_params:\n    api_key: {KEY}\n".encode()
    assert KEY not in shown(asked_for(), Change("litellm_config.yaml", "merge", before + b"a: 1\n", 0o644, before))


def test_settings_are_shown_with_our_keys_and_without_any_secret(asked_for, layout):
    layout.claude.mkdir()
    layout.settings.write_text(json.dumps({"env": {"ANTHROPIC_AUTH_TOKEN": KEY, "MINE": "1"}}, indent=2))
    document, patch = plan.make_plan(asked_for(preset="demo"), SEAL)
    assert document["settings"]["action"] == "update"
    assert keys(document)["env.ANTHROPIC_BASE_URL"]["after"] == "http://127.0.0.1:4000"
    token = keys(document)["env.ANTHROPIC_AUTH_TOKEN"]
    assert token["before"] != token["after"]
    assert "env.MINE" not in keys(document)
    assert "ANTHROPIC_BASE_URL" in "\n".join(patch)
    for secret in (KEY, VALUES["LITELLM_MASTER_KEY"]):
        assert secret not in json.dumps(document) + "\n".join(patch)
    assert json.loads(layout.settings.read_text())["env"]["ANTHROPIC_AUTH_TOKEN"] == KEY


def test_a_key_that_the_user_has_is_shown_as_kept(asked_for, layout):
    layout.claude.mkdir()
    layout.settings.write_text('{"permissions": {"defaultMode": "plan"}}')
    kept = keys(made(asked_for(preset="demo")))["permissions.defaultMode"]
    assert (kept["action"], kept["before"], kept["after"]) == ("keep", "plan", "plan")


def test_settings_that_are_not_there_would_be_created(asked_for, layout):
    document = made(asked_for(preset="demo"))
    assert document["settings"]["action"] == "create"
    assert {each["action"] for each in document["files"]} == {"create"}
    assert not layout.claude.exists()


def test_two_plans_of_the_same_are_the_same_but_for_the_marks_of_secrets(asked_for):
    first, second = (made(asked_for(preset="demo")) for _ in range(2))
    for document in (first, second):
        document["settings"].pop("keys")
    assert first == second


def test_a_key_that_has_to_be_made_is_no_difference_between_two_plans(asked_for, monkeypatch):
    documents = []
    for _ in range(2):
        asked = asked_for(preset="demo")
        monkeypatch.delenv("LITELLM_MASTER_KEY")
        documents.append(made(asked))
    assert documents[0]["files"] == documents[1]["files"]
    assert documents[0]["settings"]["digest"] == documents[1]["settings"]["digest"]


def test_a_doubt_is_part_of_the_plan(asked_for):
    document = made(asked_for(Flags(allow_missing=True), preset="basic"))
    assert any("GOOGLE_APPLICATION_CREDENTIALS" in each for each in document["warnings"])


def test_what_cannot_be_deployed_has_no_plan(asked_for, layout):
    other = layout.claude / "gateway"
    other.mkdir(parents=True)
    (other / layout.manifest.name).write_text("{}")
    elsewhere = Context(layout._replace(gateway=layout.home / "elsewhere"), os.environ)
    with pytest.raises(Conflict):
        made(resolve(asked_for(preset="demo").request, elsewhere))


def test_the_inputs_name_every_place_that_decides(asked_for, layout):
    names = set(made(asked_for(preset="demo"))["inputs"])
    assert {"templates/presets/demo.yaml", "LITELLM_MASTER_KEY"} <= names
    assert {str(layout.settings), str(layout.config), str(layout.manifest), str(layout.env_file)} <= names
