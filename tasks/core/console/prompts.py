"""Questions at a terminal, on stderr.

Where the terminal can move its cursor they are lists to walk through and lines to edit
(core.console.screen); on any other one, numbered lists and plain lines, where `<` goes back.
"""

from __future__ import annotations

import getpass
import re
import sys
from typing import TYPE_CHECKING

from tasks.core.console import console, screen
from tasks.core.console.question import WentBack
from tasks.core.model.errors import GatewayError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasks.core.console.question import Item, Question

BACK = "<"
"""What goes back to the question before, where no single key can."""

YES = ("y", "yes")
DETAILS = ("d", "diff", "details")


def chosen(question: Question) -> tuple[str, ...]:
    """The values of the items that are chosen: one, or with *several* at least one.

    WentBack where the person wants the question before.
    """
    asking = _introduce(question)
    if not console.moves_cursor():
        return _choose_by_number(asking)
    values = screen.choose(asking)
    _show_answer(asking, values)
    return values


def typed(question: Question, check: Callable[[str], object]) -> str:
    """A line that *check* accepts; an empty one where that is allowed.

    *check* raises a GatewayError for any other; WentBack as in chosen().
    """
    text = _introduce(question).text
    is_hidden = question.variable is not None and question.variable.secret
    while True:
        answer = _read(text, question.default, hidden=is_hidden)
        if not answer and question.optional:
            return ""
        try:
            check(answer)
        except GatewayError as error:
            console.say(str(error), "warn")
        else:
            return answer


def agreed(
    text: str,
    show: Callable[[], None] | None = None,
    *,
    can_go_back: bool = False,
) -> bool:
    """Yes or no; only a clear yes is one. With *show* a d shows more, and it is asked again."""
    asking = f"{text} [y/N]"
    if show:
        asking = f"{text} [y/N, d for details]"
    while True:
        answer = _read_word(asking, can_go_back=can_go_back).lower()
        if answer not in DETAILS or show is None:
            return answer in YES
        show()


def wanted(text: str) -> bool:
    """Yes or no in the middle of a command: Ctrl-D is no yes."""
    try:
        return agreed(text)
    except EOFError:
        return False


def _introduce(question: Question) -> Question:
    """Show what there is to know before it is asked; what is left is one line.

    The commands in it are as this person types them, also where it is drawn by other means.
    """
    text, _, last = question.text.rpartition("\n")
    if text:
        width = console.width(sys.stderr)
        console.ask(console.folded(text, width))
    items = [
        item._replace(
            label=console.as_typed(item.label),
            more=console.as_typed(item.more),
        )
        for item in question.items
    ]
    return question._replace(
        text=console.as_typed(last),
        items=tuple(items),
    )


def _show_answer(question: Question, values: Sequence[str]) -> None:
    """The question with what was chosen, by name, where the list was."""
    names = [
        item.name or item.label  # in order
        for item in question.items
        if item.value in values
    ]
    listing = ", ".join(names)
    width = console.width(sys.stderr)
    line = f"? {question.text} {listing}"
    console.ask(console.folded(line, width, 4))


def _read(text: str, default: str, *, hidden: bool) -> str:
    """A line; *default* where Enter alone is typed."""
    if hidden:
        text = f"{text}, not shown"
    if console.moves_cursor():
        return screen.ask_line(text, default, hidden=hidden).strip()
    if default:
        text = f"{text} [{default}]"
    read = _read_line
    if hidden:
        read = _read_unseen
    answer = read(text).strip()
    if answer == BACK:
        raise WentBack
    return answer or default


def _read_word(text: str, *, can_go_back: bool) -> str:
    """The answer to a yes-or-no question."""
    if can_go_back:
        return _read(text, "", hidden=False)
    return _read_line(text).strip()


def _choose_by_number(question: Question) -> tuple[str, ...]:
    """By a list with numbers, one line of which is the answer; an empty line keeps what is marked."""
    width = console.width(sys.stderr)
    console.ask(console.folded(f"{question.text} ({BACK} goes back)", width))
    _list_numbers(question, width)
    suggested = []
    for number, item in enumerate(question.items, 1):
        if item.chosen:
            suggested.append(str(number))
    default = " ".join(suggested or ["1"])
    what = "Number"
    if question.several:
        what = "Numbers, in one line"
    while True:
        line = _read(what, default, hidden=False)
        try:
            return find_numbered(line, question.items, several=question.several)
        except GatewayError as error:
            console.say(str(error), "warn")


def _list_numbers(question: Question, width: int) -> None:
    """The items below their headings."""
    rows: dict[str, list[tuple[str, ...]]] = {}
    digits = len(f"{len(question.items)}*")
    for number, item in enumerate(question.items, 1):
        mark = ""
        if item.chosen:
            mark = "*"
        more = item.more
        if question.several:
            # Where there are many, all that there is to know of each would fill pages.
            more = item.against
        group = rows.setdefault(item.group, [])
        place = f"{number}{mark}".ljust(digits)
        group.append((place, item.label, more))
    for heading, group in rows.items():
        if heading:
            console.ask(heading)
        for line in console.lines(group, width, 2):
            console.ask(line)


def _read_line(text: str) -> str:
    """A line as it was typed; EOFError at Ctrl-D."""
    end = ": "
    if text.endswith("?"):
        end = " "
    console.ask(text, end=end)
    line = sys.stdin.readline()
    if not line:
        console.ask("")
        raise EOFError
    return line


def _read_unseen(text: str) -> str:
    """A line that is not shown as it is typed."""
    console.ask(f"{text}: ", end="")
    return getpass.getpass("", stream=sys.stderr)


def find_numbered(text: str, items: Sequence[Item], *, several: bool) -> tuple[str, ...]:
    """The values that a line like `1 3 5` chooses; names do as well. UsageError for anything else."""
    values = {str(number): item.value for number, item in enumerate(items, 1)}
    words = [word for word in re.split(r"[\s,]+", text) if word]
    found = [values.get(word, word) for word in words]
    is_known = set(found) <= set(values.values())
    is_right_number = len(words) == 1 or (several and words)
    if not is_known or not is_right_number:
        few = "One number"
        example = ""
        if several:
            few, example = "Numbers", ", such as: 1 3"
        raise UsageError(f"{few} from 1 to {len(items)}, please{example}")
    return tuple(dict.fromkeys(found))
