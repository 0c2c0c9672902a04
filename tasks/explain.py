"""explain: who says what about a key of Claude Code, who wins and why; and what a message means. Only looks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.core.catalogue import explanations
from tasks.core.claude import explain_page, layers
from tasks.core.cli import late_options
from tasks.core.cli.steps import JSON, WORDS, Task, action, text_option
from tasks.core.console import console, invocation
from tasks.core.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.model.layout import Layout

OPTIONS = [
    JSON,
    invocation.OPTION,
    text_option("message", "TEXT", "an error message to explain"),
    WORDS,
]


def task(layout: Layout) -> Task:
    """`doit explain [KEY…|MESSAGE] [--dir FOLDER] [--message TEXT] [--json]`."""
    return {"actions": [(show, [layout])], "params": OPTIONS, "pos_arg": "names", "meta": {"quiet": True}}


@action
def show(
    layout: Layout,
    as_json: bool,
    folder: str,
    message: str,
    names: Sequence[str],
) -> None:
    """Print what is known of a message, of the keys *names*, or in short of every key that matters."""
    given, names = late_options.split(names, OPTIONS)
    as_json = given.get("as_json", as_json)
    folder = given.get("folder", folder)
    message = given.get("message", message)
    if message or any(" " in name for name in names):  # no key has a blank in its name
        translate(message or " ".join(names), as_json=as_json)
        return
    found = layers.Layers(layout, os.environ, invocation.named(folder, layout))
    known = explain_page.find_known(layout)
    wanted = names or explain_page.find_relevant(layout, known)
    keys = [explain_page.describe_key(found, known, name) for name in wanted]
    unreadable = explain_page.find_problems(found)
    if as_json:
        facts = {"keys": keys, "unreadable": unreadable, "unseen": layers.UNSEEN}
        console.document({"folder": str(found.folder), **facts})
    elif names:
        console.tell("\n".join(explain_page.long_lines(keys)))
    else:
        console.tell("\n".join(explain_page.short_lines(keys, found)))
    if unreadable:
        error = explain_page.make_blind_error(unreadable)
        error.told = as_json  # the document names them already
        raise error


def translate(message: str, *, as_json: bool) -> None:
    """Print what a pasted message means; UsageError when nobody knows it."""
    meant = explanations.of(message)
    if meant is None:
        remedy = "Give all of it: doit explain --message TEXT. Or walk the way of a request instead: doit doctor"
        raise UsageError("this message is not known", remedy)
    if as_json:
        console.document({"message": {name: getattr(meant, name) for name in ("id", "who", "says", "means", "fix")}})
    else:
        console.tell(f"{meant.who}: {meant.says}\n  means   {meant.means}\n  do      {meant.fix}")
