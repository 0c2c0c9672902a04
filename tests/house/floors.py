"""Who may import whom: the table of floors, upward imports, circles."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.house.source import Module

FLOORS = (
    ("model", "text", "console", "cli"),
    ("disk", "catalogue", "values", "secrets", "http"),
    ("history", "litellm", "merge", "claude"),
    ("service", "lint", "providers", "profiles"),
    ("deploying",),
    ("doctor",),
    ("frame",),
)
"""The rooms of tasks/core/, from the ground up. A room imports from rooms on lower floors, and on its own floor from
those to its left. Steps are above the top floor, dodo.py is above the steps."""

ROOMS = [room for floor in FLOORS for room in floor]


class Edge(NamedTuple):
    """An import of one module of the project by another."""

    source: Module
    target: Module
    line: int
    is_for_types: bool

    def __str__(self) -> str:
        return f"{self.source.path}:{self.line} imports {self.target.name}"


def find_edges(modules: Iterable[Module]) -> list[Edge]:
    """The imports between *modules*; those that only a type checker sees count as well."""
    by_name = {module.name: module for module in modules}
    edges: dict[Edge, None] = {}
    for module in by_name.values():
        for name, line, _, is_for_types in module.imports:
            # `from tasks.core.disk import lock` names a module, `from tasks.core.disk.lock import Lock` does not.
            target = by_name.get(name) or by_name.get(name.rpartition(".")[0])
            # Who needs the tasks themselves reads dodo.py while it runs; that is no layer.
            if target is not None and target is not module and target.name != "dodo":
                edges[Edge(module, target, line, is_for_types)] = None
    return [*edges]


def find_upward(modules: Iterable[Module]) -> list[Edge]:
    """The imports that the table of floors does not allow."""
    return [edge for edge in find_edges(modules) if edge.source.room and not is_downward(edge)]


def is_downward(edge: Edge) -> bool:
    """Whether a module in a room imports from its own room or from one that comes earlier in the table."""
    source, target = edge.source.room, edge.target.room
    if source == target:
        return True
    if source not in ROOMS or target not in ROOMS:
        return False  # a step, dodo.py, or a folder that is missing from the table
    return ROOMS.index(target) < ROOMS.index(source)


def find_circles(modules: Iterable[Module]) -> list[list[str]]:
    """The groups of modules that import each other, directly or through others; each is sorted by name."""
    targets: dict[str, set[str]] = {module.name: set() for module in modules}
    for edge in find_edges(modules):
        targets[edge.source.name].add(edge.target.name)
    reached = {name: find_reached(name, targets) for name in targets}
    groups = set()
    for name in targets:
        circle = {other for other in reached[name] if name in reached[other]}
        if circle:
            groups.add(frozenset(circle))
    return sorted(sorted(group) for group in groups)


def find_reached(name: str, targets: dict[str, set[str]]) -> set[str]:
    """The names that one gets to from *name*; itself only when there is a way back."""
    reached: set[str] = set()
    waiting = [*targets[name]]
    while waiting:
        target = waiting.pop()
        if target not in reached:
            reached.add(target)
            waiting += targets[target]
    return reached
