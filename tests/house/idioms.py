"""The forms that cost a reader a second look, found in the syntax tree."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.house.source import Module

COMPREHENSION = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
EAGER = (ast.ListComp, ast.SetComp, ast.DictComp)
LITERAL = (ast.List, ast.Tuple, ast.Set)


def is_default_next(node: ast.Call) -> bool:
    """`next((a for a in b if c), None)`."""
    return is_call(node, "next") and len(node.args) == 2 and isinstance(node.args[0], ast.GeneratorExp)


def is_ternary_in_fstring(node: ast.FormattedValue) -> bool:
    """`f"{a if b else c}"`."""
    return any(isinstance(part, ast.IfExp) for part in ast.walk(node))


def is_starred_ternary(node: ast.Starred) -> bool:
    """`*([a] if b else [])`."""
    return isinstance(node.value, ast.IfExp)


def is_nested_ternary(node: ast.IfExp) -> bool:
    """`a if b else c if d else e`."""
    return any(isinstance(part, ast.IfExp) for part in (node.test, node.body, node.orelse))


def is_list_times_bool(node: ast.BinOp) -> bool:
    """`[a] * is_b`: a list, or a text, that a truth value keeps or drops."""
    if not isinstance(node.op, ast.Mult):
        return False
    if isinstance(node.left, LITERAL):
        return not is_number(node.right)
    is_text = isinstance(node.left, ast.Constant) and isinstance(node.left.value, str)
    return is_text and is_condition(node.right)


def is_added_ternary(node: ast.AugAssign) -> bool:
    """`a += b if c else []`."""
    return isinstance(node.value, ast.IfExp)


def is_method_of_ternary(node: ast.Attribute) -> bool:
    """`(a if b else c).append(d)`."""
    return isinstance(node.value, ast.IfExp)


def is_comprehension_for_effect(node: ast.Expr | ast.Call) -> bool:
    """`[a.close() for a in b]` as a statement, or a list that is built for `bool`, `any` or `all` alone."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, COMPREHENSION)
    return is_call(node, "bool", "any", "all") and any(isinstance(argument, EAGER) for argument in node.args)


def is_loop_over_conditions(node: ast.For | ast.comprehension) -> bool:
    """`for holds, text in ((a > b, "…"), (not c, "…"))`, as a statement or in a comprehension."""
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


class Idiom(NamedTuple):
    """A form that is avoided: the types of node at which it is looked for, and whether a node has it."""

    types: tuple[type[ast.AST], ...]
    is_in: Callable[[Any], bool]


IDIOMS = {
    "added ternary": Idiom((ast.AugAssign,), is_added_ternary),
    "comprehension for effect": Idiom((ast.Expr, ast.Call), is_comprehension_for_effect),
    "list times bool": Idiom((ast.BinOp,), is_list_times_bool),
    "loop over conditions": Idiom((ast.For, ast.comprehension), is_loop_over_conditions),
    "method of a ternary": Idiom((ast.Attribute,), is_method_of_ternary),
    "nested ternary": Idiom((ast.IfExp,), is_nested_ternary),
    "next with default": Idiom((ast.Call,), is_default_next),
    "starred ternary": Idiom((ast.Starred,), is_starred_ternary),
    "ternary in f-string": Idiom((ast.FormattedValue,), is_ternary_in_fstring),
}
FORBIDDEN = IDIOMS.keys() - {"next with default"}
"""What a module may no longer have once it is free of it. `next` with a default is only counted."""


def find_idiom(name: str, module: Module) -> list[int]:
    """The line numbers at which *module* has the idiom."""
    types, is_in = IDIOMS[name]
    # `comprehension` is the one node without a position; what it loops over has one.
    return [getattr(node, "lineno", 0) or node.iter.lineno for node in module.find(*types) if is_in(node)]
