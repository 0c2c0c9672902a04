"""What is typed at a numbered list."""

import pytest

from tasks.core.console import prompts
from tasks.core.console.prompts import Item
from tasks.core.model.errors import UsageError

ITEMS = [Item(name, name) for name in ("a", "b", "c")]


@pytest.mark.parametrize("line", ["1 3", "1,3", " 1, 3 ", "a c", "1 c 1"])
def test_numbers_in_one_line_are_the_selection(line):
    assert prompts.numbered(line, ITEMS, several=True) == ("a", "c")


@pytest.mark.parametrize("line", ["0", "4", "-1", "x", "1 x", "", "1-2", "\u0663"])
def test_what_is_no_such_number_is_refused(line):
    with pytest.raises(UsageError, match="1 to 3"):
        prompts.numbered(line, ITEMS, several=True)


def test_one_means_one():
    assert prompts.numbered("2", ITEMS, several=False) == ("b",)
    with pytest.raises(UsageError, match="One number"):
        prompts.numbered("1 2", ITEMS, several=False)
