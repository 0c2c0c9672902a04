"""The models of the catalogue as items to choose from, with what speaks against each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.console.prompts import Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasks.core.model.catalogue import Model

TOOLS = {"yes": "", "no": "no tools"}
"""What is said of calling tools; of a model of which it is not known, "tools?"."""


def list_models(
    models: Sequence[Model],
    chosen: Sequence[str],
    today: str,
) -> Iterator[Item]:
    """The models as items, with name, publisher, price, limit and end in columns."""
    rows = [[model.id, *describe(model, today)] for model in models]
    columns = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    for model, row in zip(
        models,
        rows,
        strict=True,
    ):
        against = " ".join(list_problems(model, today))
        yield Item(
            model.id,
            _align(row, widths),
            f"{model.description} {against}".rstrip(),
            model.id in chosen,
            facts=", ".join(filter(None, row[1:])),
            against=against,
        )


def _align(
    row: Sequence[str],
    widths: Sequence[int],
) -> str:
    cells = [
        cell.ljust(width)
        for cell, width in zip(
            row,
            widths,
            strict=True,
        )
    ]
    return "  ".join(cells).rstrip()


def list_problems(
    model: Model,
    today: str,
) -> Iterator[str]:
    """What speaks against a model, in sentences."""
    if model.retired(today):
        yield f"It ended on {model.retires_on}."
    if model.replacement:
        yield f"{model.replacement} takes its place."
    if model.tools == "no":
        yield "It cannot call tools."
    elif model.tools != "yes":
        yield "It is not known to call tools."
    if model.notes:
        yield model.notes


def describe(
    model: Model,
    today: str,
) -> tuple[str, str, str, str]:
    """Publisher, price, limit, and what may rule it out: its end, or that it cannot call tools."""
    price = "price varies"
    if model.prices:
        price = "$" + "/".join(model.dollars)
    limit = model.limits["input_tokens"] // 1000
    tools = TOOLS.get(model.tools, "tools?")
    end = f"{_end(model, today)} {tools}"
    return model.publisher, price, f"{limit}k", end.strip()


def _end(
    model: Model,
    today: str,
) -> str:
    if model.retired(today):
        return "ended"
    if model.retires_on:
        return f"to {model.retires_on}"
    return ""
