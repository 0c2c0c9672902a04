"""The keys of Claude Code that matter: the shipped list, and a damaged one."""

from __future__ import annotations

import fnmatch

import pytest

from tasks.core.catalogue import catalogue, client_facts, schemas
from tasks.core.model.errors import InvalidInput
from tasks.core.model.layout import PROJECT, Layout
from tasks.core.text import documents

TEMPLATES = PROJECT / "templates"


def test_the_shipped_list_meets_its_schema_and_names_each_key_once():
    path = TEMPLATES / client_facts.FILE
    data = documents.load_yaml(path)
    assert schemas.findings(data, TEMPLATES / "schemas" / "client.schema.json", file=path.name) == []
    names = [each["name"] for each in [*data["keys"], *data["harmless"], *data["invented"]]]
    assert len(names) == len(set(names))


def test_every_key_that_a_deployment_writes_is_explained():
    known = client_facts.known(TEMPLATES)
    gateways = catalogue.load(Layout.of({"HOME": "/nowhere"})).gateways.values()
    for setting in (setting for gateway in gateways for setting in gateway.settings):
        name = ".".join(setting.path).removeprefix("env.")
        assert name in known or setting.path[0] in known, name


@pytest.mark.parametrize("text", ["[]\n", "keys: 5\ninvented: []\n", "invented: []\n"])
def test_a_damaged_list_is_a_sentence(tmp_path, text):
    path = tmp_path / client_facts.FILE
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(InvalidInput, match="list"):
        client_facts.known(tmp_path)


def test_whatever_claude_code_lists_as_a_way_a_credential_or_a_model_is_judged():
    names, known = client_facts.names(TEMPLATES), client_facts.known(TEMPLATES)
    harmless = [each["name"] for each in documents.load_yaml(TEMPLATES / client_facts.FILE)["harmless"]]
    listed = [*names["switches"], *names["credentials"], *names["models"]]
    for route in names["routes"]:
        listed += [route["address"], *route["more"]]
    unjudged = {name for name in listed if name not in known}
    assert [name for name in unjudged if not any(fnmatch.fnmatch(name, each) for each in harmless)] == []


def test_each_switch_leads_to_the_address_that_claude_code_has_for_it():
    routes = {each["switch"]: each["address"] for each in client_facts.names(TEMPLATES)["routes"] if each["switch"]}
    assert routes.items() <= client_facts.switches(TEMPLATES).items()


def test_what_we_explain_is_a_name_of_claude_code():
    names = client_facts.names(TEMPLATES)
    of_the_runtime = {"NODE_TLS_REJECT_UNAUTHORIZED"}
    known = {name.partition(".")[0] for name in client_facts.known(TEMPLATES)}
    assert known <= names["variables"].keys() | names["settings"].keys() | of_the_runtime
    assert not client_facts.invented(TEMPLATES).keys() & (names["variables"].keys() | names["settings"].keys())


@pytest.mark.parametrize("kind", ["local", "custom"])
def test_a_deployment_cancels_every_switch_that_leads_past_the_gateway(kind):
    gateway = catalogue.load(Layout.of({"HOME": "/nowhere"})).gateways[kind]
    cancelled = {each.path[-1] for each in gateway.settings if each.text == ""}
    assert set(client_facts.names(TEMPLATES)["switches"]) <= cancelled
