"""choose: what to deploy. With options it keeps them for the next deployment; alone it shows all.

As a step of a deployment it notes what that is about: after a failure a step alone goes on with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from tasks.core.catalogue import catalogue
from tasks.core.cli import command_line
from tasks.core.cli.steps import Task, action
from tasks.core.console import console
from tasks.core.deploying import choices_page, remembered
from tasks.core.deploying.options import resolve_options
from tasks.core.frame.uptodate import holds
from tasks.core.model.choices import Flags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tasks.core.deploying.remembered import Remembered
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.deploying.this_run import Run
    from tasks.core.model.layout import Layout


def task(
    run: Run,
    deploying: Iterable[Mapping[str, Any]],
) -> Task:
    """`doit choose`, with the options of *deploying* that are choices."""
    options = [dict(option) for option in deploying]
    params = [
        option  # without those of one run
        for option in options
        if option["name"] not in Flags._fields
    ]
    words = command_line.behind("choose")
    is_named = words is not None
    given, _ = command_line.read(params, words or [])
    is_kept = any(given.values())
    if is_kept:
        defaults = {option["name"]: option["default"] for option in options}
        run.begin(resolve_options(defaults | given))
    resolved, request = run.resolved, run.resolved.request
    known = request.remembered or remembered.recall_at(resolved.layout)
    chosen = (known, request.known_choices)
    note = action(remembered.note)
    actions: list[Any] = [(note, chosen, {"is_kept": is_kept})]
    if is_named:
        actions.append((show, [resolved]))
    return {
        "actions": actions,
        "params": params,
        "targets": [str(resolved.layout.choices)],
        "clean": list_removals(known),
        "task_dep": ["_promised"] if resolved.request.saved_plan else [],
        "uptodate": [
            not is_named,
            holds(lambda: remembered.is_noted(*chosen, is_kept=is_kept)),
        ],
    }


def list_removals(known: Remembered) -> Literal[True] | list[str]:
    """How `doit clean` removes the choices: as any target.

    Those for the next deployment stay, as no step can make them again.
    """
    if known.kept:
        return []
    return True


def catalogue_task(layout: Layout) -> Task:
    """Read the catalogue's YAML once and keep it as JSON: every later command starts in half the time."""
    return {
        "actions": [(read_catalogue, [layout])],
        "targets": [str(layout.catalogue)],
        "clean": True,
        "uptodate": [holds(lambda: catalogue.fresh(layout))],
    }


@action
def show(resolved: Resolved) -> None:
    """Print every choice that is in force, and where it comes from."""
    width = console.width()
    page = choices_page.lines(
        resolved,
        width,
    )
    console.tell("\n".join(page))


@action
def read_catalogue(layout: Layout) -> None:
    """Fill the cache of the catalogue."""
    catalogue.load(layout, write_cache=True)
