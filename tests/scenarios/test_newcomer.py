"""What the newcomer's review tried: each of its mistakes, with what it is answered with today (mistakes.yaml)."""

from __future__ import annotations

import functools
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import PROJECT, make_sandbox
from tests.scenarios.test_mistakes import SECRET, answer, write

ROWS = yaml.safe_load(Path(__file__).with_name("mistakes.yaml").read_text())
TYPED = [row for row in ROWS if "typed" in row]
LOG = {"nothing": (), "its log": (".lock", "deployment.log")}
"""The names of the files in which a command may have left that it ran."""

SHOWN = [row for row in ROWS if "shown_by" in row]


@pytest.fixture(scope="module")
def nothing(tmp_path_factory):
    """A home in which nothing is deployed, which no case changes."""
    return make_sandbox(tmp_path_factory.mktemp("nothing"))


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """A home with the demo, which no case changes."""
    made = make_sandbox(tmp_path_factory.mktemp("deployed"))
    made.deploy("--preset", "demo", "--port", "4218")
    return made


def broken_settings(box):
    write(box.settings, '{"model": "opus",\n "env": {"A": 1,}')


def other_gateway(box):
    write(box.settings, '{"env": {"ANTHROPIC_BASE_URL": "https://old.example.com"}}')


def as_file(box):
    write(box.home / "file", "")
    return {"CLAUDE_CONFIG_DIR": str(box.home / "file")}


def gateway_is_a_file(box):
    write(box.gateway, "mine")


def a_file(box):
    write(box.home / "file", "mine")


def change_template(box, old, new):
    path = box.project / "templates" / "models" / "demo.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def broken_template(box):
    write(box.project / "templates" / "presets" / "demo.yaml", "id: demo\n\tmodels: [\n")


def unknown_key(box):
    change_template(box, "tier:", "teir:")


def other_id(box):
    change_template(box, "id: demo", "id: dmeo")


def wrong_value(box):
    change_template(box, "tier:", "tier: huge #")


def no_programs(box):
    (box.home / "empty").mkdir()
    return {"PATH": str(box.home / "empty")}


def programs_without_their_shell(box):
    """As pyenv's are where there is no bash."""
    for name in ("litellm", "claude", "gcloud"):
        program = box.home / "shims" / name
        write(program, '#!/usr/bin/env bash\nexec pyenv exec "$0" "$@"\n')
        program.chmod(0o755)
    return {"PATH": str(box.home / "shims")}


def sandbox(_):
    return None


MACHINES = {
    make.__name__: make
    for make in (
        a_file,
        as_file,
        broken_settings,
        broken_template,
        gateway_is_a_file,
        no_programs,
        other_gateway,
        other_id,
        programs_without_their_shell,
        sandbox,
        unknown_key,
        wrong_value,
    )
}


def find_box(row, request):
    """The home of a *row*, shared where it is as in others, and variables."""
    name = row.get("in", "nothing")
    if name in MACHINES:
        box = request.getfixturevalue("sandbox")
        return box, MACHINES[name](box)
    return request.getfixturevalue(name), None


def split(line, box):
    return [word.format(secret=SECRET, home=box.home) for word in shlex.split(line)]


@pytest.mark.parametrize("row", TYPED, ids=lambda row: row["finding"])
def test_a_mistake_is_answered(row, request):
    box, env = find_box(row, request)
    *first, last = [row["typed"]] if isinstance(row["typed"], str) else row["typed"]
    for line in first:
        box.doit(*split(line, box), env=env)
    may_change = row.get("leaves", "nothing")
    ask = box.doit if may_change == "something" else functools.partial(answer, box, but=LOG[may_change])
    result = ask(*split(last, box), env=env, input=row.get("given"))
    assert result.code == row["code"], result.text
    assert row["says"] in result.text
    assert "never" not in row or row["never"] not in result.text
    assert len(result.text.splitlines()) <= row.get("lines", 100)


@pytest.mark.parametrize("row", SHOWN, ids=lambda row: row["finding"])
def test_a_mistake_that_takes_more_than_a_line_has_its_test(row):
    path, _, name = row["shown_by"].partition("::")
    text = (PROJECT / path).read_text()
    assert re.search(rf"^def {name}\(", text, re.MULTILINE) or f'"{name}": ' in text


def test_each_mistake_is_there_once():
    findings = [row["finding"] for row in ROWS]
    assert len(set(findings)) == len(findings)
    lines = [(str(row["typed"]), row.get("in"), row.get("given")) for row in TYPED]
    assert len(set(lines)) == len(lines)
    assert all(("typed" in row) != ("shown_by" in row) for row in ROWS)


@pytest.mark.parametrize("words", ["status", "list", "deploy demo --dry-run", "nosuch"])
def test_a_full_device_behind_the_output_is_no_traceback(nothing, words):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            nothing.command(*words.split()),
            cwd=nothing.project,
            env=nothing.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_what_is_next_works_where_litellm_is_missing(deployed, nothing):
    """The receipt of a deployment without LiteLLM names a command that installs it."""
    ended = nothing.doit("deploy", "demo", "--dry-run")
    assert ended.code == 0
    said = deployed.doit("deploy", "--verbose").text
    assert "doit start\n" not in said


PACKAGED = [row for row in TYPED if row.get("in") in (None, "deployed")]
CLONE = re.compile(r"\bclone\b|\bcheckout\b|dodo\.py|\bdocs/|\.venv\b|\bdoit\b(?! \d)")
"""What is only there, or only true, for a person who has a clone."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The demo, deployed by the project as a package holds it."""
    made = make_sandbox(tmp_path_factory.mktemp("installed"))
    (made.project / "__init__.py").touch()
    made.extra["GATEWAY_COMMAND"] = "gatehand"
    made.deploy("--preset", "demo", "--port", "4219")
    return made


EVERYDAY = [
    *("help", "list", "status", "plan", "plan --port 4220", "choose", "models", "history", "upgrade", "doctor"),
    *("validate", "verify", "explain", "check", "env", "start", "logs", "litellm --help", "lint", "completion"),
    *("autostart", "profiles", "backup --help", "uninstall --help", "deploy --help", "doctor --help", "rollback"),
]


@pytest.mark.sample(30)
@pytest.mark.parametrize("line", [*EVERYDAY, *[row["typed"] for row in PACKAGED]], ids=str)
def test_an_installed_command_names_no_clone(installed, line):
    result = installed.doit(*split(line, installed))
    said = result.err if result.out.startswith("{") else result.text
    for path in (installed.project, installed.home, sys.prefix):
        said = said.replace(str(path), "")
    assert not CLONE.search(said), said
