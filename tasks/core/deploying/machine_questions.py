"""The questions of an interview about this machine, once it is clear what to deploy.

In this order: the address of the proxy, values that are missing, whether to start the gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.console.question import Item, Question
from tasks.core.deploying.model_questions import NO, YES
from tasks.core.deploying.questions import find_next
from tasks.core.model.deployment import PROXIES, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.situation import Situation
    from tasks.core.model.catalogue import Catalogue


def about_machine(situation: Situation, catalogue: Catalogue) -> Question | None:
    """The next question, None when all is clear."""
    matters = (_proxy, _values, _start)
    return find_next(
        matters,
        situation,
        catalogue,
    )


def _proxy(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """The address of the proxy, in place of the variables that hold it."""
    choices = situation.choices
    lacking = {lack.variable.name for lack in situation.lacks}
    if choices.proxy or not lacking.issuperset(PROXIES):
        return
    if settle(choices, catalogue).proxied:
        hint = "Its address: http://host:port, without user and password."
        text = f"{hint}\nWhere is the HTTP proxy of your network?"
        yield Question("proxy", text)


def _values(situation: Situation, _catalogue: Catalogue) -> Iterator[Question]:
    """Each value that is missing."""
    for lack in situation.lacks:
        name = lack.variable.name
        problem = f"{name}: {lack.problem}\n{lack.remedy}"
        text = f"{problem}\n{name} (empty: later, in .env)"
        yield Question(
            name,
            text,
            variable=lack.variable,
            optional=True,
        )


def _start(situation: Situation, catalogue: Catalogue) -> Iterator[Question]:
    """Whether to start the gateway, or, where that was said, whether to install what it takes."""
    deployment = settle(situation.choices, catalogue)
    if not deployment.gateway.process or situation.is_running or _is_left_open(situation):
        return
    size = situation.install_size
    later = Item(
        NO,
        "Later",
        "With: doit start",
    )
    if situation.start and size:
        text = f"LiteLLM is not installed. Install it? {size}"
        yield Question(
            "yes",
            text,
            (Item(YES, "Yes"), later),
        )
    elif situation.asks_all and not situation.start:
        now = Item(
            YES,
            "Yes",
            "And hear it answer.",
        )
        if size:
            more = f"And hear it answer. LiteLLM is installed first: {size}."
            now = Item(
                YES,
                "Yes, and install LiteLLM first",
                more,
            )
        yield Question(
            "start",
            "Start the gateway when it is deployed?",
            (now, later),
        )


def _is_left_open(situation: Situation) -> bool:
    """Whether a value is going to be filled in later: the gateway cannot start before."""
    names = [lack.variable.name for lack in situation.lacks]
    return bool(situation.settled.intersection(names))
