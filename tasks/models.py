"""models: what can be deployed, as a table."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tasks.tools import catalogue, console
from tasks.tools.steps import Task, action

if TYPE_CHECKING:
    from tasks.model.catalogue import Catalogue, Model
    from tasks.tools.asked import Asked


def task(asked: Asked) -> Task:
    """Always shows; nothing is remembered."""
    return {"actions": [(show, [asked])], "meta": {"quiet": True}}


@action
def show(asked: Asked) -> None:
    """Print the catalogue's models."""
    console.tell("\n".join(table(catalogue.load(asked.layout), time.strftime("%Y-%m-%d"))))


def table(known: Catalogue, today: str) -> list[str]:
    """One line per model: id, tier, prices, context, end, what it is."""
    rows: list[tuple[str, ...]] = [("model", "tier", "$ in/out", "context", "ends", "what it is")]
    rows += [_row(model, today) for model in known.models.values()]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return ["  ".join([*(f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)), row[5]]) for row in rows]


def _row(model: Model, today: str) -> tuple[str, ...]:
    ended = " (ended)" if model.retired(today) else ""
    instead = f" Use {model.replacement}." if model.replacement else ""
    prices = f"{model.prices['input']:g}/{model.prices['output']:g}"
    context = f"{model.limits['input_tokens'] // 1000}k"
    return (model.id, model.tier, prices, context, f"{model.retires_on or '-'}{ended}", model.description + instead)
