"""Editors find the schema of each YAML file by its first line, and all that the schema refers to, without a network."""

import json
import re

import pytest

from tasks.core.model.layout import PROJECT

TEMPLATES = PROJECT / "templates"
FILES = sorted(path for ending in ("yaml", "yml") for path in TEMPLATES.rglob(f"*.{ending}"))
SCHEMAS = sorted((TEMPLATES / "schemas").glob("*.json"))


def named(path):
    return path.relative_to(TEMPLATES).as_posix()


def references(value):
    """Every $ref in a schema, however deep."""
    if isinstance(value, dict):
        yield from (text for key, text in value.items() if key == "$ref" and isinstance(text, str))
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from references(each)


def inside(document, pointer):
    """What *pointer* (as in #/$defs/id) leads to; KeyError where it leads nowhere."""
    for word in pointer.strip("/").split("/") if pointer else ():
        document = document[word]
    return document


def test_there_are_files_to_look_at():
    assert len(FILES) > 50
    assert len(SCHEMAS) > 20


@pytest.mark.parametrize("path", FILES, ids=named)
def test_the_first_line_names_a_schema_that_is_there(path):
    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", path.read_text().splitlines()[0])
    assert found
    assert (path.parent / found[1]).resolve() in SCHEMAS


@pytest.mark.parametrize("path", SCHEMAS, ids=named)
def test_what_a_schema_refers_to_is_in_this_repository(path):
    schema = json.loads(path.read_text())
    for reference in references(schema):
        file, _, pointer = reference.partition("#")
        other = json.loads((path.parent / file).read_text()) if file else schema
        assert inside(other, pointer), reference
