"""What keys do to a list, and how it is drawn: filter, headings, marks, what is chosen."""

import pytest

from tasks.core.console import list_state
from tasks.core.console.list_state import ASCII_SIGNS, SIGNS, ListState
from tasks.core.console.question import Item, Question

ITEMS = tuple(
    Item(name, name, f"about {name}", chosen=name in "ce", group=group)
    for name, group in zip("abcdefgh", ["one"] * 4 + ["two"] * 3 + ["ended"], strict=True)
)


def state_of(*, several=True, items=ITEMS):
    return ListState(Question("q", "Which?", items, several=several))


def texts(state, height=40, signs=SIGNS):
    return [line.text for line in state.draw(height, signs)]


def test_rows_are_below_their_headings():
    lines = texts(state_of())
    assert lines[0].strip() == "one"
    assert lines[1].strip() == "» ○ a"
    assert [line.strip() for line in lines if "○" not in line and "●" not in line] == ["one", "two", "ended"]


def test_what_is_chosen_is_the_answer_in_the_order_of_the_list():
    state = state_of()
    assert state.answer == ("c", "e")
    state.toggle()
    assert state.answer == ("a", "c", "e")
    state.toggle()
    state.move(2)
    state.toggle()
    assert state.answer == ("e",)


def test_one_answer_is_the_row_that_is_pointed_at_and_starts_at_what_is_chosen():
    state = state_of(several=False)
    assert state.answer == ("c",)
    state.move(-3)
    assert state.answer == ("h",), "behind the first row comes the last one"
    state.jump(10)
    assert state.answer == ("h",)
    state.jump(-10)
    assert state.answer == ("a",)


@pytest.mark.parametrize(("height", "pointed"), [(5, 0), (5, 3), (5, 7), (7, 4), (3, 7), (1, 5)])
def test_more_above_or_below_is_marked_from_the_first_drawing(height, pointed):
    state = state_of()
    state.move(pointed)
    lines = state.draw(height, SIGNS)
    assert len(lines) <= max(height, list_state.LEAST_ROWS)
    rows = [line for line in lines if line.kind in ("row", "pointed")]
    above, below = (sum(int(word) for word in line.text.split() if word.isdecimal()) for line in (lines[0], lines[-1]))
    assert len(rows) + above + below == len(ITEMS)
    assert sum(line.kind == "pointed" for line in lines) == 1


def test_a_list_that_fits_has_no_mark():
    assert not any("more" in line for line in texts(state_of()))


def test_the_filter_looks_at_rows_and_headings_and_keeps_what_is_chosen():
    state = state_of()
    state.filter_by("two")
    assert [item.value for item in state.visible] == ["e", "f", "g"]
    state.toggle()
    state.filter_by("")
    assert state.answer == ("c",)


def test_the_filter_keeps_pointing_at_the_same_row():
    state = state_of(several=False)
    state.move(3)
    state.filter_by("two")
    assert state.answer == ("f",)


def test_while_nothing_matches_nothing_can_be_chosen():
    state = state_of()
    state.filter_by("zzz")
    assert state.describe(80) == list_state.NO_MATCH
    before = state.answer
    for act in (state.toggle, state.toggle_all, lambda: state.move(1), lambda: state.jump(1)):
        act()
    assert state.answer == before
    assert not texts(state)
    single = state_of(several=False)
    single.filter_by("zzz")
    assert single.answer == ()


def test_all_are_those_that_are_shown():
    state = state_of()
    state.filter_by("two")
    state.toggle_all()
    assert state.answer == ("c", "e", "f", "g")
    state.toggle_all()
    assert state.answer == ("c",)


def test_no_answer_is_refused_until_there_is_one():
    state = state_of()
    state.toggle_all()
    state.toggle_all()
    state.refuse()
    assert state.describe(80) == list_state.AT_LEAST_ONE
    state.toggle()
    assert state.describe(80) == "about a"


def test_facts_are_shown_where_the_row_is_cut():
    item = Item("x", "x" * 50, "More.", facts="Fact")
    state = state_of(items=(item,))
    assert state.describe(80) == "More."
    assert state.describe(40) == "Fact. More."


def test_ascii_is_enough():
    assert "".join(texts(state_of(), 5, ASCII_SIGNS)).isascii()


def test_the_sign_before_the_filter_may_be_typed_too():
    state = state_of()
    for typed in ("/", "/b"):
        state.filter_by(typed)
    assert [item.value for item in state.visible] == ["b"]
