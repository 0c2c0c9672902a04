"""The functions in dodo.py that make tasks: how they are found, their options, who makes which file.

Upstream doit reads dodo.py too, and has to find the same.
"""

from __future__ import annotations

import functools
import os
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import doit.loader
from doit.loader import TASK_STRING

from tasks.core.cli import command_line
from tasks.core.model.layout import PROJECT, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Creator = Callable[..., Any]
    Options = list[dict[str, Any]]

ROOT = f"{PROJECT}/"

MAKERS = {
    "choices.json": "choose",
    "rendered": "render",
    "release": "stage",
}
"""What other steps depend on, in a gateway's part of build/, and the step that makes it.

doit draws the edge from a file to its maker only between tasks that are made, so the loader has to
know which one to make.
"""

SOURCES = ("templates", "tasks")
"""No step makes a file below these. A file anywhere else may have any maker."""


def options(give: Callable[[], Options]) -> Callable[[Creator], Creator]:
    """Decorate a creator that takes options.

    Our loader calls *give* when the task is named: a bare `list` does not load the step for them.
    Upstream doit wants the options at once.
    """

    def decorate(creator: Creator) -> Creator:
        if command_line.this.line is None:
            upstream: Creator = doit.loader.task_params(give())(creator)
            return upstream
        creator.options = give  # type: ignore[attr-defined]
        return creator

    return decorate


def options_of(creator: Creator | None) -> Options:
    """The options of a creator, by our decorator or by doit's."""
    give = getattr(creator, "options", None)
    if give is not None:
        return list(give())
    upstream = getattr(
        creator,
        "_task_creator_params",
        (),
    )
    return list(upstream)


def find_creators(namespace: Mapping[str, Any]) -> dict[str, Creator]:
    """The creators in *namespace* by the name of their task, in order of definition."""
    found = dict(_creators(namespace))
    return dict(sorted(found.items(), key=_line))


def _creators(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Creator]]:
    """The same as doit takes for creators, in any order."""
    for name, value in namespace.items():
        # Looking at an attribute of a module would execute it, where it is loaded lazily.
        if isinstance(value, ModuleType):
            continue
        if value is doit.loader.task_params:
            continue
        if isinstance(value, FunctionType):
            if name.startswith(TASK_STRING):
                yield name.removeprefix(TASK_STRING), value
        elif hasattr(value, "create_doit_tasks"):
            creator = value.create_doit_tasks
            yield getattr(creator, "basename", name), creator


def _line(
    found: tuple[str, Creator],
) -> int:
    """Where a creator is defined."""
    _, creator = found
    line: int = creator.__code__.co_firstlineno
    return line


def resolve(path: str) -> str:
    """The whole path of a file of a task, where relative ones are meant from the project."""
    if path.startswith("/"):
        return path
    return os.path.normpath(ROOT + path)


def makes_files(tasks: Mapping[str, Any], selected: Iterable[str]) -> bool:
    """Whether *selected* of *tasks* lead to a step that makes files in build/ (see MAKERS)."""
    todo = [*selected]
    # Each is looked at once, whatever leads to it.
    seen = set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in MAKERS.values():
            return True
        task = tasks[name]
        todo += task.task_dep
        todo += task.setup_tasks
        # Of a subtask the whole is not a dependency.
        if task.subtask_of:
            todo.append(task.subtask_of)
    return False


def maker_of(path: str, layout: Layout) -> str | None:
    """The step that makes the file *path*; "" when no step does, None when that is not known."""
    owned = (
        layout.personal_templates,
        layout.chosen_templates,
    )
    for own in owned:
        if path.startswith(f"{own}/"):
            return ""
    place = path.removeprefix(ROOT)
    top, _, _ = place.partition("/")
    if top in SOURCES:
        return ""
    for folder in find_made():
        if path.startswith(folder):
            # The first folder in it is that of a gateway.
            below = path.removeprefix(folder)
            _, name, *_ = f"{below}//".split("/")
            return MAKERS.get(name)
    return None


@functools.cache
def find_made() -> tuple[str, str]:
    """The folders in which steps make files: build/, or those of an installed package."""
    layout = Layout.of(os.environ)
    return (
        f"{layout.build}/",
        f"{layout.notes}/",
    )
