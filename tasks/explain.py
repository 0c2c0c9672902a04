"""explain: who says what about a key of Claude Code, who wins and why; and what a message means. Only looks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import catalogue, client_facts, explanations
from tasks.core.claude import layers, settings_edit
from tasks.core.cli.steps import JSON, WORDS, Task, action
from tasks.core.console import console, invocation
from tasks.core.model.errors import GatewayError, InvalidInput, UsageError
from tasks.core.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasks.core.claude.layers import Held, Key, Layers
    from tasks.core.model.layout import Layout

OPTIONS = [
    JSON,
    invocation.OPTION,
    {"name": "message", "long": "message", "type": str, "default": "", "help": "a message to explain, as it was shown"},
    WORDS,
]

GATEWAY = "the gateway, from its .env"

CONCERNS = {"model": ("ANTHROPIC_MODEL", "wins over it, wherever it stands")}
"""Keys over which a variable decides, and what to say of that."""


def task(layout: Layout) -> Task:
    """`doit explain [KEY…|MESSAGE] [--dir FOLDER] [--message TEXT] [--json]`."""
    return {"actions": [(show, [layout])], "params": OPTIONS, "pos_arg": "names", "meta": {"quiet": True}}


@action
def show(layout: Layout, as_json: bool, folder: str, message: str, names: Sequence[str]) -> None:
    """Print what is known of a message, of the keys *names*, or in short of every key that matters."""
    if message or any(" " in name for name in names):  # no key has a blank in its name
        translate(message or " ".join(names), as_json=as_json)
        return
    found = layers.Layers(layout, os.environ, invocation.named(folder, layout))
    told = described(layout)
    facts = [fact(found, told, name) for name in (names or mattering(layout, told))]
    unreadable = problems(found)
    if as_json:
        facts_of_all = {"keys": facts, "unreadable": unreadable, "unseen": layers.UNSEEN}
        console.document({"folder": str(found.folder), **facts_of_all})
    else:
        console.tell("\n".join(at_length(facts) if names else in_short(facts, found)))
    if unreadable:
        raise blind(unreadable, told=as_json)


def problems(found: Layers) -> list[str]:
    """Which settings files are there and cannot be read, and why: what they say is not known."""
    return [each.problem for each in found.files if each.problem]


def blind(unreadable: Sequence[str], *, told: bool) -> InvalidInput:
    """The error for settings files that cannot be read; *told*: a document names them already."""
    listed = "\n  ".join(["what these say is not known, for they cannot be read:", *unreadable])
    error = InvalidInput(listed, "Mend the file, then ask again; whether more is broken says: doit doctor")
    error.told = told
    return error


def translate(message: str, *, as_json: bool) -> None:
    """Print what a pasted message means; UsageError when nobody knows it."""
    meant = explanations.of(message)
    if meant is None:
        remedy = "Give all of it: doit explain --message TEXT. Or walk the way of a request instead: doit doctor"
        raise UsageError("this message is not known", remedy)
    if as_json:
        console.document({"message": {name: getattr(meant, name) for name in ("id", "who", "says", "means", "fix")}})
    else:
        console.tell(f"{meant.who}: {meant.says}\n  means   {meant.means}\n  do      {meant.fix}")


def described(layout: Layout) -> Mapping[str, tuple[str, str]]:
    """Per known key what it is and who reads it; what Claude Code's own keys say comes first."""
    ours = {name: (each.what, each.reader) for name, each in client_facts.known(layout.templates).items()}
    variables = catalogue.load(layout).variables.values()
    return ours | {each.name: (each.description, GATEWAY) for each in variables if each.name not in ours}


def mattering(layout: Layout, told: Mapping[str, tuple[str, str]]) -> list[str]:
    """Every key of Claude Code that matters for a gateway, and every one that is ours."""
    try:
        ledger = settings_edit.ledger_of(layout)
    except GatewayError:
        ledger = None
    ours = [layers.Key(path).name for path in ledger.owned] if ledger else []
    return list(dict.fromkeys([*(name for name, (_, reader) in told.items() if reader != GATEWAY), *ours]))


def fact(found: Layers, told: Mapping[str, tuple[str, str]], name: str) -> dict[str, Any]:
    """All about one key, as JSON values (templates/schemas/explain.schema.json); UsageError when nobody knows it."""
    key = layers.Key.of(name)
    held = found.of(key)
    if key.name not in told and not held and not problems(found):
        raise unknown(name, [*told, *client_facts.invented(found.layout.templates)])
    what, reader = told.get(key.name, (_invented(found, key.name), ""))
    wins = layers.prospective(held)
    nobody = "nobody sets it, as far as can be read" if problems(found) else "nobody sets it"
    because = layers.LAYERS[wins.layer] if wins else nobody
    return {
        "key": key.name,
        "what": what,
        "reader": reader,
        "layers": [_layer(each, wins) for each in held],
        "because": because,
        "notes": list(_notes(found, key, wins)),
    }


def unknown(name: str, known: Sequence[str]) -> UsageError:
    """The error for a key that is neither known nor set."""
    import difflib

    by_case = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(layers.Key.of(name).name.casefold(), by_case, n=1, cutoff=0.6)
    hint = f" Did you mean {by_case[near[0]]}?" if near else ""
    return UsageError(f"{name} is set nowhere, and it is no key that matters here.{hint}", "All that do: doit explain")


def _invented(found: Layers, name: str) -> str:
    instead = client_facts.invented(found.layout.templates).get(name)
    return f"No program reads it; {instead} was meant." if instead else "Not one that matters for a gateway."


def _layer(each: Held, wins: Held | None) -> dict[str, Any]:
    hidden = isinstance(each.value, Secret)
    value = None if each.value is None else str(each.value)
    return {"layer": each.layer, "where": each.where, "value": value, "hidden": hidden, "wins": each is wins}


def _notes(found: Layers, key: Key, wins: Held | None) -> Iterator[str]:
    if wins and wins.value is not None and not wins.plain and key.variable:
        yield "Its empty text counts as not set, and cancels what stands below."
    if wins and key.variable is None and wins.plain.startswith(("[", "{")):
        yield "Lists and objects of all layers are put together; the stronger one counts only where both name a member."
    other, says = CONCERNS.get(key.name, ("", ""))
    if other and (above := found.winner(other)) and above.plain:
        yield f"{other} ({above.where}) {says}."


def at_length(facts: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Each key with its layers, for a person."""
    columns = console.width()
    for each in facts:
        reader = f" Read by {each['reader']}." if each["reader"] else ""
        yield console.folded(f"{each['key']}: {each['what']}{reader}", columns)
        rows = [("wins" if layer["wins"] else "", *_row(layer)) for layer in each["layers"]]
        yield from console.lines(rows, columns, 2)
        sentences = [f"{each['because'][0].upper()}{each['because'][1:]}.", *each["notes"]]
        yield from (console.folded(f"  {text}", columns) for text in sentences)
    if any(each["reader"] != GATEWAY for each in facts):
        yield console.folded(layers.UNSEEN, columns)


def in_short(facts: Sequence[dict[str, Any]], found: Layers) -> Iterator[str]:
    """One line per key that is set, with who wins; the others by name."""
    columns = console.width()
    yield f"For a claude that is started in {found.shown(found.folder)}:"
    winning = [(each, layer) for each in facts for layer in each["layers"] if layer["wins"]]
    rows = [(each["key"], *_row(layer), _over(each)) for each, layer in winning]
    yield from console.lines(rows, columns, 2)
    unset = [each["key"] for each in facts if not any(layer["wins"] for layer in each["layers"])]
    yield console.folded(f"Not set: {', '.join(unset) or 'none'}.", columns)
    yield console.folded(layers.UNSEEN, columns)


def _row(layer: Mapping[str, Any]) -> tuple[str, str, str]:
    return layer["layer"], layer["where"], _value(layer)


def _over(each: Mapping[str, Any]) -> str:
    """How many layers lose."""
    return f"over {len(each['layers']) - 1} more: doit explain {each['key']}" if len(each["layers"]) > 1 else ""


def _value(layer: Mapping[str, Any]) -> str:
    if layer["value"] is None:
        return "(computed by the shell)"
    return console.printable(layer["value"]) or '""'
