"""choose: what to deploy next, by options or, at a terminal, by questions; then it shows all.

As a step of a deployment it notes what that is about: after a failure a step alone goes on with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import catalogue
from tasks.core.cli import command_line
from tasks.core.cli.steps import Task, action
from tasks.core.console import console
from tasks.core.deploying import choices_page, interview, remembered
from tasks.core.frame.uptodate import holds
from tasks.core.model.choices import Flags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.deploying.this_run import Run
    from tasks.core.model.layout import Layout

FLAGS = {*Flags._fields} - {"no_input"}  # which are about a deployment


def task(
    run: Run,
    deploying: Iterable[Mapping[str, Any]],
) -> Task:
    """`doit choose`, with the options of *deploying* that are choices."""
    options = [dict(option) for option in deploying]
    params = [
        option  # without those of one run
        for option in options
        if option["name"] not in FLAGS
    ]
    words = command_line.behind("choose")
    is_named = words is not None
    given, _ = command_line.read(params, words or ())
    no_input = given.pop("no_input")
    is_kept = any(given.values())
    if is_named:
        is_kept |= interview.can_ask(no_input=no_input)
    if is_kept:
        run.begin(interview.choose(options, given))
    resolved, request = run.resolved, run.resolved.request
    known = request.remembered or remembered.recall_at(resolved.layout)
    chosen = (known, request.known_choices)
    note = action(remembered.note)
    kept = {"is_kept": is_kept}
    actions: list[Any] = [(note, chosen, kept)]
    if is_named:
        actions.append((show, [resolved], kept))
    promised = []
    if request.saved_plan:
        promised = ["_promised"]
    return {
        "actions": actions,
        "params": params,
        "targets": [str(resolved.layout.choices)],
        "clean": remembered.list_removals(known),
        "task_dep": promised,
        "uptodate": [
            not is_named,
            holds(lambda: remembered.is_noted(*chosen, is_kept=is_kept)),
        ],
    }


def catalogue_task(layout: Layout) -> Task:
    """Read the catalogue's YAML once and keep it as JSON: every later command starts in half the time."""
    cache = catalogue.find_cache(layout)
    load = action(catalogue.load)
    return {
        "actions": [
            (load, [layout], {"write_cache": True}),
        ],
        "targets": [str(cache)],
        "clean": True,
        "uptodate": [
            holds(lambda: catalogue.fresh(layout)),
        ],
    }


@action
def show(resolved: Resolved, *, is_kept: bool) -> None:
    """Print every choice that is in force, and where it comes from."""
    width = console.width()
    page = choices_page.lines(
        resolved,
        width,
    )
    console.tell("\n".join(page))
    if is_kept:
        console.say("Kept for the next deployment: doit deploy", "ok")
