"""The catalogue, read from templates/. A copy in build/ spares reading YAML as long as no file changed.

Most commands need a handful of the entries: of the copy, an entry is read when it is first asked for.
"""

from __future__ import annotations

import functools
import json
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tasks.core.catalogue import own
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

    from tasks.core.model.layout import Layout
    from tasks.core.text.documents import Data

T = TypeVar("T")

Stamp = list[int | str]
"""The time and size of a file; of an own one also its path."""

FOLDERS: dict[str, type] = {
    "models": Model,
    "providers": Provider,
    "presets": Preset,
    "gateways": Gateway,
    "neighbours": Neighbour,
}
"""What the files of a folder of templates/ describe, one each."""

SUFFIX = ".yaml"

VARIABLES = own.VARIABLES
"""The one shipped file that describes all variables."""

_VERSION = 3
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
    own.require(layout)
    paths = _find_files(layout)
    stamps = _stamps(layout, paths)
    remembered = _remembered(find_cache(layout), stamps)
    if remembered is not None:
        return _catalogue(paths, lambda name: json.loads(remembered[name]))
    contents = {name: documents.load_yaml(Path(path)) for name, path in paths.items()}
    found = _catalogue(paths, contents.__getitem__)
    result = Catalogue(
        **{name: dict(entries) for name, entries in found._asdict().items()}
    )  # every mistake is told now
    if write_cache:
        _remember(find_cache(layout), stamps, contents)
    return result


def fresh(layout: Layout) -> bool:
    """Whether the copy in build/ is of the files as they are."""
    return _remembered(find_cache(layout), _stamps(layout, _find_files(layout))) is not None


def find_cache(layout: Layout) -> Path:
    """Where the copy is kept; with own templates, one for each gateway."""
    usual = layout.catalogue
    if own.list_folders(layout):
        return usual.parent / layout.workshop.name / usual.name
    return usual


def sources(layout: Layout) -> list[Path]:
    """Every file that the catalogue is read from, in order."""
    return [Path(path) for path in _find_files(layout).values()]


def _find_files(layout: Layout) -> dict[str, str]:
    """The path of every file that counts, by its name: "models/demo.yaml"."""
    return own.find_described(layout, FOLDERS)


def _stamps(layout: Layout, paths: Mapping[str, str]) -> dict[str, Stamp]:
    """Per file what changes when it is edited, or another one takes its place."""
    stamps: dict[str, Stamp] = {}
    for name, path in paths.items():
        stamps[name] = _stamp(path)
        if path != f"{layout.templates}/{name}":
            stamps[name].append(path)
    return stamps


def _stamp(path: str) -> Stamp:
    try:
        status = os.stat(path)  # noqa: PTH116 - likewise
    except OSError:
        return [0, 0]  # reading it says what is wrong
    return [status.st_mtime_ns, status.st_size]


def _remembered(cache: Path, stamps: Mapping[str, Stamp]) -> dict[str, str] | None:
    """The contents of all files as last read, as JSON; None when one changed, or the copy is no use."""
    try:
        copy = json.loads(cache.read_bytes())
        known = (copy["version"], copy["stamps"], copy["contents"].keys()) == (_VERSION, stamps, stamps.keys())
        return dict(copy["contents"]) if known and copy["sum"] == _sum(copy["contents"]) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _remember(cache: Path, stamps: Mapping[str, Stamp], contents: Mapping[str, Any]) -> None:
    texts = {name: json.dumps(content, separators=(",", ":")) for name, content in contents.items()}
    copy = {"version": _VERSION, "stamps": stamps, "sum": _sum(texts), "contents": texts}
    files.write_cache(cache, json.dumps(copy, separators=(",", ":")).encode(), 0o644)


def _sum(texts: Mapping[str, str]) -> int:
    """By which a damaged copy is known."""
    return zlib.crc32("\n".join(texts.values()).encode())


def _catalogue(paths: Mapping[str, str], read: Callable[[str], Data]) -> Catalogue:
    """The catalogue in the files at *paths*; *read* has the content of each by its name."""
    known = _Files(paths, read)
    return Catalogue(**{folder: known.entries(folder) for folder in FOLDERS}, variables=known.variables())


class _Files:
    """Files of the catalogue, each read and made an entry when it is first needed."""

    def __init__(self, paths: Mapping[str, str], read: Callable[[str], Data]) -> None:
        self.names, self.content = paths, functools.cache(read)

    def path(self, name: str) -> Path:
        """Where a file is."""
        return Path(self.names[name])

    def entries(self, folder: str) -> OnDemand[Any]:
        """What the files of one folder describe, by the name of the file, which is the id."""
        stems = [name[len(folder) + 1 : -len(SUFFIX)] for name in self.names if name.startswith(f"{folder}/")]
        return OnDemand(stems, lambda stem: self._entry(folder, stem))

    def variables(self) -> OnDemand[Variable]:
        """What the files of variables describe, by its name; the last file that has it counts."""
        found: dict[str, tuple[str, int]] = {}
        for file in self.names:
            if own.is_of_variables(file):
                for name, index in self._variables_in(file).items():
                    found[name] = (file, index)
        return OnDemand(found, lambda name: self._variable(*found[name]))

    def _variables_in(self, file: str) -> dict[str, int]:
        """The index of each variable that one file describes."""
        content = self.content(file)
        entries = content.get("variables") if isinstance(content, dict) else None
        if not isinstance(entries, list):
            remedy = "Restore it, for example with git."
            raise _wrong(self.path(file), (), "has no list called variables", remedy)
        told = (each.get("name") if isinstance(each, dict) else None for each in entries)
        return {name if isinstance(name, str) else self._variable(file, at).name: at for at, name in enumerate(told)}

    def _variable(self, file: str, index: int) -> Variable:
        entry = self.content(file)["variables"][index]
        return _built(Variable, entry, self.path(file), ("variables", index))

    def _entry(self, folder: str, stem: str) -> Any:  # noqa: ANN401 - of the folder's kind
        name = f"{folder}/{stem}{SUFFIX}"
        entry: Any = _built(FOLDERS[folder], self._extended(folder, self.content(name)), self.path(name))
        if entry.id != stem:
            problem = f"is {entry.id!r}, but the file is called {stem}{SUFFIX}"
            raise _wrong(self.path(name), ("id",), problem, "Make them the same.")
        return entry

    def _extended(self, folder: str, content: Data) -> Data:
        """*content* with all that it has from the file that it extends, settings of its own added to those of that."""
        name = f"{folder}/{content.get('extends')}{SUFFIX}" if isinstance(content, dict) else ""
        base = self.content(name) if name in self.names else None
        if not isinstance(base, dict):
            return content
        _built(FOLDERS[folder], base, self.path(name))  # what is wrong with it is said of its own file
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
