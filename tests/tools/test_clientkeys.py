"""The keys of Claude Code that matter: the shipped list, and a damaged one."""

from __future__ import annotations

import pytest

from tasks.model.errors import InvalidInput
from tasks.model.layout import PROJECT, Layout
from tasks.tools import catalogue, clientkeys, documents, schemas

TEMPLATES = PROJECT / "templates"


def test_the_shipped_list_meets_its_schema_and_names_each_key_once():
    path = TEMPLATES / clientkeys.FILE
    data = documents.load_yaml(path)
    assert schemas.findings(data, TEMPLATES / "schemas" / "client-keys.schema.json", file=path.name) == []
    names = [each["name"] for each in [*data["keys"], *data["invented"]]]
    assert len(names) == len(set(names))


def test_every_key_that_a_deployment_writes_is_explained():
    known = clientkeys.known(TEMPLATES)
    gateways = catalogue.load(Layout.of({"HOME": "/nowhere"})).gateways.values()
    for setting in (setting for gateway in gateways for setting in gateway.settings):
        assert ".".join(setting.path).removeprefix("env.") in known


@pytest.mark.parametrize("text", ["[]\n", "keys: 5\ninvented: []\n", "invented: []\n"])
def test_a_damaged_list_is_a_sentence(tmp_path, text):
    (tmp_path / clientkeys.FILE).write_text(text)
    with pytest.raises(InvalidInput, match="list"):
        clientkeys.known(tmp_path)
