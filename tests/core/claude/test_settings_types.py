"""Values of a type for which Claude Code ignores the whole file."""

from __future__ import annotations

import json

import pytest

from tasks.core.catalogue import client_facts
from tasks.core.claude import settings_types
from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT
from tasks.core.text import json_edit

TEMPLATES = PROJECT / "templates"
REFUSED = client_facts.names(TEMPLATES)["settings"]


def parse(**members):
    return json_edit.parse(json.dumps(members, indent=1).encode())


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"env": {"A": "b"}, "permissions": {"allow": []}, "model": "opus", "cleanupPeriodDays": 3},
        {"hooks": 7, "theme": 5, "modelPicker": "x", "nobody_knows_this": 5},  # ignored by themselves
    ],
)
def test_what_leaves_the_file_in_force_is_not_mentioned(members):
    assert settings_types.find_wrong(parse(**members), TEMPLATES) == []


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"verbose": True, "env": []}, "array"),
        ({"statusLine": "x"}, "string"),
        ({"cleanupPeriodDays": "30"}, "string"),
        ({"permissions": True}, "boolean"),
        ({"model": None}, "null"),
        ({"includeCoAuthoredBy": 0}, "number"),
        ({"companyAnnouncements": {}}, "object"),
    ],
)
def test_what_voids_the_file_is_named_with_its_type_and_line(members, kind):
    *_, wrong = settings_types.find_wrong(parse(**members), TEMPLATES)
    assert (wrong.kind, wrong.line) == (kind, 1 + len(members))


def test_a_deployment_onto_such_a_file_is_refused():
    with pytest.raises(InvalidInput, match="model"):
        settings_types.check(parse(model=5), TEMPLATES, "settings.json")


def test_each_key_of_claude_code_has_a_verdict():
    kinds = {*settings_types.TYPES.values(), "number", "null"}
    assert len(REFUSED) > 190
    assert sum(map(bool, REFUSED.values())) > 140
    assert {kind for kinds in REFUSED.values() for kind in kinds.split()} <= kinds


@pytest.mark.parametrize(
    ("members", "simple"),
    [
        ({"env": {"A": "b"}, "model": "x", "permissions": {"defaultMode": "plan"}}, True),
        ({"permissions": {"allow": []}}, False),
        ({"hooks": {"Stop": []}}, False),
        ({"permissions": {"allow": "Bash(ls)"}}, False),
        ({"permissions": {"defaultMode": "nonsense"}}, False),
        ({"statusLine": {"command": "x"}}, False),
        ({"env": {"A": {"b": []}}, "cleanupPeriodDays": 3}, True),
        ({"availableModels": ["x"]}, False),
    ],
)
def test_only_what_is_deeper_needs_the_program(members, simple):
    assert settings_types.is_simple(parse(**members)) is simple
