"""The page of `doit models`: the models that can be deployed, as a table, as cards, as JSON values.

templates/schemas/models.schema.json describes the values; tests/golden/output/models and model
show the table and a card. *today* is a date such as 2026-11-25.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import own
from tasks.core.console import console
from tasks.core.model import choices
from tasks.core.model.catalogue import NOTHING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from tasks.core.model.catalogue import Catalogue, Model
    from tasks.core.model.layout import Layout

HEADINGS = ("model", "tier", "$ in/out", "context", "ends", "what it is")

DOLLARS = "$ {} in, {} out, per million tokens"


def find_models(known: Catalogue, names: Iterable[str]) -> list[Model]:
    """The models that are named, by id or by a part of what they are called; else all."""
    found: dict[str, Model] = {}
    for name in names:
        matching = _matching(known, name)
        if not matching:
            listed = {model.id: model.name for model in known.models.values()}
            raise choices.unknown(
                "model",
                name,
                listed,
            )
        found |= matching
    if not found:
        return list(known.models.values())
    return list(found.values())


def _matching(known: Catalogue, name: str) -> dict[str, Model]:
    """The model *name*; where that is none, those in whose id, name or provider it is found."""
    if name in known.models:
        return {name: known.models[name]}
    part = name.lower()
    found = {}
    for model in known.models.values():
        texts = (
            model.id,
            model.name,
            model.publisher,
            model.provider,
        )
        if part in " ".join(texts).lower():
            found[model.id] = model
    return found


def find_own(layout: Layout) -> dict[str, str]:
    """Where each model is described that is the user's own."""
    found = {}
    for path in own.list_files(layout):
        if path.parent.name == "models":
            found[path.stem] = str(path)
    return found


def table_lines(
    models: Iterable[Model],
    today: str,
    width: int,
    owned: Collection[str] = (),
) -> Iterator[str]:
    """One line per model; *owned*: those that are the user's own."""
    rows = [format_row(model, today, is_own=model.id in owned) for model in models]
    return console.lines([HEADINGS, *rows], width)


def format_row(model: Model, today: str, *, is_own: bool = False) -> tuple[str, ...]:
    """The cells of a model."""
    context = model.limits["input_tokens"] // 1000
    description = model.description
    if model.replacement:
        description += f" Use {model.replacement}."
    if is_own:
        description = f"(own) {description}"
    return (
        model.id,
        model.tier,
        "/".join(model.dollars),
        f"{context}k",
        format_end(model, today, unknown="-"),
        description,
    )


def format_end(model: Model, today: str, *, unknown: str) -> str:
    """When its provider ends it."""
    end = model.retires_on or unknown
    return f"{end} (ended)" if model.retired(today) else end


def describe_models(
    models: Iterable[Model],
    known: Catalogue,
    today: str,
    owned: Mapping[str, str],
) -> dict[str, Any]:
    """The page as JSON values; *owned*: see find_own()."""
    listed = [describe_model(model, known, today, owned) for model in models]
    return {"models": listed}


def describe_model(
    model: Model,
    known: Catalogue,
    today: str,
    owned: Mapping[str, str] = NOTHING,
) -> dict[str, Any]:
    """One model as JSON values; *owned*: see find_own()."""
    return {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "publisher": model.publisher,
        "provider": model.provider,
        "regions": list(model.regions),
        "needs": find_needs(model, known),
        "presets": find_presets(model, known),
        "tier": model.tier,
        "tools": model.tools,
        "input_tokens": model.limits["input_tokens"],
        "output_tokens": model.limits["output_tokens"],
        "dollars_per_million_input": model.prices.get("input"),
        "dollars_per_million_output": model.prices.get("output"),
        "retires_on": model.retires_on,
        "retired": model.retired(today),
        "replacement": model.replacement,
        "notes": model.notes,
        "own_template": owned.get(model.id),
    }


def find_needs(model: Model, known: Catalogue) -> list[str]:
    """The variables without which it does not answer."""
    provider = known.providers.get(model.provider)
    needs = [*provider.needs] if provider else []
    return list(dict.fromkeys([*needs, *model.needs]))


def find_presets(model: Model, known: Catalogue) -> list[str]:
    """The presets that serve it."""
    return [preset.id for preset in known.presets.values() if model.id in preset.models]


def card_lines(
    model: Model,
    known: Catalogue,
    today: str,
    width: int,
    owned: Mapping[str, str] = NOTHING,
) -> Iterator[str]:
    """One model in full; *owned*: see find_own()."""
    yield f"{model.id}  {model.name}"
    rows = make_card(model, known, today)
    rows["own"] = owned.get(model.id, "")
    filled = [(name, text) for name, text in rows.items() if text]
    yield from console.lines(filled, width, 2)


def make_card(model: Model, known: Catalogue, today: str) -> dict[str, str]:
    """What is known of a model; "" for what is not."""
    tokens = model.limits
    end = format_end(model, today, unknown="not known")
    if model.replacement:
        end += f"; {model.replacement} takes its place"
    provider = known.providers.get(model.provider)
    where = f"{model.provider}, {provider.name}" if provider else model.provider
    return {
        "what it is": model.description,
        "publisher": model.publisher,
        "provider": where,
        "regions": ", ".join(model.regions),
        "tier": model.tier,
        "tools": model.tools,
        "tokens": "{input_tokens:,} in, {output_tokens:,} out".format_map(tokens),
        "price": DOLLARS.format(*model.dollars),
        "ends": end,
        "notes": model.notes,
        "needs": ", ".join(find_needs(model, known)),
        "presets": ", ".join(find_presets(model, known)),
        "deploy": f"doit deploy --models {model.id}",
    }
