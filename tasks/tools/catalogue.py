"""The catalogue, read from templates/. A copy in build/ spares reading YAML as long as no file changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tasks.model.catalogue import (
    Artifact,
    Catalogue,
    Gateway,
    Member,
    Model,
    Neighbour,
    Preset,
    Provider,
    Setting,
    Variable,
)
from tasks.model.errors import InvalidInput
from tasks.tools import documents, files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tasks.model.layout import Layout
    from tasks.tools.documents import Data

T = TypeVar("T")

FOLDERS: dict[str, type] = {
    "models": Model,
    "providers": Provider,
    "presets": Preset,
    "gateways": Gateway,
    "neighbours": Neighbour,
}
"""What the files of a folder of templates/ describe, one each."""

VARIABLES = "variables.yaml"
"""The one file that describes all variables."""

_VERSION = 1
"""Of the copy in build/; another one is ignored."""


def load(layout: Layout, *, write_cache: bool = False) -> Catalogue:
    """The catalogue. Only with *write_cache* a copy is left in build/. InvalidInput says file:line."""
    stamps = _stamps(layout.templates)
    remembered = _remembered(_cache(layout), stamps)
    if remembered is not None:
        try:
            return _catalogue(layout.templates, remembered)
        except (InvalidInput, TypeError, KeyError):
            pass  # whoever damaged it, the files are there
    contents = {name: documents.load_yaml(layout.templates / name) for name in stamps}
    result = _catalogue(layout.templates, contents)
    if write_cache:
        _remember(_cache(layout), stamps, contents)
    return result


def fresh(layout: Layout) -> bool:
    """Whether the copy in build/ is of the files as they are."""
    return _remembered(_cache(layout), _stamps(layout.templates)) is not None


def sources(layout: Layout) -> list[Path]:
    """Every file that the catalogue is read from, in order."""
    return [layout.templates / name for name in _names(layout.templates)]


def findings(layout: Layout) -> list[str]:
    """Everything that is wrong with the catalogue, each as "file:line: path: what"; empty when all is well."""
    from tasks.tools import crosscheck

    return crosscheck.findings(layout)


def _cache(layout: Layout) -> Path:
    return layout.catalogue


def _names(templates: Path) -> Iterator[str]:
    for folder in FOLDERS:
        stems = sorted(path.stem for path in (templates / folder).glob("*.yaml"))
        yield from (f"{folder}/{stem}.yaml" for stem in stems)
    yield VARIABLES


def _stamps(templates: Path) -> dict[str, list[int]]:
    """Per file what changes when it is edited."""
    return {name: _stamp(templates / name) for name in _names(templates)}


def _stamp(path: Path) -> list[int]:
    try:
        status = path.stat()
    except OSError:
        return [0, 0]  # reading it says what is wrong
    return [status.st_mtime_ns, status.st_size]


def _remembered(cache: Path, stamps: Mapping[str, list[int]]) -> dict[str, Any] | None:
    """The contents of all files as last read; None when one changed, or the copy is no use."""
    try:
        copy = json.loads(cache.read_bytes())
        if copy["version"] == _VERSION and copy["stamps"] == stamps and copy["contents"].keys() == stamps.keys():
            return dict(copy["contents"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return None


def _remember(cache: Path, stamps: Mapping[str, list[int]], contents: Mapping[str, Any]) -> None:
    copy = {"version": _VERSION, "stamps": stamps, "contents": contents}
    files.write(cache, json.dumps(copy, separators=(",", ":")).encode(), 0o644)


def _catalogue(templates: Path, contents: Mapping[str, Any]) -> Catalogue:
    found: dict[str, dict[str, Any]] = {folder: {} for folder in FOLDERS}
    for name, content in contents.items():
        folder, _, file = name.rpartition("/")
        if folder:
            entry: Any = _built(FOLDERS[folder], _extended(content, folder, contents, templates), templates / name)
            _check_id(entry.id, Path(file).stem, templates / name)
            found[folder][entry.id] = entry
    variables = _variables(contents[VARIABLES], templates / VARIABLES)
    return Catalogue(**found, variables={variable.name: variable for variable in variables})


def _extended(content: Data, folder: str, contents: Mapping[str, Any], templates: Path) -> Data:
    """*content* with all that it has from the file that it extends, settings of its own added to those of that."""
    name = f"{folder}/{content.get('extends')}.yaml" if isinstance(content, dict) else ""
    base = contents.get(name)
    if not isinstance(base, dict):
        return content
    _built(FOLDERS[folder], base, templates / name)  # what is wrong with it is said of its own file
    lists = [each.get("settings", []) for each in (base, content)]
    both = {"settings": [*lists[0], *lists[1]]} if all(isinstance(each, list) for each in lists) else {}
    return {**base, **content, **both}


def _check_id(found: str, expected: str, path: Path) -> None:
    if found != expected:
        raise _wrong(path, ("id",), f"is {found!r}, but the file is called {expected}.yaml", "Make them the same.")


def _variables(content: Data, path: Path) -> list[Variable]:
    entries = content.get("variables") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise _wrong(path, (), "has no list called variables", "Restore it, for example with git.")
    return [_built(Variable, entry, path, ("variables", index)) for index, entry in enumerate(entries)]


def _built(kind: type[T], content: Data, path: Path, place: documents.Place = ()) -> T:
    """A *kind* (a named tuple) whose fields are the keys of *content*."""
    if not isinstance(content, dict):
        raise _wrong(path, place, "is no mapping of names to values", f"It describes a {kind.__name__.lower()}.")
    known, optional = _annotations(kind), getattr(kind, "_field_defaults")  # noqa: B009 - mypy knows no named tuple here
    for name in content.keys() - known.keys():
        raise _wrong(path, (*place, name), "is no known field", f"Known are {', '.join(known)}.")
    for name in known:
        if name not in content and name not in optional:
            raise _wrong(path, place, f"lacks the field {name}", "The files beside it show how it is written.")
    return kind(**{name: _value(known[name], value, path, (*place, name)) for name, value in content.items()})


def _annotations(kind: type) -> dict[str, str]:
    """The fields of a named tuple with their types, as they are written."""
    return {name: getattr(hint, "__forward_arg__", str(hint)) for name, hint in kind.__annotations__.items()}


def _value(annotation: str, value: Data, path: Path, place: documents.Place) -> Data:
    """*value* as *annotation* wants it."""
    nested = _NESTED.get(annotation)
    if nested and isinstance(value, list):
        return tuple(_built(nested, entry, path, (*place, index)) for index, entry in enumerate(value))
    if (inner := _INNER.get(annotation)) and isinstance(value, dict):
        return {name: _value(inner, each, path, (*place, name)) for name, each in value.items()}
    fits, expected = _FITS.get(annotation, (lambda _: False, "list of mappings"))
    if not fits(value):
        raise _wrong(path, place, f"is {documents.said(value)}, expected a {expected}", "Mend the value.")
    return tuple(value) if isinstance(value, list) else value


def _wrong(path: Path, place: documents.Place, problem: str, remedy: str) -> InvalidInput:
    try:
        lines = documents.lines_of(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        lines = {}
    return InvalidInput(f"{documents.dotted(place)} {problem}", remedy, where=f"{path}:{lines.get(place, 1)}")


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _is_list_of_text(value: Data) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _is_numbers(value: Data) -> bool:
    return isinstance(value, dict) and all(_is(int)(entry) for entry in value.values())


_NESTED: dict[str, type] = {
    "tuple[Artifact, ...]": Artifact,
    "tuple[Setting, ...]": Setting,
    "tuple[Member, ...]": Member,
}
_INNER = {f"Mapping[str, {inner}]": inner for inner in ("tuple[Member, ...]", "tuple[str, ...]")}
"""Per annotation of a mapping: that of its values."""
_FITS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "str": (_is(str), "text (in quotes, when it could be taken for something else)"),
    "str | None": (_is(str, type(None)), "text (in quotes, when it could be taken for something else)"),
    "bool": (_is(bool), "true or false"),
    "int | None": (_is(int, type(None)), "whole number"),
    "tuple[str, ...]": (_is_list_of_text, "list of texts"),
    "Mapping[str, Any]": (_is(dict), "mapping"),
    "Mapping[str, int]": (_is_numbers, "mapping to whole numbers"),
    "Mapping[str, str]": (_is(dict), "mapping to texts"),
}
"""Per annotation of the fields: what fits it, and how a person calls that."""
