"""A plan is saved, read by somebody, and then applied exactly; or not at all, because something moved in between."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from tests.conftest import make_sandbox

pytestmark = pytest.mark.sample(2)

KEY = "sk-" + "c3d4" * 16


def saved(box, *words, **more):
    """A plan of a deployment, saved."""
    path = box.root / "deploy.plan"
    result = box.doit("plan", *words, "--out", str(path), **more)
    assert result.code == 0, result.text
    return path


def test_what_was_planned_is_what_stands_then(sandbox):
    path = saved(sandbox, "--preset", "demo", "--port", "4999")
    assert not sandbox.claude.exists()
    assert not (sandbox.workshop / "choices.json").exists()
    planned = sandbox.json(path)
    result = sandbox.doit("apply", str(path))
    assert result.code == 0, result.text
    assert "Deployed demo" in result.out
    manifest = sandbox.json(sandbox.gateway / "deployment-manifest.json")
    assert manifest["choices"] == planned["choices"] == {"preset": "demo", "port": 4999}
    assert {each["file"] for each in planned["files"]} == set(manifest["files"])
    env = sandbox.env_json()
    for each in planned["settings"]["keys"]:
        section, _, name = each["key"].partition(".")
        if section == "env" and not each["after"].startswith("[hidden"):
            assert env[name] == each["after"]
    assert "deploy" in sandbox.doit("history").out
    assert "Nothing to do" in sandbox.deploy().err


def test_a_plan_is_private_and_holds_no_secret(sandbox):
    path = saved(sandbox, "--preset", "demo", env={"LITELLM_MASTER_KEY": KEY})
    assert path.stat().st_mode & 0o777 == 0o600
    assert KEY not in path.read_text()
    assert (sandbox.project / "build" / "plan.key").stat().st_mode & 0o777 == 0o600
    assert sandbox.doit("apply", str(path), env={"LITELLM_MASTER_KEY": KEY}).code == 0


def test_a_plan_may_replace_a_plan_and_nothing_else(sandbox):
    path = saved(sandbox, "--preset", "demo")
    first = path.read_bytes()
    assert saved(sandbox, "--preset", "demo", "--port", "4998").read_bytes() != first
    path.write_text("my notes")
    result = sandbox.doit("plan", "--preset", "demo", "--out", str(path))
    assert result.code == 5, result.text
    assert path.read_text() == "my notes"


def test_what_moves_while_it_is_applied_is_noticed_before_anything_is_true(sandbox):
    path = saved(sandbox, "--preset", "demo")
    step = sandbox.project / "tasks" / "core" / "deploying" / "remembered.py"
    begun = "layout = known.layout\n    if is_noted("
    assert begun in step.read_text()
    meanwhile = 'known.layout.settings.write_text(\'{"theme": "dark"}\')'
    step.write_text(step.read_text().replace(begun, f"known.layout.claude.mkdir(); {meanwhile}; {begun}"))
    result = sandbox.doit("apply", str(path))
    assert result.code == 5, result.text
    assert "settings.json" in result.err
    assert sandbox.settings.read_text() == '{"theme": "dark"}'
    assert not (sandbox.gateway / "deployment-manifest.json").exists()


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """A deployed gateway and a plan to move it to another port."""
    box = make_sandbox(tmp_path_factory.mktemp("planned"))
    box.extra["LITELLM_MASTER_KEY"] = KEY
    box.deploy("--preset", "demo")
    return box, saved(box, "--port", "4999")


MOVED = {
    "a template": ("project/templates/artifacts/start-gateway.sh.j2", b"# moved\n"),
    "a preset": ("project/templates/presets/demo.yaml", b"# moved\n"),
    "a model": ("project/templates/models/demo.yaml", b"# moved\n"),
    "an installed file": ("home/.claude/gateway/litellm_config.yaml", b"# moved\n"),
    "the installed .env": ("home/.claude/gateway/.env", b"MINE=1\n"),
    "settings.json": ("home/.claude/settings.json", b"\n"),
}
"""Per input: the file, and what somebody adds to it after the plan was made."""


@pytest.mark.parametrize("what", MOVED)
def test_a_moved_input_is_named_and_nothing_is_done(planned, what):
    box, path = planned
    place, more = MOVED[what]
    file = box.root / place
    before = file.read_bytes()
    file.write_bytes(before + more)
    try:
        state = box.state(box.home)
        result = box.doit("apply", str(path))
        assert result.code == 5, result.text
        assert place.partition("/")[2] in result.err
        assert box.state(box.home) == state
    finally:
        file.write_bytes(before)


@pytest.mark.parametrize("name", ["LITELLM_MASTER_KEY", "HTTPS_PROXY"])
def test_a_moved_value_of_the_environment_is_named_without_it(planned, name):
    box, path = planned
    state, other = box.state(box.home), "http://10.1.2.3:8080" if name == "HTTPS_PROXY" else "sk-" + "e5f6" * 16
    result = box.doit("apply", str(path), env={name: other})
    assert result.code == 5, result.text
    assert name in result.err
    assert other not in result.text
    assert KEY not in result.text
    assert box.state(box.home) == state


def test_a_changed_mode_is_a_move_too(planned):
    box, path = planned
    script = box.gateway / "start-gateway.sh"
    script.chmod(0o700)
    try:
        assert box.doit("apply", str(path)).code == 5
    finally:
        script.chmod(0o755)


def test_a_plan_that_was_changed_or_made_elsewhere_is_refused(planned, tmp_path):
    box, path = planned
    forged = box.json(path)
    forged["choices"]["port"] = 4444
    other = tmp_path / "forged.plan"
    other.write_text(json.dumps(forged))
    assert box.doit("apply", str(other)).code == 5
    elsewhere = make_sandbox(tmp_path / "elsewhere")
    assert elsewhere.doit("apply", str(path)).code == 5
    assert not elsewhere.claude.exists()


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"version": 99, "seal": "x"}', "no plan"])
def test_what_is_no_plan_is_refused(planned, tmp_path, content):
    box, _ = planned
    path = tmp_path / "a.plan"
    if content is not None:
        path.write_text(content)
    result = box.doit("apply", str(path))
    assert result.code == (3 if content is None else 4), result.text
    assert "Traceback" not in result.text


@pytest.mark.parametrize("words", [[], ["a", "b"], ["--nonsense", "a"]])
def test_apply_wants_one_file(planned, words):
    box, _ = planned
    assert box.doit("apply", *words).code == 3


def test_nothing_moved_so_it_is_applied_after_all(planned):
    box, path = planned
    result = box.doit("apply", str(path), "--quiet")
    assert result.code == 0, result.text
    assert box.env_json()["ANTHROPIC_BASE_URL"].endswith(":4999")
    assert box.doit("apply", str(path)).code == 5  # a plan is a promise about one moment


def test_the_command_that_is_named_deploys_what_was_planned(sandbox):
    words = ["--preset", "demo", "--port", "4300", "--header", "X-Team: a b"]
    result = sandbox.doit("plan", *words, "--exit-code")
    assert result.code == 2
    said = shlex.split(re.search(r"Do it: (doit .*)", result.err)[1])
    assert said[:2] == ["doit", "deploy"]
    sandbox.deploy(*said[2:])
    assert sandbox.doit("plan", *words, "--exit-code").code == 0
    result = sandbox.doit("plan", "--port", "4400", "--out", str(sandbox.root / "a plan"), "--exit-code")
    said = shlex.split(re.search(r"Do it: (doit .*)", result.err)[1])
    assert sandbox.doit(*said[1:]).code == 0
    assert sandbox.env_json()["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:4400"


def test_a_plan_that_starts_names_a_way_to_litellm_that_applying_has(sandbox):
    path = sandbox.root / "a.plan"
    assert sandbox.doit("plan", "--preset", "demo", "--start", "--out", str(path)).code == 0
    result = sandbox.doit("apply", str(path))
    assert result.code == 3
    assert "--litellm" not in result.text
    assert "doit litellm" in result.text
