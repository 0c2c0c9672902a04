"""The page of `doit explain KEY`: which layers set a key, which one wins and why.

templates/schemas/explain.schema.json describes the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import catalogue, client_facts
from tasks.core.claude import layers, ledger_file
from tasks.core.console import console
from tasks.core.model.errors import GatewayError, InvalidInput, UsageError
from tasks.core.model.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tasks.core.claude.layers import Held, Key, Layers
    from tasks.core.model.layout import Layout

Facts = dict[str, Any]

Known = dict[str, tuple[str, str]]
"""Per key what it is and who reads it."""

GATEWAY = "the gateway, from its .env"
"""Who reads a variable that Claude Code does not."""

CONCERNS = {"model": (layers.OUTWEIGHED["model"], "wins over it, wherever it stands")}
"""Keys over which a variable decides, and what to say about that."""

NEAR = 0.85
"""How like a name must be to be suggested; below, it means something else."""

EMPTY = "Its empty text counts as not set, and cancels what stands below."
COMBINED = "Lists and objects of all layers are put together; "
COMBINED += "the stronger one counts only where both name a member."
UNREADABLE = "what these say is not known, for they cannot be read:"
READ_AGAIN = "Mend the file, then ask again; whether more is broken says: doit doctor"


def find_known(layout: Layout) -> Known:
    """Every known key; what Claude Code's own facts say comes first."""
    known: Known = {}
    for name, fact in client_facts.known(layout.templates).items():
        known[name] = (fact.what, fact.reader)
    for variable in catalogue.load(layout).variables.values():
        known.setdefault(variable.name, (variable.description, GATEWAY))
    return known


def find_relevant(layout: Layout, known: Known) -> list[str]:
    """Every key of Claude Code that matters for a gateway, and every one that we own."""
    names = [name for name, (_, reader) in known.items() if reader != GATEWAY]
    try:
        ledger = ledger_file.read(layout)
    except GatewayError:
        ledger = None
    if ledger:
        # What is in a key that is shown as a whole is shown with it.
        names += [layers.Key(path).name for path in ledger.owned if path[0] not in names]
    return list(dict.fromkeys(names))


def find_problems(found: Layers) -> list[str]:
    """Why settings files that exist cannot be read: what they say is not known."""
    return [file.problem for file in found.files if file.problem]


def make_blind_error(problems: Sequence[str]) -> InvalidInput:
    """The error for settings files that cannot be read."""
    listed = "\n  ".join([UNREADABLE, *problems])
    return InvalidInput(listed, READ_AGAIN)


def describe_key(found: Layers, known: Known, name: str) -> Facts:
    """All about one key; UsageError when it is neither known nor set."""
    key = layers.Key.of(name)
    held = found.of(key)
    problems = find_problems(found)
    is_named = client_facts.has(found.layout.templates, key.name)
    if key.name not in known and not is_named and not held and not problems:
        raise make_unknown_error(found.layout, known, name)
    what, reader = find_meant(found.layout, key.name), ""
    if key.name in known:
        what, reader = known[key.name]
    wins = layers.prospective(held)
    because = "nobody sets it"
    if wins:
        because = layers.LAYERS[wins.layer]
    elif problems:
        because = "nobody sets it, as far as can be read"
    if found.is_managed_by_host(key):
        because = layers.HOST_WINS
    return {
        "key": key.name,
        "what": what,
        "reader": reader,
        "layers": [describe_layer(value, wins) for value in held],
        "because": because,
        "notes": list(find_notes(found, key, wins)),
    }


def make_unknown_error(layout: Layout, known: Known, name: str) -> UsageError:
    """The error for a key that is neither known nor set, with one of almost the same name."""
    import difflib

    instead = client_facts.invented(layout.templates).get(name)
    if instead:
        return UsageError(f"no program reads {name}; {instead} was meant", f"doit explain {instead}")
    by_case = {name.casefold(): name for name in known}
    wanted = layers.Key.of(name).name.casefold()
    near = difflib.get_close_matches(wanted, by_case, n=1, cutoff=NEAR)
    version = client_facts.names(layout.templates)["version"]
    says = f"{name} is set nowhere, and Claude Code {version} has no such name."
    if near:
        says += f" Did you mean {by_case[near[0]]}?"
    return UsageError(says, "What matters for a gateway: doit explain")


def find_meant(layout: Layout, name: str) -> str:
    """What to say about a key that nothing is known of."""
    instead = client_facts.invented(layout.templates).get(name)
    if instead:
        return f"No program reads it; {instead} was meant."
    version = client_facts.names(layout.templates)["version"]
    if client_facts.has(layout.templates, name):
        return f"Claude Code {version} has it; what it does for a gateway is not known here."
    return f"Claude Code {version} has no such name."


def describe_layer(held: Held, wins: Held | None) -> Facts:
    """One layer's value; None for a value that a shell computes."""
    value = None if held.value is None else str(held.value)
    return {
        "layer": held.layer,
        "where": held.where,
        "value": value,
        "hidden": isinstance(held.value, Secret),
        "wins": held is wins,
    }


def find_notes(found: Layers, key: Key, wins: Held | None) -> Iterator[str]:
    """What else to know about the value that wins."""
    if wins:
        is_empty = wins.value is not None and not wins.plain
        is_json = wins.plain.startswith(("[", "{"))
        if is_empty and key.variable:
            yield EMPTY
        if is_json and key.variable is None:
            yield COMBINED
    if key.name in CONCERNS:
        other, says = CONCERNS[key.name]
        above = found.winner(other)
        if above and above.plain:
            yield f"{other} ({above.where}) {says}."


def long_lines(keys: Sequence[Facts]) -> Iterator[str]:
    """Each key with its layers, for a person."""
    columns = console.width()
    for facts in keys:
        head = "{key}: {what}".format_map(facts)
        if facts["reader"]:
            head += " Read by {reader}.".format_map(facts)
        yield console.folded(head, columns)
        rows = [("wins" if layer["wins"] else "", *make_row(layer)) for layer in facts["layers"]]
        yield from console.lines(rows, columns, 2)
        because = facts["because"]
        first = because[0].upper() + because[1:] + "."
        for sentence in (first, *facts["notes"]):
            yield console.folded(f"  {sentence}", columns)
    if any(facts["reader"] != GATEWAY for facts in keys):
        yield console.folded(layers.UNSEEN, columns)


def short_lines(keys: Sequence[Facts], found: Layers) -> Iterator[str]:
    """One line per key that is set, with the layer that wins; the others by name."""
    columns = console.width()
    yield f"For a claude that is started in {found.shown(found.folder)}:"
    rows, unset = [], []
    for facts in keys:
        winning = [layer for layer in facts["layers"] if layer["wins"]]
        rows += [(facts["key"], *make_row(layer), count_others(facts)) for layer in winning]
        if not winning:
            unset.append(facts["key"])
    yield from console.lines(rows, columns, 2)
    listed = ", ".join(unset)
    yield console.folded(f"Not set: {listed or 'none'}.", columns)
    yield console.folded(layers.UNSEEN, columns)


def make_row(layer: Mapping[str, Any]) -> tuple[str, str, str]:
    """The cells of a layer: its name, where it is, its value."""
    value = "(computed by the shell)"
    if layer["value"] is not None:
        value = console.printable(layer["value"]) or '""'
    return layer["layer"], layer["where"], value


def count_others(facts: Facts) -> str:
    """How many layers lose."""
    count = len(facts["layers"]) - 1
    if not count:
        return ""
    return f"over {count} more: doit explain {facts['key']}"
