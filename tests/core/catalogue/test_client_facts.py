"""The keys of Claude Code that matter: the shipped list, and a damaged one."""

from __future__ import annotations

import pytest

from tasks.core.catalogue import catalogue, client_facts, schemas
from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT, Layout
from tasks.core.text import documents

TEMPLATES = PROJECT / "templates"


def test_the_shipped_list_meets_its_schema_and_names_each_key_once():
    path = TEMPLATES / client_facts.FILE
    data = documents.load_yaml(path)
    assert schemas.findings(data, TEMPLATES / "schemas" / "client-keys.schema.json", file=path.name) == []
    names = [each["name"] for each in [*data["keys"], *data["invented"]]]
    assert len(names) == len(set(names))


def test_every_key_that_a_deployment_writes_is_explained():
    known = client_facts.known(TEMPLATES)
    gateways = catalogue.load(Layout.of({"HOME": "/nowhere"})).gateways.values()
    for setting in (setting for gateway in gateways for setting in gateway.settings):
        assert ".".join(setting.path).removeprefix("env.") in known


@pytest.mark.parametrize("text", ["[]\n", "keys: 5\ninvented: []\n", "invented: []\n"])
def test_a_damaged_list_is_a_sentence(tmp_path, text):
    (tmp_path / client_facts.FILE).write_text(text)
    with pytest.raises(InvalidInput, match="list"):
        client_facts.known(tmp_path)
