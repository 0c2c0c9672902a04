"""What a schema refuses is told in words, with its line, all at once."""

import json
import socket

import pytest

from tasks.core.catalogue import schemas
from tasks.core.model.errors import InvalidInput
from tasks.core.text import documents

SCHEMA = {
    "type": "object",
    "required": ["id", "port"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "pattern": "^[a-z]+$"},
        "port": {"type": "integer", "minimum": 1, "maximum": 9},
        "tier": {"enum": ["opus", "sonnet"]},
        "day": {"type": "string", "format": "date"},
        "names": {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True, "minItems": 1},
        "one": {"oneOf": [{"required": ["fact"]}, {"required": ["text"]}]},
        "never": {"not": {}},
        "key": {"type": "string", "pattern": "^os", "writeOnly": True, "title": "a reference"},
        "version": {"const": "1.0"},
    },
    "dependentRequired": {"tier": ["day"]},
}


@pytest.fixture
def schema(tmp_path):
    path = tmp_path / "thing.schema.json"
    path.write_text(json.dumps(SCHEMA))
    return path


def told(text, schema):
    return schemas.findings(documents.parse_yaml(text, "f"), schema, file="f", lines=documents.lines_of(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id: a\nport: 1", []),
        ("id: a", ["f:1: the document: lacks port"]),
        ("id: A\nport: 1", ['f:1: id: is "A", which does not look as it must (^[a-z]+$)']),
        ("id: a\nport: x", ['f:2: port: is "x", but must be a whole number']),
        ("id: a\nport: 0", ["f:2: port: is 0, but must be at least 1"]),
        ("id: a\nport: 10", ["f:2: port: is 10, but must be at most 9"]),
        ("id: a\nport: 1\nprot: 2", ["f:3: prot: is not known here; did you mean port?"]),
        ("id: a\nport: 1\nzzz: 2", ["f:3: zzz: is not known here"]),
        ("id: a\nport: 1\nday: 2026-02-30", ['f:3: day: is "2026-02-30", which is no valid date']),
        ("id: a\nport: 1\nnames: [a,\n  '']", ["f:4: names[1]: is empty"]),
        ("id: a\nport: 1\nnames: []", ["f:3: names: needs at least 1 of its entries"]),
        ("id: a\nport: 1\nnames: [a, a]", ["f:3: names: has an entry twice"]),
        ("id: a\nport: 1\none: {}", ["f:3: one: needs exactly one of fact, text"]),
        ("id: a\nport: 1\none: {fact: a, text: b}", ["f:3: one: needs exactly one of fact, text"]),
        ("id: a\nport: 1\nnever: 5", ["f:3: never: does not belong here"]),
        ("id: a\nport: 1\nversion: 2", ['f:3: version: is 2, but must be "1.0"']),
        ("- a", ['f:1: the document: is ["a"], but must be a mapping']),
    ],
)
def test_said_in_plain_words(text, expected, schema):
    assert told(text, schema) == expected


def test_all_at_once_in_the_order_of_the_file(schema):
    assert told("tier: gold\nnew: 1\nid: 5", schema) == [
        "f:1: the document: has tier, so it needs day as well",
        "f:1: the document: lacks port",
        'f:1: tier: is "gold", but must be one of "opus", "sonnet"',
        "f:2: new: is not known here",
        "f:3: id: is 5, but must be a text",
    ]


@pytest.mark.parametrize("value", ["sk-secret-value", "12345"])
def test_a_value_that_may_be_a_secret_is_not_shown(value, schema):
    assert told(f"id: a\nport: 1\nkey: {value}", schema) == ["f:3: key: must be a reference"]


def test_without_lines_all_is_in_the_first(schema):
    assert schemas.findings({"id": "a"}, schema, file="f") == ["f:1: the document: lacks port"]


def test_schemas_beside_it_are_found_and_nothing_is_fetched(tmp_path, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was asked"))
    (tmp_path / "inner.schema.json").write_text('{"type": "string"}')
    outer = {"$id": f"{schemas.NAMESPACE}outer.schema.json", "properties": {"a": {"$ref": "inner.schema.json"}}}
    (tmp_path / "outer.schema.json").write_text(json.dumps(outer))
    assert told("a: 1", tmp_path / "outer.schema.json") == ["f:1: a: is 1, but must be a text"]
    for number, address in enumerate(
        ["https://json.schemastore.org/any.json", "../inner.schema.json", "none.schema.json"]
    ):
        path = tmp_path / f"{number}.schema.json"
        path.write_text(json.dumps({"$id": f"{schemas.NAMESPACE}{path.name}", "$ref": address}))
        with pytest.raises(Exception, match="Unresolvable"):
            told("a: 1", path)


def test_a_schema_that_is_damaged_is_named(tmp_path):
    (tmp_path / "bad.schema.json").write_text("{")
    with pytest.raises(InvalidInput, match="no readable schema"):
        told("a: 1", tmp_path / "bad.schema.json")
