"""Questions at a terminal: lists to walk through and to filter; where the terminal cannot, numbered ones. On stderr."""

from __future__ import annotations

import getpass
import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.console import console
from tasks.core.model.errors import GatewayError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tasks.core.model.catalogue import Variable

SIGNS = "»●○"
"""What the library draws with."""

WALK = "(arrow keys, then Enter)"
NO_MATCH = "No row has that: all are shown, and space chooses none. Backspace takes a letter back."
FILTER = "(type to filter, space chooses, Enter ends)"
DETAIL_LINES = 8
"""At most so many for what there is to know of the item that is pointed at."""

BESIDE = len(" » ● ")
"""What the library draws before a label."""


class Item(NamedTuple):
    """One of the answers to choose from: how it is shown, and what there is to know of it.

    *facts*: the label in words, where that may be too wide; *against*: what speaks against it, which *more* holds too.
    """

    value: str
    label: str
    more: str = ""
    chosen: bool = False
    facts: str = ""
    against: str = ""


class Question(NamedTuple):
    """A question: the option that answers it, its text, whose last line asks; what to choose from, or none to type.

    *several*: more than one item may be chosen. *variable*: the answer is the value of that variable. *optional*: an
    empty answer leaves it as it is.
    """

    name: str
    text: str
    items: tuple[Item, ...] = ()
    several: bool = False
    variable: Variable | None = None
    optional: bool = False


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
    _finish(asking.application, {each.value: _detail(each, room) for each in question.items})
    answer = asking.unsafe_ask()
    return tuple(answer) if question.several else (answer,)


def _detail(item: Item, room: int) -> str:
    """What there is to know of an item in *room* columns; its facts too, where its row is cut."""
    facts = f"{item.facts}." if item.facts and BESIDE + len(item.label) > room else ""
    return console.folded(" ".join(filter(None, (facts, item.more))), room, 0)


def _finish(application: Any, details: dict[str, str]) -> None:  # noqa: ANN401 - prompt_toolkit's
    """Let Ctrl-D end the question, and show below the list what there is to know of the item that is pointed at."""
    from prompt_toolkit.filters import is_done
    from prompt_toolkit.layout import ConditionalContainer, FormattedTextControl, Window
    from questionary.prompts.common import InquirerControl

    list_of = next(each for each in application.layout.find_all_windows() if isinstance(each.content, InquirerControl))
    control: Any = list_of.content

    def lost() -> bool:  # the library then shows every row, as if nothing had been typed
        return bool(control.search_filter) and control.filtered_choices is control.choices

    def detail() -> Any:  # noqa: ANN401 - formatted text of the library
        return control.error_message or (NO_MATCH if lost() else details.get(control.get_pointed_at().value, ""))

    _bind(application.key_bindings, lost)
    _hint_at_more(list_of)
    lines = min(DETAIL_LINES, max((text.count("\n") + 1 for text in details.values()), default=1))
    window = Window(FormattedTextControl(detail), height=lines, dont_extend_height=True)
    if any(details.values()):
        application.layout.container.children.append(ConditionalContainer(window, filter=~is_done))


def _bind(keys: Any, lost: Callable[[], bool]) -> None:  # noqa: ANN401 - prompt_toolkit's
    """Ctrl-D ends the question; the space bar chooses nothing while no row matches what was typed."""
    from prompt_toolkit.filters import Condition

    keys.add("c-d", eager=True)(lambda event: event.app.exit(exception=EOFError))
    keys.add(" ", eager=True, filter=Condition(lost))(lambda _event: None)


def _hint_at_more(window: Any) -> None:  # noqa: ANN401 - prompt_toolkit's
    """A bar with arrows beside a list that does not fit."""
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.layout.margins import ConditionalMargin, ScrollbarMargin

    def cut() -> bool:
        return window.render_info is not None and window.content.choice_count > window.render_info.window_height

    window.right_margins = [ConditionalMargin(ScrollbarMargin(display_arrows=True), filter=Condition(cut))]


def _numbered(question: Question) -> tuple[str, ...]:
    """By a plain list with numbers, one line of which is the answer; an empty line takes what is suggested."""
    console.ask(console.folded(question.text, console.width(sys.stderr)))
    rows: list[tuple[str, ...]] = [
        (_number(place, each), each.label, each.against if question.several else each.more)
        for place, each in enumerate(question.items, 1)
    ]  # where there are many, all that is to be known of each would fill pages
    for line in console.lines(rows, console.width(sys.stderr), 2):
        console.ask(line)
    suggested = [number for number, each in enumerate(question.items, 1) if each.chosen] or [1]
    what = "Numbers, in one line" if question.several else "Number"
    while True:
        line = _line(f"{what} [{' '.join(map(str, suggested))}]").strip()
        try:
            return numbered(line or " ".join(map(str, suggested)), question.items, several=question.several)
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


def numbered(text: str, items: Sequence[Item], *, several: bool) -> tuple[str, ...]:
    """The values that a line like `1 3 5` chooses; names do as well. UsageError for anything else."""
    words = [word for word in re.split(r"[\s,]+", text) if word]
    values = [each.value for each in items]
    found = [values[int(word) - 1] if word in _positions(values) else word for word in words]
    if not words or (len(words) > 1 and not several) or any(name not in values for name in found):
        few = "Numbers" if several else "One number"
        raise UsageError(f"{few} from 1 to {len(items)}, please" + (", such as: 1 3" if several else ""))
    return tuple(dict.fromkeys(found))


def _positions(values: Sequence[str]) -> set[str]:
    return {str(number) for number in range(1, len(values) + 1)}
