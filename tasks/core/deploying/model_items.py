"""The models of the catalogue as items to choose from, with what speaks against each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.console.question import Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasks.core.model.catalogue import Model

TOOLS = {"yes": "", "no": "no tools"}
"""What is said of calling tools; of a model of which it is not known, "tools?"."""


COLUMNS = ("model", "made by", "$/M in/out", "context", "")
"""What describe() says of a model, behind its id."""

ENDED = "Ended: these may not answer any more"


def list_models(
    models: Sequence[Model],
    chosen: Sequence[str],
    today: str,
    providers: Mapping[str, str],
) -> tuple[str, tuple[Item, ...]]:
    """The models as items in columns, below the names of their *providers*; the columns' heading.

    The providers come in the order in which *models* first names them; what has ended comes last.
    """
    ordered = _order(models, today)
    rows = [[model.id, *describe(model, today)] for model in ordered]
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    items = []
    for model, row in zip(
        ordered,
        rows,
        strict=True,
    ):
        against = " ".join(list_problems(model, today))
        group = providers.get(
            model.provider,
            model.provider,
        )
        if model.retired(today):
            group = ENDED
        items.append(
            Item(
                model.id,
                _align(row, widths),
                f"{model.description} {against}".rstrip(),
                model.id in chosen,
                facts=", ".join(filter(None, row[1:])),
                against=against,
                name=model.id,
                group=group,
            )
        )
    return _align(COLUMNS, widths), tuple(items)


def _order(
    models: Sequence[Model],
    today: str,
) -> list[Model]:
    """By provider, each where its first model is; behind all of them what has ended."""
    providers = [
        model.provider  # in order
        for model in models
        if not model.retired(today)
    ]
    place = {name: providers.index(name) for name in providers}
    ended = len(providers)

    def find_place(model: Model) -> int:
        if model.retired(today):
            return ended
        return place[model.provider]

    return sorted(models, key=find_place)


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
