"""plan: everything that would change is shown, and no secret."""

import json

import pytest

from tasks import plan
from tasks.model.release import Change

KEY = "sk-mine-0123456789abcdef0123456789"


def shown(asked, change):
    return "\n".join(plan.file_shown(asked, change))


def test_a_file_is_shown_with_what_happens_its_mode_and_its_diff(asked_for):
    text = shown(asked_for(), Change("a.yaml", "update", b"a: 2\n", 0o644, b"a: 1\n", "because"))
    first, *diff = text.splitlines()
    assert first.split() == ["update", str(asked_for().layout.gateway / "a.yaml"), "0644", "(because)"]
    assert "-a: 1" in "\n".join(diff)
    assert "+a: 2" in "\n".join(diff)


@pytest.mark.parametrize("kind", ["keep", "unchanged"])
def test_what_stays_has_no_diff(asked_for, kind):
    assert len(shown(asked_for(), Change("a.yaml", kind, b"a: 1\n", 0o644, b"a: 2\n")).splitlines()) == 1


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
    text = "\n".join(plan.settings_shown(asked_for(preset="demo")))
    assert text.startswith("update")
    assert "+" in text
    assert "ANTHROPIC_BASE_URL" in text
    assert "sk-" not in text
    assert json.loads(layout.settings.read_text())["env"]["ANTHROPIC_AUTH_TOKEN"] == KEY


def test_settings_that_are_not_there_would_be_created(asked_for, layout):
    assert next(plan.settings_shown(asked_for(preset="demo"))).startswith("create")
    assert not layout.claude.exists()


def test_settings_that_are_as_they_should_be_show_nothing(sandbox):
    sandbox.deploy("--preset", "demo")
    assert f"unchanged  {sandbox.settings}" in sandbox.doit("plan").out


def test_the_task_depends_on_nothing_and_makes_nothing(asked_for):
    task = plan.task(asked_for())
    assert not {"file_dep", "targets", "task_dep", "setup", "uptodate"} & set(task)
