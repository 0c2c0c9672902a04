"""The small steps: render, stage, validate, settings, verify, models, history, uninstall."""

import json

import pytest

from tasks import choose, deploy, render, stage, validate, verify
from tasks.core.disk import files
from tasks.core.model.choices import Flags
from tasks.core.model.errors import InvalidInput
from tasks.core.model.release import Manifest


def done(action, *arguments):
    """Run a decorated action: its failure, or None."""
    return action(*arguments)


def rendered(asked):
    for each in asked.deployment.artifacts:
        assert done(render.write, asked, each) is None


def staged(asked):
    rendered(asked)
    assert done(stage.build, asked) is None
    return json.loads(asked.layout.release_manifest.read_text())


# render


def test_there_is_a_subtask_for_every_artifact_that_writes_below_build_only(asked_for, layout):
    made = list(render.tasks(asked_for(preset="basic")))
    assert [each["name"] for each in made] == [a.file for a in asked_for(preset="basic").deployment.artifacts]
    for each in made:
        assert all(target.startswith(str(layout.build)) for target in each["targets"])
        assert each["file_dep"] == sorted(each["file_dep"])
        assert each["doc"]


def test_what_is_rendered_has_its_mode_and_no_secret(asked_for, layout):
    rendered(asked_for(preset="basic"))
    for path in layout.rendered.iterdir():
        assert b"sk-tests" not in path.read_bytes()
    assert (layout.rendered / ".env").stat().st_mode & 0o777 == 0o600
    assert (layout.rendered / "start-gateway.sh").stat().st_mode & 0o777 == 0o755


# stage


def test_a_release_is_the_rendered_files_and_their_manifest(asked_for, layout):
    data = staged(asked_for(preset="basic", port=4567))
    assert data["files"] == {
        path.name: files.digest(path.read_bytes())
        for path in layout.release.iterdir()
        if path.name != layout.manifest.name
    }
    assert (data["gateway_url"], data["choices"]) == ("http://127.0.0.1:4567", {"preset": "basic", "port": 4567})
    assert data["revision"] == 0
    assert "VERTEX" not in json.dumps(data["environment_variables"])


def test_what_an_earlier_release_had_is_left_out(asked_for, layout):
    layout.release.mkdir()
    (layout.release / "old.service").write_text("x")
    staged(asked_for())
    assert not (layout.release / "old.service").exists()


def test_the_version_is_that_of_this_collection(layout):
    assert stage.source_version(layout)[0].isdigit()


# choose


def test_choices_are_remembered_privately_and_once(asked_for, layout):
    asked = asked_for(preset="basic", port=4567)
    task = choose.task(asked)
    ((act, arguments),) = task["actions"]
    assert not task["uptodate"][0]()
    assert done(act, *arguments) is None
    assert json.loads(layout.choices.read_text()) == {"preset": "basic", "port": 4567}
    assert layout.choices.stat().st_mode & 0o777 == 0o600
    assert task["uptodate"][0]()


# validate


def test_findings_are_one_error_with_all_of_them():
    validate.report([])
    with pytest.raises(InvalidInput, match="2 findings") as refused:
        validate.report(["a:1: is wrong", "b:2: too"])
    assert "a:1" in str(refused.value)
    assert "b:2" in str(refused.value)


def test_a_release_that_was_tampered_with_is_found(asked_for, layout):
    asked = asked_for()
    staged(asked)
    assert done(validate.check_release, asked) is None
    (layout.release / "litellm_config.yaml").write_text("model_list: 5\n")
    layout.release_manifest.write_text("{}")
    failed = done(validate.check_release, asked)
    assert failed.exit_code == 4
    for name in ("litellm_config.yaml", layout.manifest.name):
        assert name in failed.message


# verify


def manifest(**more):
    plain = {"deployment_id": "d", "timestamp": "2026-01-01T00:00:00Z", "source_version": "0", "gateway_type": "local"}
    known = {"gateway_url": "http://h", "models": ("a",), "files": {}, "modes": {}, "choices": {}}
    return Manifest(**{**plain, **known, **more})


def test_missing_files_wrong_modes_and_broken_content_are_all_found(asked_for, layout):
    layout.gateway.mkdir(parents=True)
    layout.manifest.write_text(json.dumps(manifest().to_json()))
    layout.config.write_text("model_list: 5\n")
    layout.config.chmod(0o666)
    made = manifest(modes={"litellm_config.yaml": "0644", ".env": "0600"})
    found = "\n".join(verify.files_found(layout, made))
    assert f"{layout.env_file}: is missing" in found
    assert "0666, not 0644" in found
    assert "model_list" in found


# models


def test_a_model_that_is_named_is_shown_in_full(sandbox):
    result = sandbox.doit("models", "demo")
    assert result.code == 0, result.text
    assert "doit deploy --models demo" in result.out
    refused = sandbox.doit("models", "dmo")
    assert refused.code == 3
    assert "Did you mean demo?" in refused.err


# history


def test_a_digit_that_is_no_number_is_no_revision(sandbox):
    sandbox.deploy("--preset", "demo")
    for step in ("history", "rollback"):
        assert sandbox.doit(step, "²").code == 3


# deploy


def test_every_option_says_what_it_is_for_and_none_takes_a_secret():
    names = [each["name"] for each in deploy.OPTIONS]
    assert len(names) == len(set(names))
    assert all(each["help"] for each in deploy.OPTIONS)
    # where one is to be had; tests/core/model/test_choices.py tries to give one there
    places = {"token", "token_file", "token_stdin", "client_key"}
    assert not [name for name in {*names} - places if "key" in name or "token" in name or "password" in name]
    shorts = [each["short"] for each in deploy.OPTIONS if each.get("short")]
    assert len(shorts) == len(set(shorts))


def test_a_dry_run_has_no_step_that_writes(asked_for, session):
    assert deploy.task(asked_for(Flags(dry_run=True)), session) == {"actions": None, "task_dep": ["plan"]}


def test_a_deployment_starts_only_when_asked_to(asked_for, session, monkeypatch):
    assert "_start" not in deploy.task(asked_for(), session)["task_dep"]
    monkeypatch.setattr(deploy.interview, "agree_to_litellm", lambda _: None)
    assert deploy.task(asked_for(Flags(start=True)), session)["task_dep"][-1] == "_start"
