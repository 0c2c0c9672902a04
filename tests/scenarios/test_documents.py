"""What a program gets: with --json one document on stdout, as its schema says, and nothing else there."""

from __future__ import annotations

import json

import pytest

from tasks.core.catalogue import schemas
from tests.conftest import PROJECT, make_sandbox

pytestmark = pytest.mark.sample(4)

SCHEMAS = PROJECT / "templates" / "schemas"
COMMANDS = {
    "plan": "plan",
    "plan --diff --port 4999": "plan",
    "deploy --dry-run": None,
    "history": "history",
    "history 2": "history",
    "history --archives": "archives",
    "models": "models",
    "models demo": "models",
    "preflight": "checks",
    "validate": "checks",
    "verify": "checks",
    "status": "status",
}
"""Commands that show something, and the schema of their documents."""
READERS = [words for words, schema in COMMANDS.items() if schema]


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """Two revisions, so that there is something to tell."""
    made = make_sandbox(tmp_path_factory.mktemp("documents"))
    made.deploy("--preset", "demo")
    made.deploy("--port", "4998")
    return made


def document(result, schema):
    """The one document of a command."""
    assert "Traceback" not in result.text
    data = json.loads(result.out)
    assert schemas.findings(data, SCHEMAS / f"{schema}.schema.json", file=schema) == []
    return data


@pytest.mark.parametrize("words", READERS)
def test_one_document_as_its_schema_says(box, words):
    result = box.doit(*words.split(), "--json")
    assert result.code == 0, result.text
    document(result, COMMANDS[words])
    for key in box.secrets():
        assert key not in result.text


@pytest.mark.parametrize("words", ["history", "history --archives", "models", "status", "validate", "preflight"])
def test_also_before_anything_is_deployed(sandbox, words):
    document(sandbox.doit(*words.split(), "--json"), COMMANDS[words])


def test_the_plan_tells_how_much_changes(box):
    data = document(box.doit("plan", "--json", "--exit-code", "--port", "4997"), "plan")
    assert {"litellm_config.yaml", "start-gateway.sh"} <= {e["file"] for e in data["files"] if e["action"] == "update"}
    assert [each["key"] for each in data["settings"]["keys"]] == ["env.ANTHROPIC_BASE_URL"]
    assert "diff" not in data


@pytest.mark.parametrize(
    ("words", "code"), [("history 99", 3), ("models nothing", 3), ("plan --target /dev/null/x", 5)], ids=str
)
def test_an_error_is_a_document_too(box, words, code):
    result = box.doit(*words.split(), "--json")
    assert result.code == code, result.text
    error = document(result, "error")["error"]
    assert error["exit_code"] == code
    assert error["problem"]
    assert result.err  # and a sentence for who looks on


def test_a_check_that_fails_tells_which_and_why_in_one_document(sandbox):
    model = sandbox.project / "templates" / "models" / "demo.yaml"
    model.write_text(model.read_text().replace("tier:", "teir:"))
    result = sandbox.doit("validate", "--json")
    assert result.code == 4, result.text
    data = document(result, "checks")
    assert data["ok"] is False
    failed = [each for each in data["checks"] if each["state"] == "fail"]
    assert any("demo.yaml" in json.dumps(each["error"]) for each in failed)


def test_what_was_edited_is_a_warning_of_the_check(sandbox):
    sandbox.deploy("--preset", "demo")
    config = sandbox.gateway / "litellm_config.yaml"
    config.write_text(config.read_text() + "# mine\n")
    (check,) = document(sandbox.doit("verify", "--json"), "checks")["checks"]
    assert check["state"] == "warn"
    assert "litellm_config.yaml" in check["warnings"][0]
