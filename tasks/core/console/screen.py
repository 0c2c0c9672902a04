"""Questions at a terminal that can move its cursor, drawn on stderr; Esc and Left go back.

A list is erased when it is answered: the answer takes its place.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tasks.core.console import console, list_state
from tasks.core.console.list_state import ASCII_SIGNS, SIGNS, ListState
from tasks.core.console.question import WentBack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.console.question import Question

    Fragments = Any  # a list of pairs: prompt_toolkit's own type is wider

WALK = "arrow keys, Enter; Esc goes back"
SELECT = "Space chooses, Ctrl-A all, Enter ends, Esc goes back"
FILTER = "type to filter"

STYLES = {
    "pointed": "bold",
    "heading": "fg:ansicyan",
    "mark": "fg:ansiyellow",
    "hint": "fg:ansibrightblack",
}

DETAIL_LINES = 6
"""At most so many for what there is to know of the row that is pointed at."""

ESCAPE_SECONDS = 0.1
"""How long after Esc the rest of an arrow key's sequence may come."""


def choose(question: Question) -> tuple[str, ...]:
    """The values of the items that are chosen; WentBack, KeyboardInterrupt or EOFError by a key."""
    from prompt_toolkit import Application
    from prompt_toolkit.layout import Layout, Window
    from prompt_toolkit.layout.controls import FormattedTextControl

    state = ListState(question)
    control = FormattedTextControl(
        lambda: draw(state),
        show_cursor=False,
    )
    window = Window(control, dont_extend_height=True)
    application: Any = Application(
        layout=Layout(window),
        key_bindings=_bind_list(state),
        output=_make_output(),
        erase_when_done=True,
    )
    application.ttimeoutlen = ESCAPE_SECONDS
    answer: tuple[str, ...] = application.run()
    return answer


def ask_line(
    text: str,
    default: str,
    *,
    hidden: bool,
) -> str:
    """A line, edited in place; one that is hidden shows nothing at all as it is typed."""
    import questionary
    from prompt_toolkit.layout.processors import PasswordProcessor

    more: dict[str, Any] = {}
    if hidden:
        more["input_processors"] = [PasswordProcessor(char="")]
    asking = questionary.text(
        text,
        default=default,
        qmark="?",
        key_bindings=_bind_line(),
        output=_make_output(),
        **more,
    )
    asking.application.ttimeoutlen = ESCAPE_SECONDS
    answer: str = asking.unsafe_ask()
    return answer


def draw(state: ListState) -> Fragments:
    """The whole list as the library takes it, cut to the terminal."""
    from prompt_toolkit.application import get_app

    size = get_app().output.get_size()
    width = size.columns - 1
    head = [*_draw_head(state, width)]
    # The room does not depend on the row that is pointed at: the list must not jump.
    details = _count_details(state.question, width)
    rows = size.rows - len(head) - details - 1
    signs = ASCII_SIGNS
    if console.encodes(
        sys.stderr,
        "".join(SIGNS),
    ):
        signs = SIGNS
    fragments = head
    for line in state.draw(rows, signs):
        style = STYLES.get(
            line.kind,
            "",
        )
        fragments.append((style, line.text))
    for detail in _fold_details(state, width):
        fragments.append((STYLES["hint"], detail))
    return [
        (style, f"{console.printable(text)}\n")  # a line each
        for style, text in fragments
    ]


def _draw_head(
    state: ListState,
    width: int,
) -> Iterator[tuple[str, str]]:
    """The question, the keys, the filter where it is typed, and the names of the columns."""
    question = state.question
    for line in console.folded(
        f"? {question.text}",
        width,
    ).split("\n"):
        yield "bold", line
    hint = WALK
    if question.several:
        hint = SELECT
    for line in console.folded(
        f"  {hint}",
        width,
        0,
    ).split("\n"):
        yield STYLES["hint"], line
    if state.filter:
        yield "bold", f"  / {state.filter}_"
    elif question.several:
        yield STYLES["hint"], f"  / {FILTER}"
    if question.columns:
        yield STYLES["hint"], f"     {question.columns}"


def _fold_details(
    state: ListState,
    width: int,
) -> list[str]:
    text = state.describe(width)
    lines = console.folded(text, width, 0).split("\n")
    return lines[:DETAIL_LINES]


def _count_details(
    question: Question,
    width: int,
) -> int:
    """The lines that the longest description takes."""
    most = 1
    for item in question.items:
        text = list_state.describe(item, width)
        folded = console.folded(text, width, 0)
        most = max(
            most,
            folded.count("\n") + 1,
        )
    return min(most, DETAIL_LINES)


def _make_output() -> Any:  # noqa: ANN401 - prompt_toolkit's
    from prompt_toolkit.output import create_output

    output: Any = create_output(stdout=sys.stderr)
    # It does not ask the terminal where its cursor is: the answer could come late.
    output.enable_cpr = False
    return output


def _bind_ends(keys: Any) -> None:  # noqa: ANN401 - prompt_toolkit's
    """Ctrl-C, Ctrl-D and Esc end a question without an answer."""

    def end(
        key: str,
        error: type[BaseException],
    ) -> None:
        bind = keys.add(key, eager=True)
        bind(lambda event: event.app.exit(exception=error))

    end("c-c", KeyboardInterrupt)
    end("<sigint>", KeyboardInterrupt)
    end("c-d", EOFError)
    end("escape", WentBack)


def _bind_line() -> Any:  # noqa: ANN401 - prompt_toolkit's
    """Left goes back while nothing is typed: then it has no other meaning."""
    from prompt_toolkit.application import get_app
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()
    _bind_ends(keys)
    is_empty = Condition(lambda: not get_app().current_buffer.text)
    bind = keys.add("left", filter=is_empty)
    bind(lambda event: event.app.exit(exception=WentBack))
    return keys


def _bind_list(state: ListState) -> Any:  # noqa: ANN401 - prompt_toolkit's
    """What the keys do to *state*."""
    from prompt_toolkit.filters import Condition
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()
    _bind_ends(keys)
    keys.add("left")(lambda event: event.app.exit(exception=WentBack))
    # The last one of a key counts: what was typed goes first, then the question.
    is_filtered = Condition(lambda: bool(state.filter))
    clear = keys.add(
        "escape",
        eager=True,
        filter=is_filtered,
    )
    clear(lambda _: state.filter_by(""))
    _bind_moves(keys, state)
    _bind_filter(keys, state)

    def end(event: Any) -> None:  # noqa: ANN401 - prompt_toolkit's
        if state.answer:
            event.app.exit(result=state.answer)
        else:
            state.refuse()

    keys.add("enter")(end)
    if state.question.several:
        keys.add(" ")(lambda _: state.toggle())
        keys.add("c-a")(lambda _: state.toggle_all())
    return keys


def _bind_moves(
    keys: Any,  # noqa: ANN401 - prompt_toolkit's
    state: ListState,
) -> None:
    end = len(state.question.items)
    steps = {"up": -1, "c-p": -1, "down": 1, "c-n": 1}
    jumps = {"pageup": -10, "pagedown": 10, "home": -end, "end": end}

    def bind(
        key: str,
        rows: int,
    ) -> None:
        move = state.move
        if key in jumps:
            move = state.jump
        keys.add(key)(lambda _: move(rows))

    for key, rows in (steps | jumps).items():
        bind(key, rows)


def _bind_filter(
    keys: Any,  # noqa: ANN401 - prompt_toolkit's
    state: ListState,
) -> None:
    """What is typed filters; Backspace takes a letter back."""
    from prompt_toolkit.keys import Keys

    def add_text(event: Any) -> None:  # noqa: ANN401 - prompt_toolkit's
        if event.data.isprintable():
            state.filter_by(state.filter + event.data)

    keys.add(Keys.Any)(add_text)
    keys.add("backspace")(lambda _: state.filter_by(state.filter[:-1]))
