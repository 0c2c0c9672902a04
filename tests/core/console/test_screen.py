"""Keys at a list and at a line, typed into the real widgets."""

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from tasks.core.console import screen
from tasks.core.console.question import Item, Question, WentBack

ITEMS = tuple(Item(name, name, chosen=name == "beta") for name in ("alpha", "beta", "gamma"))
ONE = Question("one", "Which?", ITEMS)
SEVERAL = ONE._replace(several=True)
UP, DOWN, LEFT, ESCAPE, ENTER, BACKSPACE = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b", "\r", "\x7f"
CTRL_A, CTRL_C, CTRL_D, HOME = "\x01", "\x03", "\x04", "\x1b[H"


def typed(monkeypatch, keys, ask):
    """What *ask* gives when these keys are typed."""
    monkeypatch.setattr(screen, "_make_output", DummyOutput)
    with create_pipe_input() as keyboard, create_app_session(input=keyboard, output=DummyOutput()):
        keyboard.send_text(keys)
        return ask()


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(ENTER, "beta"), (UP + ENTER, "alpha"), (DOWN + DOWN + ENTER, "alpha"), ("gam" + ENTER, "gamma")],
)
def test_one_row_is_walked_to_or_typed(monkeypatch, keys, answer):
    assert typed(monkeypatch, keys, lambda: screen.choose(ONE)) == (answer,)


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (" " + ENTER, ("alpha", "beta")),
        (CTRL_A + ENTER, ("alpha", "beta", "gamma")),
        (CTRL_A * 2 + ENTER + DOWN + " " + ENTER, ("beta",)),
        ("zz" + " " + BACKSPACE * 2 + ENTER, ("beta",)),
        ("ga " + BACKSPACE * 2 + ENTER, ("beta", "gamma")),
        ("zz" + ESCAPE + "/ga " + ESCAPE + ENTER, ("beta", "gamma")),
    ],
)
def test_several_rows_are_chosen_with_the_space_bar(monkeypatch, keys, answer):
    assert typed(monkeypatch, keys, lambda: screen.choose(SEVERAL)) == answer


@pytest.mark.parametrize(
    ("keys", "error"),
    [(ESCAPE, WentBack), (LEFT, WentBack), (CTRL_C, KeyboardInterrupt), (CTRL_D, EOFError), ("x" + LEFT, WentBack)],
)
def test_keys_that_end_a_list(monkeypatch, keys, error):
    for question in (ONE, SEVERAL):
        with pytest.raises(error):
            typed(monkeypatch, keys, lambda question=question: screen.choose(question))


@pytest.mark.parametrize(
    ("keys", "error"),
    [(ESCAPE, WentBack), (LEFT, WentBack), (CTRL_C, KeyboardInterrupt), (CTRL_D, EOFError), ("x" + ESCAPE, WentBack)],
)
@pytest.mark.parametrize("hidden", [False, True])
def test_keys_that_end_a_line(monkeypatch, keys, error, hidden):
    with pytest.raises(error):
        typed(monkeypatch, keys, lambda: screen.ask_line("Where?", "", hidden=hidden))


def test_a_line_is_edited_from_what_there_is(monkeypatch):
    ask = lambda: screen.ask_line("Where?", "http://a", hidden=False)  # noqa: E731
    assert typed(monkeypatch, ENTER, ask) == "http://a"
    assert typed(monkeypatch, LEFT + "b" + ENTER, ask) == "http://ba", "Left moves where there is a text"


@pytest.mark.parametrize("several", [False, True])
def test_the_drawing_has_question_keys_columns_and_details(monkeypatch, several):
    question = ONE._replace(several=several, columns="name")
    state = screen.ListState(question)
    with create_app_session(output=DummyOutput()):
        text = "".join(part for _, part in screen.draw(state))
    for part in ("Which?", "Esc goes back", "name", "alpha"):
        assert part in text
    assert ("type to filter" in text) == several
