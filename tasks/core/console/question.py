"""A question to a person, and what there is to choose from; core.console.prompts asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tasks.core.model.catalogue import Variable


class WentBack(Exception):
    """Back to the question before."""


class Item(NamedTuple):
    """One of the answers to choose from.

    - *label*: how it is shown
    - *more*: what there is to know of it; *against* is the part that speaks against it
    - *facts*: the label in words, for where that is too wide
    - *name*: how it is called once it is chosen; "" for the label
    - *group*: the heading that it is below
    """

    value: str
    label: str
    more: str = ""
    chosen: bool = False
    against: str = ""
    facts: str = ""
    name: str = ""
    group: str = ""


class Question(NamedTuple):
    """A question: the option that answers it, and its text, whose last line asks.

    - *items*: what to choose from, or none to type
    - *several*: more than one item may be chosen
    - *columns*: the heading above the labels
    - *variable*: the answer is the value of that variable
    - *default*: the answer that there is already; Enter keeps it
    - *optional*: an empty answer leaves it as it is
    """

    name: str
    text: str
    items: tuple[Item, ...] = ()
    several: bool = False
    columns: str = ""
    variable: Variable | None = None
    default: str = ""
    optional: bool = False
