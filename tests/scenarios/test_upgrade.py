"""upgrade: which version runs, which deployed, what changed in between, and what deploying would change."""

from __future__ import annotations

import json

import pytest

from tasks.core.catalogue import schemas
from tests.conftest import PROJECT


@pytest.fixture
def updated(sandbox):
    """A demo of an older version, in a copy that has since become 0.2.0."""
    sandbox.deploy("--preset", "demo")
    project = sandbox.project / "pyproject.toml"
    project.write_text(project.read_text().replace('version = "0.1.0"', 'version = "0.2.0"'))
    changes = "## [0.2.0] - 2026-12-24\n\n- Another port.\n\n## [0.1.0] - 2026-12-01\n\n- The first one.\n"
    (sandbox.project / "CHANGELOG.md").write_text(changes)
    local = sandbox.project / "templates/gateways/local.yaml"
    local.write_text(local.read_text().replace("port: 4000", "port: 4077"))
    return sandbox


def test_versions_changes_and_the_plan_are_shown_and_nothing_is_touched(updated):
    before = updated.state()
    shown = updated.doit("upgrade")
    assert shown.code == 0, shown.text
    for text in ("0.2.0", "by 0.1.0", "Another port.", "127.0.0.1:4077", "doit deploy"):
        assert text in shown.text
    assert "The first one." not in shown.out
    assert {name: each for name, each in updated.state().items() if "/build" not in name} == {
        name: each for name, each in before.items() if "/build" not in name
    }
    data = json.loads(updated.doit("upgrade", "--json").out)
    schema = PROJECT / "templates" / "schemas" / "upgrade.schema.json"
    assert schemas.findings(data, schema, file="upgrade") == []
    assert (data["running"], data["deployed"]) == ("0.2.0", "0.1.0")


def test_status_names_the_version_that_deployed_when_it_is_another(updated):
    assert "0.1.0" in updated.doit("status").out
    updated.deploy()
    assert "0.1.0" not in updated.doit("status").out
    assert "Nothing" in updated.doit("upgrade").out


def test_before_anything_is_deployed_it_says_what_runs(sandbox):
    shown = sandbox.doit("upgrade")
    assert shown.code == 0, shown.text
    assert "0.1.0" in shown.out
    assert "nothing" in shown.out
