"""The forms that cost a reader a second look, found in the syntax tree."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.house.source import Module

COMPREHENSION = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
EAGER = (ast.ListComp, ast.SetComp, ast.DictComp)
LITERAL = (ast.List, ast.Tuple, ast.Set)


def is_default_next(node: ast.AST) -> bool:
    """`next((a for a in b if c), None)`."""
    return is_call(node, "next") and len(node.args) == 2 and isinstance(node.args[0], ast.GeneratorExp)


def is_ternary_in_fstring(node: ast.AST) -> bool:
    """`f"{a if b else c}"`."""
    return isinstance(node, ast.FormattedValue) and contains_ternary(node)


def is_starred_ternary(node: ast.AST) -> bool:
    """`*([a] if b else [])`."""
    return isinstance(node, ast.Starred) and isinstance(node.value, ast.IfExp)


def is_nested_ternary(node: ast.AST) -> bool:
    """`a if b else c if d else e`."""
    if not isinstance(node, ast.IfExp):
        return False
    return any(isinstance(part, ast.IfExp) for part in (node.test, node.body, node.orelse))


def is_list_times_bool(node: ast.AST) -> bool:
    """`[a] * is_b`: a list, or a text, that a truth value keeps or drops."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return False
    if isinstance(node.left, LITERAL):
        return not is_number(node.right)
    is_text = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
    return is_text and is_condition(node.right)


def is_added_ternary(node: ast.AST) -> bool:
    """`a += b if c else []`."""
    return isinstance(node, ast.AugAssign) and isinstance(node.value, ast.IfExp)


def is_method_of_ternary(node: ast.AST) -> bool:
    """`(a if b else c).append(d)`."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.IfExp)


def is_comprehension_for_effect(node: ast.AST) -> bool:
    """`[a.close() for a in b]` as a statement, or a list that is built for `bool`, `any` or `all` alone."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, COMPREHENSION)
    if is_call(node, "bool", "any", "all"):
        return any(isinstance(argument, EAGER) for argument in node.args)
    return False


def is_loop_over_conditions(node: ast.AST) -> bool:
    """`for holds, text in ((a > b, "…"), (not c, "…"))`, as a statement or in a comprehension."""
    if not isinstance(node, (ast.For, ast.comprehension)):
        return False
    if isinstance(node.iter, LITERAL):
        rows = [row for row in node.iter.elts if isinstance(row, ast.Tuple)]
        return any(is_condition(cell) for row in rows for cell in row.elts)
    table = node.iter.func.value if is_method_call(node.iter, "items") else None
    return isinstance(table, ast.Dict) and any(map(is_condition, table.values))


def is_call(node: ast.AST, *names: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def is_method_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name


def is_condition(node: ast.AST) -> bool:
    """Whether an expression is a truth value by its form."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    return isinstance(node, (ast.Compare, ast.BoolOp)) or is_call(node, "bool", "any", "all", "isinstance")


def is_number(node: ast.AST) -> bool:
    """Whether a factor is a number by its form: `3`, `len(rows)`, `width - 2`."""
    is_arithmetic = isinstance(node, ast.BinOp)
    return is_arithmetic or is_call(node, "len") or (isinstance(node, ast.Constant) and type(node.value) is int)


def contains_ternary(node: ast.AST) -> bool:
    return any(isinstance(part, ast.IfExp) for part in ast.walk(node))


IDIOMS: dict[str, Callable[[ast.AST], bool]] = {
    "added ternary": is_added_ternary,
    "comprehension for effect": is_comprehension_for_effect,
    "list times bool": is_list_times_bool,
    "loop over conditions": is_loop_over_conditions,
    "method of a ternary": is_method_of_ternary,
    "nested ternary": is_nested_ternary,
    "next with default": is_default_next,
    "starred ternary": is_starred_ternary,
    "ternary in f-string": is_ternary_in_fstring,
}
FORBIDDEN = IDIOMS.keys() - {"next with default"}
"""What a module may no longer have once it is free of it. `next` with a default is only counted."""


def find_idiom(name: str, module: Module) -> Iterator[int]:
    """The line numbers at which *module* has the idiom."""
    matches = IDIOMS[name]
    for node in module.nodes:
        if matches(node):
            # `comprehension` is the one node without a position; the loop's source has one.
            yield getattr(node, "lineno", 0) or node.iter.lineno
