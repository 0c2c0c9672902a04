"""How commands end: for each code of the table (tasks/core/frame/exits.py) something that provokes it."""

from __future__ import annotations

import shutil

import pytest

from tasks.core.frame.exits import EXITS
from tasks.core.model import errors
from tests.artifacts.fakes import free_port, make_litellm

pytestmark = pytest.mark.sample(5)

SIGNALLED = {75, 129, 130, 143}
"""Provoked in tests/crash, where commands are interrupted and disks are full."""


def missing(box):
    box.extra.pop("VERTEX_PROJECT", None)
    return "deploy --preset basic"


def fresh(words):
    return lambda _: words


def deployed(words):
    def prepare(box):
        box.deploy("--preset", "demo")
        return words

    return prepare


def drifted(box):
    box.deploy("--preset", "demo")
    box.settings.write_text(box.settings.read_text().replace(":4000", ":4001"))
    return "status --exit-code"


def broken_template(words):
    def prepare(box):
        model = box.project / "templates" / "models" / "demo.yaml"
        model.write_text("nonsense")
        return words

    return prepare


def broken_settings(words):
    def prepare(box):
        box.claude.mkdir()
        box.settings.write_text("{")
        return words

    return prepare


def deployed_with_broken_settings(words):
    def prepare(box):
        box.deploy("--preset", "demo")
        box.deploy("--port", "4300")
        box.settings.write_text("{")
        return words

    return prepare


def forgotten(words):
    """A damaged manifest, and neither a history nor a copy that says what was deployed."""

    def prepare(box):
        box.deploy("--preset", "demo")
        shutil.rmtree(box.gateway / "history")
        (box.claude / ".gateway-recovery.json").unlink()
        box.gateway.joinpath("deployment-manifest.json").write_text("garbage")
        return words

    return prepare


def twice(command):
    """A configuration that names a key twice."""

    def prepare(box):
        path = box.root / "config.yaml"
        path.write_text("model_list: []\nmodel_list: []\n")
        return f"{command} {path}"

    return prepare


def damaged(box):
    box.deploy("--preset", "demo")
    box.gateway.joinpath("stop-gateway.sh").unlink()
    return "verify"


def clashing(words):
    def prepare(box):
        box.deploy("--preset", "demo")
        config = box.gateway / "litellm_config.yaml"
        config.write_text(config.read_text().replace("127.0.0.1:4000", "127.0.0.1:4555"))
        return words

    return prepare


def moved(box):
    path = box.root / "a.plan"
    assert box.doit("plan", "--preset", "demo", "--out", str(path)).code == 0
    box.claude.mkdir()
    box.settings.write_text("{}")
    return f"apply {path}"


def no_plan(box):
    path = box.root / "a.plan"
    path.write_text("nonsense")
    return f"apply {path}"


def dying(words):
    """A LiteLLM that ends while it starts."""

    def prepare(box):
        program, port = make_litellm(box.root / "fake venv"), free_port()
        box.deploy("--preset", "demo", "--port", str(port), "--litellm", str(program))
        with (box.gateway / ".env").open("a") as file:
            file.write("FAKE_MODE=dies\n")
        return words

    return prepare


CASES = [
    (0, "plan", fresh("plan --preset demo")),
    (0, "deploy", fresh("deploy --preset demo")),
    (0, "status", fresh("status")),
    (1, "verify", fresh("verify")),
    (1, "rollback", fresh("rollback")),
    (0, "uninstall", fresh("uninstall")),
    (1, "start", fresh("start")),
    (1, "deploy", missing),
    (1, "preflight", fresh("deploy --preset basic")),
    (2, "plan", fresh("plan --preset demo --exit-code")),
    (2, "status", drifted),
    (3, "deploy", fresh("deploy --nonsense")),
    (3, "plan", fresh("plan --preset nonsense")),
    (3, "apply", fresh("apply")),
    (3, "history", deployed("history 99")),
    (3, "models", fresh("models nonsense")),
    (3, "status", fresh("status --nonsense")),
    (4, "validate", broken_template("validate")),
    (4, "plan", broken_template("plan --preset demo")),
    (4, "plan", broken_settings("plan --preset demo")),
    (4, "deploy", broken_settings("deploy --preset demo")),
    (4, "deploy --dry-run", broken_settings("deploy --preset demo --dry-run")),
    (4, "apply", no_plan),
    (4, "verify", damaged),
    (4, "uninstall", deployed_with_broken_settings("uninstall")),
    (4, "rollback", deployed_with_broken_settings("rollback")),
    (4, "explain", broken_settings("explain ANTHROPIC_MODEL")),
    (4, "status", forgotten("status")),
    (4, "stop", forgotten("stop")),
    (4, "uninstall", forgotten("uninstall")),
    (4, "backup", forgotten("backup")),
    (4, "lint", twice("lint")),
    (5, "deploy", clashing("deploy --port 4777")),
    (5, "deploy --dry-run", clashing("deploy --port 4777 --dry-run")),
    (5, "plan", clashing("plan --port 4777")),
    (5, "apply", moved),
    (6, "start", dying("start")),
    (6, "status --check", deployed("status --check")),
    (6, "env", deployed("env --shell bash")),
    (6, "exec", deployed("exec -- true")),
    (6, "deploy", dying("deploy --start")),
]


@pytest.mark.parametrize(("code", "command", "prepare"), CASES, ids=lambda value: "" if callable(value) else str(value))
def test_a_command_ends_as_the_table_says(sandbox, code, command, prepare):
    words = prepare(sandbox)
    result = sandbox.doit(*words.split())
    assert result.code == code, result.text
    assert "Traceback" not in result.text
    assert any(each.code == code and command in (each.commands or (command,)) for each in EXITS), (code, command)


def test_every_code_of_the_table_is_provoked_somewhere():
    assert {each.code for each in EXITS} == {code for code, *_ in CASES} | SIGNALLED


def test_every_kind_of_error_is_in_the_table():
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.GatewayError)]
    assert {kind.exit_code for kind in kinds} <= {each.code for each in EXITS}
