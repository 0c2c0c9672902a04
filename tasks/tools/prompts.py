"""Questions at a terminal: lists to walk through and to filter; where the terminal cannot, numbered ones. On stderr."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Any

from tasks.model import interview
from tasks.model.errors import GatewayError
from tasks.tools import console, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasks.model.interview import Item, Question

SIGNS = "»●○"
"""What the library draws with."""

WALK = "(arrow keys, then Enter)"
FILTER = "(type to filter, space chooses, Enter ends)"
DETAIL_LINES = 4
"""For what there is to know of the item that is pointed at."""


def chosen(question: Question) -> tuple[str, ...]:
    """The values of the items that are chosen: one, or with *several* at least one."""
    asking = _introduced(question)
    return _walked(asking) if console.shows(SIGNS) else _numbered(asking)


def typed(question: Question, check: Callable[[str], object]) -> str:
    """A line that *check* takes, which raises a GatewayError for others; an empty one where that is allowed."""
    text = _introduced(question).text
    hidden = question.variable is not None and question.variable.secret
    while True:
        answer = (_unseen(text) if hidden else _line(text)).strip()
        if not answer and question.optional:
            return ""
        try:
            check(answer)
        except GatewayError as error:
            console.say(str(error), "warn")
        else:
            return answer


def agreed(text: str, show: Callable[[], None] | None = None) -> bool:
    """Yes or no; only a clear yes is one. With *show* a d shows more, and it is asked again."""
    asking = f"{text} [y/N/d, d shows every changed line]" if show else f"{text} [y/N]"
    while (answer := _line(asking).strip().lower()) in ("d", "diff") and show is not None:
        show()
    return answer in ("y", "yes")


def wanted(text: str) -> bool:
    """Yes or no in the midst of a command: whoever goes away with Ctrl-D has not said yes."""
    try:
        return agreed(text)
    except EOFError:
        return False


def _introduced(question: Question) -> Question:
    """Show what is to be known before it is asked; what is left is one line."""
    text, _, last = question.text.rpartition("\n")
    if text:
        console.ask(console.folded(text, console.width(sys.stderr)))
    return question._replace(text=last)


def _walked(question: Question) -> tuple[str, ...]:
    """By the library's lists; it is loaded for this only."""
    import questionary
    from prompt_toolkit.output import create_output

    output: Any = create_output(stdout=sys.stderr)
    output.enable_cpr = False  # does not ask the terminal where its cursor is: the answer could come late
    items = [questionary.Choice(each.label, each.value, checked=each.chosen) for each in question.items]
    common: dict[str, Any] = {"use_jk_keys": False, "output": output}
    if question.several:
        common |= {"validate": lambda values: bool(values) or "At least one: space chooses it."}
        asking = questionary.checkbox(question.text, items, use_search_filter=True, instruction=FILTER, **common)
    else:
        first = next((each.value for each in question.items if each.chosen), None)
        asking = questionary.select(question.text, items, default=first, instruction=WALK, **common)
    room = console.width(sys.stderr) - 1
    _finish(asking.application, {each.value: console.folded(each.more, room, 0) for each in question.items})
    answer = asking.unsafe_ask()
    return tuple(answer) if question.several else (answer,)


def _finish(application: Any, details: dict[str, str]) -> None:  # noqa: ANN401 - prompt_toolkit's
    """Let Ctrl-D end the question, and show below the list what there is to know of the item that is pointed at."""
    from prompt_toolkit.filters import is_done
    from prompt_toolkit.layout import ConditionalContainer, FormattedTextControl, Window
    from questionary.prompts.common import InquirerControl

    application.key_bindings.add("c-d", eager=True)(lambda event: event.app.exit(exception=EOFError))
    control: Any = next(each for each in application.layout.find_all_controls() if isinstance(each, InquirerControl))
    text = FormattedTextControl(lambda: control.error_message or details.get(control.get_pointed_at().value, ""))
    window = Window(text, height=DETAIL_LINES, dont_extend_height=True)
    if any(details.values()):
        application.layout.container.children.append(ConditionalContainer(window, filter=~is_done))


def _numbered(question: Question) -> tuple[str, ...]:
    """By a plain list with numbers, one line of which is the answer; an empty line takes what is suggested."""
    console.ask(console.folded(question.text, console.width(sys.stderr)))
    rows: list[tuple[str, ...]] = [
        (_number(place, each), each.label, each.more) for place, each in enumerate(question.items, 1)
    ]
    if question.several:  # there are many; what is to be known of each would fill pages
        rows = [row[:2] for row in rows]
    for line in tables.lines(rows, console.width(sys.stderr), 2):
        console.ask(line)
    suggested = [number for number, each in enumerate(question.items, 1) if each.chosen] or [1]
    what = "Numbers, in one line" if question.several else "Number"
    while True:
        line = _line(f"{what} [{' '.join(map(str, suggested))}]").strip()
        try:
            return interview.numbered(line or " ".join(map(str, suggested)), question.items, several=question.several)
        except GatewayError as error:
            console.say(str(error), "warn")


def _number(place: int, item: Item) -> str:
    return f"{place}*" if item.chosen else str(place)


def _line(text: str) -> str:
    """A line as it was typed; EOFError at Ctrl-D."""
    console.ask(f"{text} " if text.endswith("?") else f"{text}: ", end="")
    line = sys.stdin.readline()
    if not line:
        console.ask("")
        raise EOFError
    return line


def _unseen(text: str) -> str:
    """A line that is not shown as it is typed."""
    console.ask(f"{text}, not shown: ", end="")
    return getpass.getpass("", stream=sys.stderr)
