"""The whole catalogue looked through at once: each file against its schema, and everything that it refers to."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import client_facts, explanations, own, schemas
from tasks.core.catalogue.catalogue import FOLDERS, sources
from tasks.core.model import secret_patterns
from tasks.core.model.catalogue import PLACEHOLDER
from tasks.core.model.choices import checked
from tasks.core.model.errors import InvalidInput, UsageError
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tasks.core.model.layout import Layout
    from tasks.core.text.documents import Data

_REFERENCE = re.compile(r"os\.environ/(\S*)")

ONE_OF_A_KIND = (own.VARIABLES, client_facts.FILE)
"""The files that no folder of templates/ has several of."""

HELD = "holds a secret; name the variable that has it instead: os.environ/NAME"

_Problem = tuple[documents.Place, str]


@dataclass(frozen=True)
class _File:
    """One file of the catalogue as it was read."""

    name: str
    kind: str
    id: str
    data: Data
    lines: dict[documents.Place, int]


@dataclass(frozen=True)
class _Names:
    """What can be referred to."""

    models: frozenset[str]
    providers: frozenset[str]
    gateways: frozenset[str]
    whole: frozenset[str]
    variables: frozenset[str]
    templates: frozenset[str]
    client: Mapping[str, Any]
    """The models that Claude Code knows, by name: see core.claude.contract."""


def findings(layout: Layout) -> list[str]:
    """Everything that is wrong, each as "file:line: path: what"; file names are relative to the project."""
    found: list[str] = []
    paths = [
        *sources(layout),
        *explanations.paths(layout.templates),
        layout.templates / client_facts.FILE,
    ]
    read = [file for path in paths if (file := _read(path, layout, found))]
    names = _names(read, layout)
    for file in read:
        schema = layout.schemas / f"{file.kind}.schema.json"
        told = schemas.findings(file.data, schema, file=file.name, lines=file.lines)
        if isinstance(file.data, dict):
            told += [_said(file, *problem) for problem in _problems(file, names)]
        found += sorted(told, key=functools.partial(_line, file))
    return found


def _read(path: Path, layout: Layout, found: list[str]) -> _File | None:
    name = own.name(layout, path)
    try:
        text = documents.read_text(path)
        data = documents.parse_yaml(text, name)
    except InvalidInput as error:
        found.append(f"{error.where.replace(str(path), name)}: {error.problem}")
        return None
    kind = path.parent.name.removesuffix("s")
    if path.name in ONE_OF_A_KIND:
        kind = path.stem
    return _File(name, kind, path.stem, data, documents.lines_of(text))


def _names(read: list[_File], layout: Layout) -> _Names:
    ids = {folder: frozenset(f.id for f in read if f.kind == folder.removesuffix("s")) for folder in FOLDERS}
    variables: frozenset[str] = frozenset()
    for file in read:
        if file.kind == "variables":
            entries = _entries(file.data, file.kind)
            variables |= {str(entry.get("name")) for _, entry in entries}
    templates: frozenset[str] = frozenset()
    for folder in own.find_all(layout, own.ARTIFACTS):
        templates |= {path.name for path in folder.glob("*")}
    whole = frozenset(
        f.id for f in read if f.kind == "gateway" and isinstance(f.data, dict) and "extends" not in f.data
    )
    client = client_facts.names(layout.templates)["catalogue"]
    return _Names(
        ids["models"],
        ids["providers"],
        ids["gateways"],
        whole,
        variables,
        templates,
        client,
    )


def _problems(file: _File, names: _Names) -> Iterator[_Problem]:
    if file.kind == "variables":
        yield from _twice(file.data)
        return
    if file.kind in ("message", "client"):
        return
    if file.data.get("id") != file.id:
        yield ("id",), f"must be {documents.said(file.id)}, like the file"
    yield from _unknown(file.data, "needs", names.variables, "variable")
    yield from _of_texts((), file.data, names)
    special = {"model": _of_model, "preset": _of_preset, "gateway": _of_gateway}.get(file.kind)
    if special:
        yield from special(file.data, names)


def _of_model(data: Data, names: _Names) -> Iterator[_Problem]:
    yield from _unknown(data, "provider", names.providers, "provider")
    yield from _unknown(data, "replacement", names.models, "model")
    if "replacement" in data and data["replacement"] == data.get("id"):
        yield ("replacement",), "is the model itself"
    yield from _unknown(
        data,
        "behaves_as",
        frozenset(names.client),
        "model of Claude Code's",
    )
    yield from _of_behaviour(data, names.client)


def _of_behaviour(data: Data, client: Mapping[str, Any]) -> Iterator[_Problem]:
    """A model of which Claude Code would ask more than it has, because of what it behaves as."""
    known = client.get(str(data.get("behaves_as")))
    limits = data.get("limits")
    if known is None or not isinstance(limits, dict):
        return
    has = limits.get("output_tokens")
    least = min(other["output"] for other in client.values() if other["output"])
    if isinstance(has, int) and max(has, least) < known["output"]:
        asked = known["output"]
        yield ("behaves_as",), f"asks for answers of {asked:,} tokens; the model has {has:,}"
    is_thinking = "adaptive_thinking" in known["abilities"]
    if is_thinking and not data.get("reasoning"):
        yield ("behaves_as",), "asks it to think, which it cannot (reasoning)"


def _of_preset(data: Data, names: _Names) -> Iterator[_Problem]:
    yield from _unknown(data, "gateway", names.gateways, "gateway")
    yield from _unknown(data, "models", names.models, "model")
    yield from _of_answers(data, names)
    models, shared = data.get("models"), data.get("groups", {})
    if isinstance(models, list) and isinstance(shared, dict):
        yield from _of_groups(shared, models)
        yield from _of_served(data, [*models, *shared])


def _of_answers(data: Data, names: _Names) -> Iterator[_Problem]:
    """Answers to "What do you have?" with unknown variables, or options that are invalid."""
    for index, answer in _entries(data, "have"):
        place = ("have", index)
        for key, problem in _unknown(answer, "variables", names.variables, "variable"):
            yield (*place, *key), problem
        options = answer.get("options")
        if not isinstance(options, dict):
            continue
        for key, problem in _unknown(options, "gateway_type", names.gateways, "gateway"):
            yield (*place, "options", *key), problem
        for name, text in options.items():
            try:
                checked(name, str(text))
            except UsageError as error:
                yield (*place, "options", name), error.problem


def _of_groups(groups: Data, models: list[Data]) -> Iterator[_Problem]:
    """Groups that are called like a model, name one that is not the preset's, or are only half in order."""
    for name, members in groups.items():
        if name in models:
            yield ("groups", name), "is one of the preset's models already"
        entries = _entries(groups, name)
        for index, member in entries:
            if "model" in member and member["model"] not in models:
                yield ("groups", name, index, "model"), _not_among(member["model"], "models")
        if len({"order" in member for _, member in entries}) > 1:
            yield ("groups", name), "has members with an order and members without one"
        if len(members) != len({str(member.get("model")) for _, member in entries}):
            yield ("groups", name), "names a model twice"


def _of_served(data: Data, served: list[Data]) -> Iterator[_Problem]:
    """Tiers and fallbacks that name what the preset does not serve."""
    tiers = data.get("tiers")
    for tier, name in tiers.items() if isinstance(tiers, dict) else ():
        if name not in served:
            yield ("tiers", tier), _not_among(name, "models and groups")
    for key in ("fallbacks", "context_window_fallbacks"):
        instead = data.get(key)
        for name, others in instead.items() if isinstance(instead, dict) else ():
            if name not in served:
                yield (key, name), _not_among(name, "models and groups")
            for index, other in enumerate(others if isinstance(others, list) else ()):
                if other not in served or other == name:
                    said = "is the name itself" if other == name else _not_among(other, "models and groups")
                    yield (key, name, index), said


def _not_among(name: Data, what: str) -> str:
    return f"{documents.said(name)} is not among the preset's {what}"


def _of_gateway(data: Data, names: _Names) -> Iterator[_Problem]:
    yield from _unknown(data, "token", names.variables, "variable")
    yield from _unknown(data, "provider", names.providers, "provider")
    yield from _unknown(data, "extends", names.whole, "gateway that extends no other")
    for index, header in enumerate(data["headers"] if isinstance(data.get("headers"), list) else []):
        for name in PLACEHOLDER.findall(str(header)):
            if name not in names.variables:
                yield ("headers", index), _no_such("variable", name)
    for index, entry in _entries(data, "settings"):
        if "variable" in entry and entry["variable"] not in names.variables:
            yield ("settings", index, "variable"), _no_such("variable", entry["variable"])
    for index, entry in _entries(data, "artifacts"):
        if names.templates and "template" in entry and entry["template"] not in names.templates:
            yield ("artifacts", index, "template"), f"templates/artifacts has no {documents.said(entry['template'])}"


def _twice(data: Data) -> Iterator[_Problem]:
    """Names that two variables claim, their aliases included."""
    seen: set[str] = set()
    for index, entry in _entries(data, "variables"):
        aliases = entry.get("aliases")
        for name in [entry.get("name"), *(aliases if isinstance(aliases, list) else [])]:
            if name in seen:
                yield ("variables", index), f"{documents.said(name)} is claimed twice"
            seen.add(str(name))


def _entries(data: Data, key: str) -> list[tuple[int, Data]]:
    """The mappings of the list under *key*, with their indexes."""
    entries = data.get(key) if isinstance(data, dict) else None
    listed = entries if isinstance(entries, list) else []
    return [(index, entry) for index, entry in enumerate(listed) if isinstance(entry, dict)]


def _unknown(data: Data, key: str, known: frozenset[str], what: str) -> Iterator[_Problem]:
    """A name, or those of a list, under *key* that nothing has; other values are the schema's business."""
    value = data.get(key)
    if isinstance(value, str) and value not in known:
        yield (key,), _no_such(what, value)
    for index, name in enumerate(value if isinstance(value, list) else []):
        if isinstance(name, str) and name not in known:
            yield (key, index), _no_such(what, name)


def _of_texts(place: documents.Place, value: Data, names: _Names) -> Iterator[_Problem]:
    """Every os.environ/NAME whose NAME is no variable of the catalogue, and every secret, unshown."""
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _of_texts((*place, step), inner, names)
    if not isinstance(value, str):
        return
    reference = _REFERENCE.fullmatch(value)
    if reference is None:
        if _is_secret(place, value):
            yield place, HELD
    elif reference[1] not in names.variables:
        yield place, _no_such("variable", reference[1])


def _is_secret(place: documents.Place, text: str) -> bool:
    """Whether a text is a secret by its looks or, among what LiteLLM is given, by its name."""
    if secret_patterns.holds_secret(text):
        return True
    return place[0] in ("params", "litellm") and secret_patterns.is_secret_name(str(place[-1]))


def _no_such(what: str, name: Data) -> str:
    return f"there is no {what} {documents.said(name)}"


def _said(file: _File, place: documents.Place, problem: str) -> str:
    return f"{file.name}:{file.lines.get(place, 1)}: {documents.dotted(place)}: {problem}"


def _line(file: _File, finding: str) -> int:
    return int(finding.removeprefix(f"{file.name}:").partition(":")[0])
