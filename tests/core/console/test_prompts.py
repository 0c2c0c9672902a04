"""What is typed at a numbered list and at a plain line, on a terminal without a cursor."""

import io

import pytest

from tasks.core.console import prompts
from tasks.core.console.question import Item, Question, WentBack
from tasks.core.model.catalogue import Variable
from tasks.core.model.errors import UsageError

ITEMS = tuple(Item(name, name, chosen=name == "b") for name in ("a", "b", "c"))


@pytest.fixture
def type_lines(monkeypatch):
    """Have these lines come from the terminal."""

    def make(*lines):
        monkeypatch.setattr(prompts.sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    return make


@pytest.mark.parametrize("line", ["1 3", "1,3", " 1, 3 ", "a c", "1 c 1"])
def test_numbers_in_one_line_are_the_selection(line):
    assert prompts.find_numbered(line, ITEMS, several=True) == ("a", "c")


@pytest.mark.parametrize("line", ["0", "4", "-1", "x", "1 x", "", "1-2", "\u0663"])
def test_what_is_no_such_number_is_refused(line):
    with pytest.raises(UsageError, match="1 to 3"):
        prompts.find_numbered(line, ITEMS, several=True)


def test_one_means_one():
    assert prompts.find_numbered("2", ITEMS, several=False) == ("b",)
    with pytest.raises(UsageError, match="One number"):
        prompts.find_numbered("1 2", ITEMS, several=False)


@pytest.mark.parametrize(("line", "answer"), [("", "b"), ("3", "c"), ("a", "a")])
def test_an_empty_line_keeps_what_is_chosen(type_lines, line, answer):
    type_lines(line)
    assert prompts.chosen(Question("q", "Which?", ITEMS)) == (answer,)


def test_a_mark_goes_back_from_lists_lines_and_the_last_question(type_lines, monkeypatch):
    secret = Variable("KEY", "", "", secret=True)
    monkeypatch.setattr(prompts.getpass, "getpass", lambda *_, **__: "<")
    asking = [
        lambda: prompts.chosen(Question("q", "Which?", ITEMS)),
        lambda: prompts.typed(Question("q", "Where?"), str),
        lambda: prompts.typed(Question("q", "Key?", variable=secret), str),
        lambda: prompts.agreed("Go on?", can_go_back=True),
    ]
    for ask in asking:
        type_lines("<")
        with pytest.raises(WentBack):
            ask()
    type_lines("<")
    assert not prompts.agreed("Go on?"), "there is nothing to go back to"


def test_enter_keeps_the_answer_that_there_is(type_lines, capsys):
    type_lines("")
    assert prompts.typed(Question("q", "Where?", default="http://a"), str) == "http://a"
    assert "http://a" in capsys.readouterr().err


def test_headings_are_above_their_rows(type_lines, capsys):
    type_lines("")
    items = tuple(item._replace(group="first" if item.value == "a" else "second") for item in ITEMS)
    prompts.chosen(Question("q", "Which?", items))
    lines = [line.strip() for line in capsys.readouterr().err.splitlines()]
    assert lines[1:6] == ["first", "1   a", "second", "2*  b", "3   c"]


def test_commands_in_a_list_are_as_they_are_typed(monkeypatch):
    monkeypatch.setenv("GATEWAY_COMMAND", "gatehand")
    monkeypatch.setattr(prompts.console, "moves_cursor", lambda: True)
    drawn = []
    monkeypatch.setattr(prompts.screen, "choose", lambda question: drawn.append(question) or ("a",))
    items = (Item("a", "Later: doit start", "With: doit start"),)
    prompts.chosen(Question("q", "What of doit start?", items))
    assert drawn[0].text == "What of gatehand start?"
    assert drawn[0].items == (Item("a", "Later: gatehand start", "With: gatehand start"),)
