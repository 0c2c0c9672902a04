"""The catalogue, read from templates/. A copy in build/ spares reading YAML as long as no file changed.

Most commands need a handful of the entries: of the copy, an entry is read when it is first asked for.
"""

from __future__ import annotations

import functools
import json
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from tasks.core.disk import files
from tasks.core.model.catalogue import (
    Answer,
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
from tasks.core.model.errors import InvalidInput
from tasks.core.text import documents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tasks.core.model.layout import Layout
    from tasks.core.text.documents import Data

T = TypeVar("T")

FOLDERS: dict[str, type] = {
    "models": Model,
    "providers": Provider,
    "presets": Preset,
    "gateways": Gateway,
    "neighbours": Neighbour,
}
"""What the files of a folder of templates/ describe, one each."""

SUFFIX = ".yaml"

VARIABLES = "variables.yaml"
"""The one file that describes all variables."""

_VERSION = 2
"""Of the copy in build/; another one is ignored."""


class OnDemand(Mapping[str, T]):
    """Entries by id, in the order of *names*; each is made when it is first asked for."""

    def __init__(self, names: Iterable[str], make: Callable[[str], T]) -> None:
        self._names = dict.fromkeys(names)
        self._make = functools.cache(make)

    def __getitem__(self, name: str) -> T:
        if name not in self._names:
            raise KeyError(name)
        return self._make(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def load(layout: Layout, *, write_cache: bool = False) -> Catalogue:
    """The catalogue. Only with *write_cache* a copy is left in build/. InvalidInput says file:line."""
    stamps = _stamps(layout.templates)
    remembered = _remembered(_cache(layout), stamps)
    if remembered is not None:
        return _catalogue(layout.templates, stamps, lambda name: json.loads(remembered[name]))
    contents = {name: documents.load_yaml(layout.templates / name) for name in stamps}
    found = _catalogue(layout.templates, stamps, contents.__getitem__)
    result = Catalogue(
        **{name: dict(entries) for name, entries in found._asdict().items()}
    )  # every mistake is told now
    if write_cache:
        _remember(_cache(layout), stamps, contents)
    return result


def fresh(layout: Layout) -> bool:
    """Whether the copy in build/ is of the files as they are."""
    return _remembered(_cache(layout), _stamps(layout.templates)) is not None


def sources(layout: Layout) -> list[Path]:
    """Every file that the catalogue is read from, in order."""
    return [layout.templates / name for name in _names(layout.templates)]


def _cache(layout: Layout) -> Path:
    return layout.catalogue


def _names(templates: Path) -> Iterator[str]:
    for folder in FOLDERS:
        place = templates / folder
        found = os.listdir(place) if place.is_dir() else []  # noqa: PTH208 - an eighth of what paths take
        stems = sorted(name.removesuffix(SUFFIX) for name in found if name.endswith(SUFFIX))
        yield from (f"{folder}/{stem}{SUFFIX}" for stem in stems)
    yield VARIABLES


def _stamps(templates: Path) -> dict[str, list[int]]:
    """Per file what changes when it is edited."""
    return {name: _stamp(f"{templates}/{name}") for name in _names(templates)}


def _stamp(path: str) -> list[int]:
    try:
        status = os.stat(path)  # noqa: PTH116 - likewise
    except OSError:
        return [0, 0]  # reading it says what is wrong
    return [status.st_mtime_ns, status.st_size]


def _remembered(cache: Path, stamps: Mapping[str, list[int]]) -> dict[str, str] | None:
    """The contents of all files as last read, as JSON; None when one changed, or the copy is no use."""
    try:
        copy = json.loads(cache.read_bytes())
        known = (copy["version"], copy["stamps"], copy["contents"].keys()) == (_VERSION, stamps, stamps.keys())
        return dict(copy["contents"]) if known and copy["sum"] == _sum(copy["contents"]) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _remember(cache: Path, stamps: Mapping[str, list[int]], contents: Mapping[str, Any]) -> None:
    texts = {name: json.dumps(content, separators=(",", ":")) for name, content in contents.items()}
    copy = {"version": _VERSION, "stamps": stamps, "sum": _sum(texts), "contents": texts}
    files.write_cache(cache, json.dumps(copy, separators=(",", ":")).encode(), 0o644)


def _sum(texts: Mapping[str, str]) -> int:
    """By which a damaged copy is known."""
    return zlib.crc32("\n".join(texts.values()).encode())


def _catalogue(templates: Path, names: Iterable[str], read: Callable[[str], Data]) -> Catalogue:
    """The catalogue in the files *names* of *templates*; *read* has the content of each."""
    known = _Files(templates, names, read)
    return Catalogue(**{folder: known.entries(folder) for folder in FOLDERS}, variables=known.variables())


class _Files:
    """Files of templates/, each read and made an entry when it is first needed."""

    def __init__(self, templates: Path, names: Iterable[str], read: Callable[[str], Data]) -> None:
        self.templates, self.names, self.content = templates, dict.fromkeys(names), functools.cache(read)

    def entries(self, folder: str) -> OnDemand[Any]:
        """What the files of one folder describe, by the name of the file, which is the id."""
        stems = [name[len(folder) + 1 : -len(SUFFIX)] for name in self.names if name.startswith(f"{folder}/")]
        return OnDemand(stems, lambda stem: self._entry(folder, stem))

    def variables(self) -> OnDemand[Variable]:
        """What the one file of variables describes, by the name of the variable."""
        content, path = self.content(VARIABLES), self.templates / VARIABLES
        entries = content.get("variables") if isinstance(content, dict) else None
        if not isinstance(entries, list):
            raise _wrong(path, (), "has no list called variables", "Restore it, for example with git.")

        def made(index: int) -> Variable:
            return _built(Variable, entries[index], path, ("variables", index))

        told = (each.get("name") if isinstance(each, dict) else None for each in entries)
        numbers = {name if isinstance(name, str) else made(at).name: at for at, name in enumerate(told)}
        return OnDemand(numbers, lambda name: made(numbers[name]))

    def _entry(self, folder: str, stem: str) -> Any:  # noqa: ANN401 - of the folder's kind
        name = f"{folder}/{stem}{SUFFIX}"
        entry: Any = _built(FOLDERS[folder], self._extended(folder, self.content(name)), self.templates / name)
        if entry.id != stem:
            problem = f"is {entry.id!r}, but the file is called {stem}{SUFFIX}"
            raise _wrong(self.templates / name, ("id",), problem, "Make them the same.")
        return entry

    def _extended(self, folder: str, content: Data) -> Data:
        """*content* with all that it has from the file that it extends, settings of its own added to those of that."""
        name = f"{folder}/{content.get('extends')}{SUFFIX}" if isinstance(content, dict) else ""
        base = self.content(name) if name in self.names else None
        if not isinstance(base, dict):
            return content
        _built(FOLDERS[folder], base, self.templates / name)  # what is wrong with it is said of its own file
        lists = [each.get("settings", []) for each in (base, content)]
        both = {"settings": [*lists[0], *lists[1]]} if all(isinstance(each, list) for each in lists) else {}
        return {**base, **content, **both}


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
    "tuple[Answer, ...]": Answer,
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
