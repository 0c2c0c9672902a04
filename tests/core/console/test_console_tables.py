"""Tables: as wide as needed where there is room, and readable where there is little."""

from hypothesis import given
from hypothesis import strategies as st

from tasks.core.console import console

ROWS = [("set", "env.A", "one two three four five six seven"), ("keep", "env.LONGER", "yours")]
WORDS = st.text("abcdefgh ", max_size=60).map(lambda text: " ".join(text.split()))


def test_columns_are_aligned_where_there_is_room():
    assert list(console.lines(ROWS, 100)) == [
        "set   env.A       one two three four five six seven",
        "keep  env.LONGER  yours",
    ]


def test_the_last_column_is_folded_below_itself():
    assert list(console.lines(ROWS, 45)) == [
        "set   env.A       one two three four five six",
        "                  seven",
        "keep  env.LONGER  yours",
    ]


def test_without_room_for_it_the_last_cell_stands_below_its_row():
    assert list(console.lines(ROWS, 34, 2)) == [
        "  set   env.A",
        "      one two three four five six",
        "      seven",
        "  keep  env.LONGER  yours",
    ]


def test_a_row_that_is_too_wide_even_so_loses_its_columns_first():
    row = ("a" * 9, "", "b" * 9, "the text")
    assert list(console.lines([row, ("c" * 20, "d" * 20, "e", "")], 24)) == [
        "a" * 9 + "  " + "b" * 9,
        "    the text",
        "c" * 20,
        "    " + "d" * 20,
        "    e",
    ]


def test_no_rows_are_no_lines():
    assert not list(console.lines([], 80))


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=5), st.integers(20, 90))
def test_no_word_is_lost_and_no_line_is_longer_than_its_longest_word_allows(rows, width):
    lines = list(console.lines(rows, width))
    assert " ".join(lines).split() == " ".join(" ".join(row) for row in rows).split()
    longest = max((len(word) for row in rows for cell in row for word in cell.split()), default=0)
    assert all(len(line) <= max(width, longest + 8) for line in lines)
