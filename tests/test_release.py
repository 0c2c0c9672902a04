"""The files that a release needs: workflow, notes, container, devcontainer feature, and the action for lint."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tasks import lint
from tasks.core.model.project import read_version
from tests.conftest import PROJECT

WORKFLOW = PROJECT / ".github" / "workflows" / "release.yml"
ACTION = PROJECT / "action.yml"
FEATURE = PROJECT / "devcontainer" / "gatehand"
BAD_MODEL = (
    "model_list:\n  - model_name: a\n    litellm_params: {model: openai/a, api_key: sk-0123456789abcdefghijklmn}\n"
)
ONLY_WARNED_OF = (PROJECT / "tests" / "golden" / "demo" / "litellm_config.yaml").read_text()
"""Its variables are not set."""


def steps(path):
    """Every step in a workflow or an action."""
    document = yaml.safe_load(path.read_text())
    jobs = [*document.get("jobs", {}).values()] or [document["runs"]]
    return [step for job in jobs for step in job["steps"]]


def jobs():
    return yaml.safe_load(WORKFLOW.read_text())["jobs"]


def before(name):
    """The jobs that must have gone well when the job *name* begins."""
    needed = jobs()[name].get("needs", [])
    direct = {needed} if isinstance(needed, str) else set(needed)
    return direct.union(*map(before, direct)) if direct else set()


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_other_peoples_actions_are_named_by_commit(path):
    used = re.findall(r"uses: (\S+)(.*)", re.sub(r"^#.*\n", "", path.read_text(), flags=re.MULTILINE))
    assert used
    for name, comment in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name), name
        assert re.fullmatch(r" # v[\d.]+", comment), name


@pytest.mark.parametrize("path", [WORKFLOW, ACTION], ids=lambda path: path.name)
def test_scripts_are_sound_and_hold_nothing_that_others_can_write(path):
    scripts = [step["run"] for step in steps(path) if "run" in step]
    assert scripts
    for script in scripts:
        assert "${{" not in script
        command = [Path(sys.executable).with_name("shellcheck"), "-s", "bash", "-"]
        checked = subprocess.run(command, input=script, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("script", [FEATURE / "install.sh", PROJECT / ".ci" / "notes"], ids=lambda path: path.name)
def test_programs_are_sound(script):
    assert script.stat().st_mode & 0o111
    subprocess.run([Path(sys.executable).with_name("shellcheck"), script], check=True)


def test_only_a_tag_releases_and_only_after_all_that_proves_it():
    document = yaml.safe_load(WORKFLOW.read_text())
    assert document[True] == {"push": {"tags": ["v*"]}}  # YAML takes `on` for a boolean
    assert document["permissions"] == {}
    assert before("pypi") == {"attest", "test", "install", "build"}
    for name in ("page", "feature"):
        assert "pypi" in before(name)
    assert {"test", "install"} <= before("image")
    writers = {name for name, job in jobs().items() if "write" in job["permissions"].values()}
    assert writers == {"attest", "pypi", "page", "feature", "image"}
    assert jobs()["pypi"]["environment"] == "pypi"


def test_every_python_that_is_promised_is_tried():
    versions = jobs()["install"]["strategy"]["matrix"]["python"]
    least = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert f">={versions[0]}" == least
    assert len(versions) == 3


def test_the_notes_are_the_section_of_the_version(tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(PROJECT / ".ci" / "notes", tmp_path / ".ci")
    sections = {"1.10.0": ("unreleased", "c"), "1.1.0": ("2026-12-01", "b\n\n- [x]"), "1.0.0": ("2026-01-01", "a")}
    log = [f"## [{version}] - {day}\n\n{text}\n" for version, (day, text) in sections.items()]
    (tmp_path / "CHANGELOG.md").write_text("\n".join(["# Changelog\n", *log]))
    told = {version: notes(tmp_path, version) for version in ("1.1.0", "1.0.0", "1.10.0", "1.1", "2")}
    assert told["1.1.0"].out.strip() == "b\n\n- [x]"
    assert told["1.0.0"].out.strip() == "a"
    assert [told[version].code for version in ("1.10.0", "1.1", "2")] == [1, 1, 1]


class Told:
    def __init__(self, done):
        self.code, self.out = done.returncode, done.stdout


def notes(project, version):
    return Told(subprocess.run([project / ".ci" / "notes", version], cwd="/", capture_output=True, text=True))


def test_the_container_is_built_from_what_the_package_is_made_of():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    parts = {*settings["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"]}
    parts |= {"pyproject.toml", settings["project"]["readme"], *settings["project"]["license-files"]}
    text = (PROJECT / "Containerfile").read_text()
    copied = {word for line in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE) for word in line.split()}
    assert copied == parts
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == parts
    assert "*" in ignored
    assert "USER gatehand" in text


def test_the_feature_is_of_this_version_and_its_options_are_heard():
    feature = json.loads((FEATURE / "devcontainer-feature.json").read_text())
    assert (feature["id"], feature["version"]) == (FEATURE.name, read_version())
    script = (FEATURE / "install.sh").read_text()
    for name, option in feature["options"].items():
        assert option["type"] in ("string", "boolean")
        assert "default" in option
        assert f"${{{name.upper()}:-" in script


FAKE_PYTHON = """#!/bin/sh
[ "$1" = -c ] && exit
mkdir -p "$3/bin"
printf '#!/bin/sh\necho "$@" > "%s/asked"\ntouch "%s/bin/gatehand"\n' "$3" "$3" > "$3/bin/pip"
chmod +x "$3/bin/pip"
"""


@pytest.mark.parametrize(("version", "wanted"), [({}, "gatehand"), ({"VERSION": "0.1.0"}, "gatehand==0.1.0")])
def test_the_feature_installs_the_version_that_was_chosen(tmp_path, version, wanted):
    (tmp_path / "python3").write_text(FAKE_PYTHON)
    (tmp_path / "python3").chmod(0o755)
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "GATEHAND_PREFIX": str(tmp_path / "prefix"), **version}
    subprocess.run(["/bin/sh", FEATURE / "install.sh"], env=environ, check=True)
    home = tmp_path / "prefix" / "share" / "gatehand"
    assert (home / "asked").read_text().split()[-1] == wanted
    assert (tmp_path / "prefix" / "bin" / "gatehand").resolve() == home / "bin" / "gatehand"


def test_the_feature_without_a_python_says_what_to_add(tmp_path):
    environ = {"PATH": str(tmp_path), "GATEHAND_PREFIX": str(tmp_path / "prefix")}
    done = subprocess.run(["/bin/sh", FEATURE / "install.sh"], env=environ, capture_output=True, text=True)
    assert done.returncode == 1
    assert "features/python" in done.stderr
    assert not (tmp_path / "prefix").exists()


def test_the_action_has_the_options_of_lint():
    document = yaml.safe_load(ACTION.read_text())
    flags = {option["long"] for option in lint.OPTIONS if option.get("long")}
    assert set(document["inputs"]) - {"files"} <= flags
    (script,) = [step["run"] for step in steps(ACTION) if step.get("id") == "lint"]
    assert set(re.findall(r"--([a-z-]+)", script)) <= flags
    assert document["outputs"]["sarif"]["value"] == "${{ steps.lint.outputs.sarif }}"
    variables = next(step["env"] for step in steps(ACTION) if step.get("id") == "lint")
    assert {f"${{{{ inputs.{name} }}}}" for name in document["inputs"]} == set(variables.values())


@pytest.mark.parametrize(
    ("strict", "text", "code"), [("false", ONLY_WARNED_OF, 0), ("true", ONLY_WARNED_OF, 4), ("false", BAD_MODEL, 4)]
)
def test_the_action_writes_what_lint_finds(sandbox, strict, text, code):
    program = sandbox.root / "runner" / "gatehand" / "bin" / "gatehand"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.join(sandbox.command())} "$@"\n')
    program.chmod(0o755)
    work = sandbox.home / "work"
    work.mkdir()
    for name in ("a b.yaml", "c.yaml"):
        (work / name).write_text(text)
    (script,) = [step["run"] for step in steps(ACTION) if step.get("id") == "lint"]
    output = sandbox.root / "output"
    given = {"FILES": "a b.yaml\n\nc.yaml\n", "STRICT": strict, "SARIF": "found.sarif"}
    told = {"RUNNER_TEMP": str(sandbox.root / "runner"), "GITHUB_OUTPUT": str(output)}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=work, env=sandbox.environment(**given, **told), capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    log = json.loads((work / "found.sarif").read_text())
    assert log["version"] == "2.1.0"
    assert output.read_text() == "sarif=found.sarif\n"
    places = {
        place["physicalLocation"]["artifactLocation"]["uri"]
        for each in log["runs"][0]["results"]
        for place in each["locations"]
    }
    assert places == {"a%20b.yaml", "c.yaml"}
