"""plan: everything that would change is shown, and no secret."""

import json
import os

import pytest

from tasks import plan
from tasks.core.deploying.context import Context
from tasks.core.deploying.resolve import resolve
from tasks.core.deploying.run import Run
from tasks.core.model.choices import Flags
from tasks.core.model.errors import Conflict
from tasks.core.model.release import Change
from tests.steps.conftest import VALUES

KEY = "sk-mine-0123456789abcdef0123456789"
SEAL = b"k" * 32


def shown(asked, change):
    return "\n".join(plan.patch_of(asked, change))


def made(asked):
    return plan.made(asked, SEAL)[0]


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
    document, patch = plan.made(asked_for(preset="demo"), SEAL)
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
    assert {"the remembered choices", "templates/presets/demo.yaml", "LITELLM_MASTER_KEY"} <= names
    assert {str(layout.settings), str(layout.config), str(layout.manifest), str(layout.env_file)} <= names


def test_the_task_depends_on_nothing_and_makes_nothing(asked_for):
    run = Run()
    run.begin(asked_for())
    task = plan.task(run, [])
    assert not {"file_dep", "targets", "task_dep", "setup", "uptodate"} & set(task)
