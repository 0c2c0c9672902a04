"""What is measured: the tree as a whole, its words and idioms, and each page by itself.

A line of code is one that is neither blank nor a comment. Nodes are all nodes of `ast`.
"""

from __future__ import annotations

import ast
import math
import statistics
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.house import floors, idioms, names, words
from tests.house.source import PROJECT, Module, read_modules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WIDE = 100
LARGE, LARGE_STEP = 350, 100
NODES = 6.0
LINES_A_TERNARY = 100
GOALS = {
    "nodes a line": NODES,
    "ternaries per 1000 lines": 1000 / LINES_A_TERNARY,
    "comprehensions per 1000 lines": 11.0,
    "nested comprehensions per 1000 lines": 1.0,
    "boolean chains per 1000 lines": 3.0,
    "walrus per 1000 lines": 2.0,
    "lines over 100 characters, %": 0.0,
    "standing comments, %": 3.0,
    "participles among functions, %": 1.0,
    "largest module": LARGE,
    "modules over 350 lines": 0,
    "steps over 100 lines": 0,
    "import circles": 0,
    "upward imports": 0,
}
"""The figures that are held. A figure that has reached its goal may move as long as it does not miss it again."""

HIGHER = frozenset(("standing comments, %",))
"""Of these, more is better."""

Figures = dict[str, dict[str, Any]]
Page = dict[str, float]
"""Syntax nodes a line, number of ternaries, number of lines over 100 characters."""


class Tree:
    """The project below *root*, measured."""

    def __init__(self, root: Path = PROJECT) -> None:
        self.modules = read_modules(root)
        self.texts = list(words.read_texts(root, self.modules))

    @cached_property
    def figures(self) -> Figures:
        """What figures.json keeps: of pages and steps only those that miss their goal."""
        return {
            "whole": self.whole,
            "words": {word: self.count_word(word) for word in words.AVOIDED},
            "idioms": self.idioms_by_module(),
            "pages": self.pages_below_goal(),
            "steps": {step.path: len(step.lines) for step in self.large_steps()},
        }

    @cached_property
    def whole(self) -> dict[str, float]:
        """The figures of all modules together."""
        modules = self.modules
        code = sum(len(module.code_lines) for module in modules)
        sizes = [len(module.lines) for module in modules]
        functions = [name for module in modules for name in names.function_names(module)]
        participles = [name for name in functions if names.is_participle(name)]

        def per_1000(count: Callable[[Module], int]) -> float:
            return round(1000 * sum(map(count, modules)) / code, 1)

        return {
            "nodes a line": round(sum(len(module.nodes) for module in modules) / code, 2),
            "ternaries per 1000 lines": per_1000(count_ternaries),
            "comprehensions per 1000 lines": per_1000(count_comprehensions),
            "nested comprehensions per 1000 lines": per_1000(count_nested),
            "boolean chains per 1000 lines": per_1000(count_chains),
            "walrus per 1000 lines": per_1000(count_walrus),
            "lines over 100 characters, %": percent(sum(map(count_wide, modules)), code),
            "standing comments, %": percent(sum(m.standing_comments for m in modules), sum(sizes)),
            "participles among functions, %": percent(len(participles), len(functions)),
            "largest module": max(sizes),
            "modules over 350 lines": sum(size > LARGE for size in sizes),
            "steps over 100 lines": len(self.large_steps()),
            "import circles": len(floors.find_circles(modules)),
            "upward imports": len(floors.find_upward(modules)),
            "modules": len(modules),
            "median module": statistics.median_low(sizes),
            "lines": sum(sizes),
        }

    def count_word(self, word: str) -> int:
        """How often a word occurs in what a person reads."""
        return sum(1 for _ in words.find_word(word, self.texts))

    @cached_property
    def idioms(self) -> dict[str, dict[str, list[int]]]:
        """The line numbers of each idiom in each module."""
        return {name: self.find_idiom(name) for name in idioms.IDIOMS}

    def find_idiom(self, name: str) -> dict[str, list[int]]:
        """The line numbers of one idiom in the modules that have it."""
        found = {module.path: idioms.find_idiom(name, module) for module in self.modules}
        return {path: lines for path, lines in found.items() if lines}

    def idioms_by_module(self) -> dict[str, dict[str, int]]:
        """How often a module has each idiom; by module, because that is how people change them."""
        counts: dict[str, dict[str, int]] = {}
        for name, found in self.idioms.items():
            for path, lines in found.items():
                counts.setdefault(path, {})[name] = len(lines)
        return dict(sorted(counts.items()))

    def pages_below_goal(self) -> dict[str, Page]:
        """The modules that miss a goal of a page, with their figures."""
        below = {}
        for module in self.modules:
            page, limits = measure_page(module), page_goals(module)
            if any(page[name] > limits[name] for name in page):
                below[module.path] = page
        return below

    def large_steps(self) -> list[Module]:
        """The steps that are longer than a step should be."""
        return [module for module in self.modules if module.is_step and len(module.lines) > LARGE_STEP]


def measure_page(module: Module) -> Page:
    """The figures of one module."""
    return {
        "nodes": round(len(module.nodes) / max(len(module.code_lines), 1), 2),
        "ternaries": count_ternaries(module),
        "wide": count_wide(module),
    }


def page_goals(module: Module) -> Page:
    """The most that each figure of a module may be: one ternary for every 100 lines begun."""
    ternaries = math.ceil(len(module.code_lines) / LINES_A_TERNARY)
    return {"nodes": NODES, "ternaries": ternaries, "wide": 0}


def find_lines(name: str, module: Module) -> list[int]:
    """Where a module has what a figure of its page counts; [1] for a figure of the whole page."""
    if name == "ternaries":
        return [node.lineno for node in module.find(ast.IfExp)]
    if name == "wide":
        return [number for number, line in enumerate(module.lines, 1) if len(line) > WIDE]
    return [1]


def count_wide(module: Module) -> int:
    """How many lines are longer than they should be."""
    return sum(len(line) > WIDE for line in module.lines)


def percent(part: int, total: int) -> float:
    return round(100 * part / max(total, 1), 1)


def count_ternaries(module: Module) -> int:
    return len(module.find(ast.IfExp))


def count_walrus(module: Module) -> int:
    return len(module.find(ast.NamedExpr))


def count_chains(module: Module) -> int:
    """`a and b and c`."""
    return sum(len(node.values) >= 3 for node in module.find(ast.BoolOp))


def count_comprehensions(module: Module) -> int:
    return len(module.find(*idioms.COMPREHENSION))


def count_nested(module: Module) -> int:
    """The comprehensions with another one in them, or with two loops."""
    return sum(map(is_nested, module.find(*idioms.COMPREHENSION)))


def is_nested(node: Any) -> bool:
    inner = [part for part in ast.walk(node) if isinstance(part, idioms.COMPREHENSION)]
    return len(inner) > 1 or len(node.generators) > 1
