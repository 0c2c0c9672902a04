"""The content of each artifact: from data and values, without a secret, the same for the same."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tasks.core.catalogue import catalogue
from tasks.core.deploying import render
from tasks.core.http import tls
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settle
from tasks.core.model.layout import PROJECT, Layout
from tasks.core.model.secret import Secret
from tasks.core.values import env_file

LAYOUT = Layout.of({"HOME": "/nowhere"})
KNOWN = catalogue.load(LAYOUT)
VALUES = {
    "LITELLM_MASTER_KEY": Secret("sk-secret-0123456789"),
    "VERTEX_PROJECT": "my project $(id)",
    "VERTEX_LOCATION": "us-central1",
}
READY = [each.id for each in KNOWN.presets.values() if each.ready]


def deployment(preset="basic", **choices):
    if not KNOWN.gateways[KNOWN.presets[preset].gateway].process:
        choices.setdefault("gateway_url", "https://gateway.example.com")
    return settle(Choices(preset, **choices), KNOWN)


def content(name, made, values=VALUES):
    (artifact,) = [each for each in made.artifacts if each.file == name]
    return render.content(artifact, made, values, LAYOUT)


def sources_of(artifact, made):
    made_by = render.makers(artifact, made, LAYOUT)
    return render.sources(artifact, made, LAYOUT, made_by)


@pytest.mark.parametrize("preset", READY)
def test_no_artifact_holds_a_secret_and_each_is_the_same_twice(preset):
    for artifact in deployment(preset).artifacts:
        data = content(artifact.file, deployment(preset))
        assert b"sk-secret" not in data
        assert data == content(artifact.file, deployment(preset))


def test_the_configuration_names_secrets_and_says_what_made_it():
    text = content("litellm_config.yaml", deployment()).decode()
    data = yaml.safe_load(text)
    assert data["general_settings"]["master_key"] == "os.environ/LITELLM_MASTER_KEY"
    assert text.startswith("# Made by")
    assert "deploy" in text.splitlines()[0]


def test_the_env_file_has_a_line_for_all_that_is_needed_with_what_it_is_for():
    made = deployment()
    text = content(".env", made).decode()
    assert "\nLITELLM_MASTER_KEY=\n" in text
    assert "\nGOOGLE_APPLICATION_CREDENTIALS=" in text  # missing, and room for it
    assert env_file.parse(text)["VERTEX_PROJECT"] == VALUES["VERTEX_PROJECT"]
    for name in made.needs:
        assert made.variables[name].description in text


def test_a_script_has_the_port_and_quotes_whatever_it_is_given():
    hostile = "/a b/$(touch x)'; id;' `id` \\ \"$HOME"
    text = content("start-gateway.sh", deployment(port=4567, litellm=hostile)).decode()
    assert "port=4567\n" in text
    (line,) = [line for line in text.splitlines() if line.startswith("given=")]
    said = subprocess.run(["sh", "-c", f'{line}\nprintf %s "$given"'], capture_output=True, text=True, check=True)
    assert said.stdout == hostile


def test_every_artifact_depends_on_the_files_that_it_is_made_from():
    made = deployment(models=("codestral",))
    for artifact in made.artifacts:
        sources = sources_of(artifact, made)
        assert all(path.is_file() for path in sources)
        assert len(sources) == len(set(sources))
    (config, *_) = made.artifacts
    names = {path.name for path in sources_of(config, made)}
    assert {"codestral.yaml", "local.yaml", "vertex_ai.yaml"} <= names
    assert "gemini-3.5-flash.yaml" not in names


def test_serve_depends_on_each_of_its_parts():
    (serve,) = [artifact for artifact in deployment().artifacts if artifact.file == "serve.py"]
    parts = {path for path in (LAYOUT.templates / "artifacts" / "serve").glob("*.py") if path.stem != "__init__"}
    assert parts
    assert parts <= {*sources_of(serve, deployment())}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"opus": "glm-5.2"}),
        ({}, {"models": ("codestral",)}),
        ({}, {"port": 4567}),
        ({}, {"litellm": "/there"}),
    ],
)
def test_whatever_changes_the_content_is_among_the_inputs(one, other):
    first, second = deployment(**one), deployment(**other)
    for artifact in first.artifacts:
        changes = content(artifact.file, first) != content(artifact.file, second)
        inputs = [render.inputs(artifact, made, VALUES) for made in (first, second)]
        sources = [sources_of(artifact, made) for made in (first, second)]
        assert not changes or inputs[0] != inputs[1] or sources[0] != sources[1]


def test_a_changed_secret_renders_nothing_anew_and_a_changed_value_does():
    env = next(each for each in deployment().artifacts if each.secret)
    known = render.inputs(env, deployment(), VALUES)
    assert render.inputs(env, deployment(), {**VALUES, "LITELLM_MASTER_KEY": Secret("sk-other")}) == known
    assert render.inputs(env, deployment(), {**VALUES, "VERTEX_PROJECT": "other"}) != known


FINDERS = ("disk/files.py", "catalogue/own.py", "model/layout.py")


def code_run_by(run):
    """The files of ours whose functions *run* calls."""
    found = set()
    sys.setprofile(lambda frame, event, _: found.add(frame.f_code.co_filename) if event == "call" else None)
    try:
        run()
    finally:
        sys.setprofile(None)
    return {path for path in map(Path, found) if path.is_relative_to(PROJECT / "tasks")}


@pytest.mark.parametrize("preset", ["basic", "enterprise"])
def test_what_turns_inputs_into_bytes_is_known_completely(preset):
    bundle = tls.find_system_bundle()
    made = deployment(preset, ca_bundle=str(bundle) if bundle else None, auth="apikeyhelper")
    for artifact in made.artifacts:
        content(artifact.file, made)  # imports modules
        arguments = (artifact, made, VALUES, LAYOUT)
        ran = code_run_by(lambda: render.content(*arguments))  # noqa: B023
        ran -= code_run_by(lambda: render.inputs(artifact, made, VALUES))  # noqa: B023
        known = render.makers(artifact, made, LAYOUT)
        # These find a file, whose bytes are in the recipe; they make none of it.
        finders = {PROJECT / "tasks" / "core" / name for name in FINDERS}
        assert ran <= {*known, *finders}, artifact.file
