"""`doit explain`: who sets a key, who wins and why; what a message means."""

from __future__ import annotations

import json

from tasks.core.catalogue import schemas
from tests.conftest import PROJECT

SCHEMA = PROJECT / "templates" / "schemas" / "explain.schema.json"


def explained(box, *words, **env):
    result = box.doit("explain", "--json", *words, env=env)
    assert result.code == 0, result.text
    found = json.loads(result.out)
    assert schemas.findings(found, SCHEMA, file="explain") == []
    return found


def test_all_that_matters_without_a_name(sandbox):
    sandbox.deploy("--preset", "demo")
    keys = {each["key"]: each for each in explained(sandbox)["keys"]}
    assert {"ANTHROPIC_BASE_URL", "model", "permissions.defaultMode", "NO_PROXY"} <= set(keys)
    (layer,) = keys["ANTHROPIC_AUTH_TOKEN"]["layers"]
    assert (layer["layer"], layer["value"], layer["hidden"], layer["wins"]) == ("user", "[hidden]", True, True)
    told = sandbox.doit("explain")
    assert sandbox.secrets()[0] not in told.text
    assert "~/.claude/settings.json:3" in told.out


def test_the_layers_of_one_key_the_strongest_first(sandbox):
    sandbox.deploy("--preset", "demo")
    (sandbox.project / ".claude").mkdir()
    (sandbox.project / ".claude" / "settings.json").write_text('{"env": {"ANTHROPIC_BASE_URL": "http://other"}}')
    (sandbox.home / ".zshrc").write_text("export ANTHROPIC_BASE_URL=http://old\n")
    (key,) = explained(sandbox, "env.ANTHROPIC_BASE_URL", ANTHROPIC_BASE_URL="http://shell")["keys"]
    assert [each["layer"] for each in key["layers"]] == ["project", "user", "environment", "profile"]
    assert [each["wins"] for each in key["layers"]] == [True, False, False, False]
    assert "project" in key["because"]
    (elsewhere,) = explained(sandbox, "ANTHROPIC_BASE_URL", "--dir", str(sandbox.home))["keys"]
    assert elsewhere["layers"][0]["layer"] == "user"


def test_a_variable_that_wins_over_a_key_is_told(sandbox):
    sandbox.deploy("--preset", "demo")
    (key,) = explained(sandbox, "model")["keys"]
    assert "ANTHROPIC_MODEL" in key["notes"][0]


def test_lists_are_put_together(sandbox):
    sandbox.claude.mkdir()
    sandbox.settings.write_text('{"permissions": {"allow": ["Bash(ls)"]}}')
    (key,) = explained(sandbox, "permissions.allow")["keys"]
    assert "together" in key["notes"][0]


def test_a_variable_of_the_gateway_is_explained_too(sandbox):
    (key,) = explained(sandbox, "VERTEX_PROJECT")["keys"]
    assert "gateway" in key["reader"]
    assert "billed" in key["what"]


def test_a_layer_that_cannot_be_read_is_told_instead_of_nobody(sandbox):
    sandbox.deploy("--preset", "demo")
    sandbox.settings.write_text("{")
    result = sandbox.doit("explain", "ANTHROPIC_BASE_URL")
    assert result.code == 4, result.text
    assert "Nobody sets it." not in result.out
    assert str(sandbox.settings) in result.err
    result = sandbox.doit("explain", "--json", "ANTHROPIC_BASE_URL", "NO_SUCH_THING")
    assert result.code == 4
    found = json.loads(result.out)
    assert schemas.findings(found, SCHEMA, file="explain") == []
    assert str(sandbox.settings) in found["unreadable"][0]


def test_how_claude_is_called_does_not_matter_for_the_gateways_variables(sandbox):
    assert "--settings" not in sandbox.doit("explain", "VERTEX_PROJECT").text
    assert "--settings" in sandbox.doit("explain", "ANTHROPIC_MODEL").text


def test_an_unknown_key_has_a_nearest_one(sandbox):
    result = sandbox.doit("explain", "anthropic_baseurl")
    assert result.code == 3
    assert "Did you mean ANTHROPIC_BASE_URL?" in result.err


def test_a_name_that_no_program_reads_says_what_was_meant(sandbox):
    (key,) = explained(sandbox, "ANTHROPIC_TIMEOUT", ANTHROPIC_TIMEOUT="3")["keys"]
    assert "API_TIMEOUT_MS" in key["what"]


def test_a_pasted_message(sandbox):
    found = explained(sandbox, "--message", "API Error: 400 No connected db.\n")
    assert found["message"]["id"] == "no-connected-db"
    assert "means" in sandbox.doit("explain", "--message", "ECONNREFUSED").out
    assert sandbox.doit("explain", "--message", "all is well").code == 3
    assert explained(sandbox, "API Error: 400 No connected db.") == found
    unknown = sandbox.doit("explain", "all is well")
    assert unknown.code == 3
    assert "--message" in unknown.err
