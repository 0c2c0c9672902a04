"""A model that was chosen from a list of ours goes with that list, and no other does."""

from __future__ import annotations

import pytest

from tasks.core.claude import chosen_model
from tasks.core.claude.ledger import BASE_URL
from tasks.core.model.catalogue import name_entry
from tasks.core.text.json_edit import REMOVE, Raw, parse

ROW = ("modelPicker", "options", name_entry("glm-5.2"))
CHOSEN = '{"model": "glm-5.2"}'
GONE = {BASE_URL: REMOVE, ROW: REMOVE}


@pytest.mark.parametrize(
    ("text", "changes", "is_left"),
    [
        (CHOSEN, GONE, True),
        ('{"model": "opus"}', GONE, False),
        ('{"model": 5}', GONE, False),
        ("{}", GONE, False),
        (CHOSEN, {BASE_URL: REMOVE}, False),
        (CHOSEN, {BASE_URL: Raw('"https://other.example"'), ROW: REMOVE}, False),
        (CHOSEN, {ROW: REMOVE}, False),
        (CHOSEN, {BASE_URL: REMOVE, ROW: Raw("{}")}, False),
    ],
)
def test_it_goes_where_nothing_serves_it(text, changes, is_left):
    assert chosen_model.is_left(parse(text.encode()), changes) == is_left
