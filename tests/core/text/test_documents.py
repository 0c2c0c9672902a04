"""YAML and JSON are read strictly and written so that every reader understands the same."""

import json
from itertools import pairwise

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.model.errors import InvalidInput
from tasks.core.text import documents

texts = st.text(st.characters(exclude_categories=["Cs"]))
tricky = st.sampled_from(
    [
        "no",
        "Yes",
        "on",
        "y",
        "~",
        "null",
        "1",
        "1.5",
        "1e3",
        "0o7",
        "0x1F",
        "1:30",
        "2026-11-22",
        ".inf",
        "=",
        "<<",
        "{",
        "[",
        "-",
        "?",
        "a:",
        "a:b",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "`a",
        "'a'",
        '"a"',
        "{a",
        "[a",
        "#a",
        "os.environ/NAME",
        "http://127.0.0.1:4000/v1",
        "vertex_ai/qwen/qwen3-235b-maas",
    ]
) | st.sampled_from(["", "a: b", "- a", "a #b", "a\nb", " a", "a ", "\ufeff", "\u2028"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts | tricky,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts.filter(lambda t: t != "<<"), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_what_is_written_is_read_back(data):
    text = documents.dump_yaml({"data": data})
    assert documents.parse_yaml(text, "f") == {"data": data}
    assert yaml.safe_load(text) == {"data": data}  # as LiteLLM reads it


@given(tricky | texts)
def test_a_plain_text_is_a_text_to_old_and_new_readers(text):
    written = documents.dump_yaml([text]).removeprefix("  ").removeprefix("- ").rstrip("\n")
    if written.startswith('"'):
        return
    assert written == text
    assert text[0].isalpha() or text[0] == "/"
    assert text.lower() not in {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def test_written_in_block_style_in_its_own_order():
    data = {"model_list": [{"model_name": "b", "rpm": 60}, {"model_name": "a"}], "fallbacks": [], "key": "os.environ/K"}
    assert documents.dump_yaml(data) == (
        "model_list:\n  - model_name: b\n    rpm: 60\n  - model_name: a\nfallbacks: []\nkey: os.environ/K\n"
    )


def test_one_object_in_two_places_is_written_twice():
    shared = {"a": 1}
    assert documents.dump_yaml([shared, shared]) == "- a: 1\n- a: 1\n"


def test_dates_stay_texts():
    assert documents.parse_yaml("a: 2026-11-22\nb: 2026-11-22 10:00:00", "f") == {
        "a": "2026-11-22",
        "b": "2026-11-22 10:00:00",
    }


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "f.yaml:4", "b.c stands there twice"),
        ("a: [1\nb: 2", "f.yaml:2", "is not valid YAML"),
        ("a: 1\n\tb: 2", "f.yaml:2", "is not valid YAML"),
        ("a: !!python/object/apply:os.system [ls]", "f.yaml:1", "constructor"),
        ("a: &a [*a]", "f.yaml:1", "nested too deeply"),
        ("a: *b", "f.yaml:1", "undefined alias"),
        ("a: 1\n---\nb: 2", "f.yaml:2", "single document"),
        ("? {a: 1}\n: 2", "f.yaml:1", "unhashable"),
        ("a: \ud800", "f.yaml", "is not valid YAML"),
        ("[" * 100_000, "f.yaml", "nested too deeply"),
        ("- " * 100_000 + "a", "f.yaml", "nested too deeply"),
        ("[" * 900 + "]" * 900, "f.yaml:1", "nested too deeply"),
        ("a" * (documents.MAX_BYTES + 1), "f.yaml", "larger than 4 MiB"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_refused_with_a_place_and_a_reason(text, place, problem):
    with pytest.raises(InvalidInput) as caught:
        documents.parse_yaml(text, "f.yaml")
    assert caught.value.where == place
    assert problem in caught.value.problem


def test_aliases_cannot_multiply_without_end():
    letters = "abcdefghi"
    lines = [f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]" for before, one in pairwise(letters)]
    with pytest.raises(InvalidInput, match="holds too many values"):
        documents.parse_yaml("\n".join(["a: &a [x, x, x]", *lines]), "f")


def test_honest_aliases_are_followed():
    assert documents.parse_yaml("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2", "f") == {"a": {"x": 1}, "b": {"x": 1, "y": 2}}


def test_a_file_that_is_missing_or_no_text(tmp_path):
    with pytest.raises(InvalidInput, match="is not there"):
        documents.load_yaml(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_bytes(b"a: \xff")
    with pytest.raises(InvalidInput, match="cannot be read"):
        documents.load_yaml(tmp_path / "bad.yaml")


def test_lines_are_those_of_the_keys():
    text = "# comment\na: 1\nb:\n  - c: 2\n    d:\n      5\n  - x\n"
    assert documents.lines_of(text) == {
        (): 2,
        ("a",): 2,
        ("b",): 3,
        ("b", 0): 4,
        ("b", 0, "c"): 4,
        ("b", 0, "d"): 5,
        ("b", 1): 7,
    }
    assert documents.lines_of("a: [") == {}
    assert documents.lines_of("") == {}


def test_the_c_parser_and_the_one_in_python_say_the_same(monkeypatch):
    text = "a: [1, 2026-11-22, yes, 0o7, null]\nb: {c: d}\n"
    expected = documents.parse_yaml(text, "f")
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    documents._loader.cache_clear()
    assert documents.parse_yaml(text, "f") == expected
    documents._loader.cache_clear()


@given(values)
def test_json_is_read_back(data):
    assert documents.parse_json(documents.dump_json(data), "f") == data


def test_json_is_written_for_people():
    assert documents.dump_json({"b": ["ä"], "a": {}}) == '{\n  "b": [\n    "ä"\n  ],\n  "a": {}\n}\n'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        documents.dump_json(float("nan"))


@pytest.mark.parametrize(
    ("data", "place", "problem"),
    [
        (b'{"a": 1,\n "b" 2}', "f.json:2:6", "Expecting"),
        (b'{"a": 1, "a": 2}', "f.json", "stands twice"),
        (b"[NaN]", "f.json", "NaN is no JSON value"),
        (b"\xff", "f.json", "utf-8"),
        (b"[" * 200_000, "f.json", "nested too deeply"),
        (b" " * (documents.MAX_BYTES + 1), "f.json", "larger than"),
    ],
)
def test_json_refused_with_a_place_and_a_reason(data, place, problem):
    with pytest.raises(InvalidInput) as caught:
        documents.parse_json(data, "f.json")
    assert caught.value.where == place
    assert problem in caught.value.problem


def test_places_and_values_as_people_write_them():
    assert documents.dotted(("model_list", 0, "model_name")) == "model_list[0].model_name"
    assert documents.dotted(()) == "the document"
    assert documents.said({"a": True}) == json.dumps({"a": True})
    assert len(documents.said("x" * 500)) == documents.SHOWN
