"""VS Code's JSON becomes JSON, and everything keeps its line and column."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.text import jsonc

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{} // end", {}),
        ("/* a\n b */ {}", {}),
        ('{"a": 1, /* , */ "b": [1, 2,\n],\n}', {"a": 1, "b": [1, 2]}),
        ('{"a": "http://x, ]", // y\n"b": "/* no */,}"}', {"a": "http://x, ]", "b": "/* no */,}"}),
        ('{"a": "\\"// no", }', {"a": '"// no'}),
        ("[1, // one\n]", [1]),
    ],
)
def test_comments_and_trailing_commas_go(text, value):
    made = jsonc.plain(text)
    assert json.loads(made) == value
    assert [len(line) for line in made.split("\n")] == [len(line) for line in text.split("\n")]


@given(VALUES)
def test_plain_json_stays(value):
    text = json.dumps(value, indent=1)
    assert jsonc.plain(text) == text
