"""YAML and JSON, read strictly and written readably. The one module that knows PyYAML."""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tasks.core.model.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Place: TypeAlias = tuple[str | int, ...]
"""Where in a document: the keys and indexes that lead there."""

Data: TypeAlias = Any
"""Whatever a YAML or JSON document holds."""

_Node: TypeAlias = Any
"""A node of PyYAML's tree; its type can be named only where PyYAML is imported."""

_Class: TypeAlias = Any
"""A class of PyYAML's, or an object of one; likewise."""

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 250_000
"""Bounds of what is read: enough for any configuration, too little for a trap (aliases count wherever they stand)."""

HARMLESS = 2000
"""Characters: a shorter text cannot nest so deeply that the C parser overflows its stack, which kills the process."""

SHOWN = 60
"""Characters of a value in a message, at most."""

_WORDS = re.compile(r"[A-Za-z/][\w./@+-]*(:[\w/][\w./@+-]*)*( [A-Za-z][\w./@+-]*)*", re.ASCII)
"""Texts that every reader of YAML takes for text."""

_TWICE = "stands there twice"

_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"})


def parse_yaml(text: str, where: str) -> Data:
    """The data of one YAML document. Duplicate keys are refused, dates stay texts; InvalidInput says *where*:line."""
    _bounded(len(text.encode("utf-8", "surrogatepass")), where)
    node = composed(text, where)
    if node is None:
        return None
    for place, line, problem in _nodes(node):
        if problem:
            raise InvalidInput(f"{dotted(place)} {problem}", "Mend the file.", where=f"{where}:{line}")
    return _constructed(node, where)


class Document(NamedTuple):
    """A YAML document with duplicate keys: its data (the last of them counts), the line of every value, the others."""

    data: Data
    lines: dict[Place, int]
    twice: list[tuple[Place, int]]


def parse_document(text: str, where: str) -> Document:
    """Data and lines of one YAML document in one go, duplicate keys told instead of refused; else like parse_yaml."""
    _bounded(len(text.encode("utf-8", "surrogatepass")), where)
    node = composed(text, where)
    lines: dict[Place, int] = {}
    twice: list[tuple[Place, int]] = []
    for place, line, problem in _nodes(node) if node is not None else ():
        if problem == _TWICE:
            twice.append((place, line))
        elif problem:
            raise InvalidInput(f"{dotted(place)} {problem}", "Mend the file.", where=f"{where}:{line}")
        else:
            lines[place] = line
    return Document(None if node is None else _constructed(node, where), lines, twice)


def load_yaml(path: Path) -> Data:
    """The data of a YAML file; InvalidInput when it is missing, no text, or no valid YAML."""
    return parse_yaml(read_text(path), str(path))


def read_text(path: Path) -> str:
    """The text of a UTF-8 file; InvalidInput when there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InvalidInput("is not there", "Restore it, for example with git.", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"cannot be read: {error}", "It must be a UTF-8 text file.", where=str(path)) from None


def lines_of(text: str) -> dict[Place, int]:
    """The line of every value (of its key, where it has one), counted from 1; empty when the text is no YAML."""
    try:
        node = composed(text, "")
    except InvalidInput:
        return {}
    return {} if node is None else {place: line for place, line, _ in _nodes(node)}


def find_comments(text: str) -> list[str]:
    """The comments in a YAML text; of one that is no YAML, those before the mistake."""
    import yaml

    comments: list[str] = []
    end = 0
    try:
        for token in yaml.scan(text, Loader=_loader()):
            # Between two tokens is nothing but blanks and comments.
            between = text[end : token.start_mark.index]
            comments += [found.strip() for found in re.findall(r"#[^\n]*", between)]
            end = token.end_mark.index
    except (yaml.YAMLError, ValueError):
        pass
    return comments


def dump_yaml(data: Data) -> str:
    """Block style in the order of *data*; every text that some reader could take for something else is quoted."""
    import yaml

    return str(yaml.dump(data, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=2**20))


def parse_json(data: bytes, where: str) -> Data:
    """The data of a JSON document; no duplicate keys, no NaN or Infinity. InvalidInput says where:line:column."""
    _bounded(len(data), where)
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        place = f"{where}:{error.lineno}:{error.colno}"
        raise InvalidInput(f"is not valid JSON: {error.msg}", "Mend the file.", where=place) from None
    except (RecursionError, ValueError) as error:  # UnicodeDecodeError is a ValueError
        problem = "is nested too deeply" if isinstance(error, RecursionError) else f"is not valid JSON: {error}"
        raise InvalidInput(problem, "Mend the file.", where=where) from None


def dump_json(data: Data) -> bytes:
    """Two spaces, the order of *data*, a newline at the end."""
    return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def dotted(place: Place) -> str:
    """A place as a person writes it: model_list[0].model_name."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return "".join(steps).removeprefix(".") or "the document"


def said(value: Data) -> str:
    """A value as it stands in a file, shortened: true, null, 5, "text"."""
    text = json.dumps(keyed_by_text(value), ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def keyed_by_text(value: Data) -> Data:
    """*value* with every key as a text: YAML has keys that JSON cannot hold, and that cannot be sorted."""
    if isinstance(value, dict):
        return {str(key): keyed_by_text(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [keyed_by_text(inner) for inner in value]
    return value


def _bounded(size: int, where: str) -> None:
    if size > MAX_BYTES:
        raise InvalidInput(f"is larger than {MAX_BYTES // 1024**2} MiB", "Is this the right file?", where=where)


def composed(text: str, where: str) -> _Node:
    """The tree of nodes, which know their lines; None for an empty document."""
    import yaml

    if _too_deep(text):
        raise InvalidInput("is nested too deeply", "Mend the file.", where=where)
    try:
        return yaml.compose(text, Loader=_loader())
    except yaml.YAMLError as error:
        raise _invalid(error, where) from None
    except (RecursionError, ValueError) as error:  # surrogates; what the C parser cannot take
        raise InvalidInput(f"is not valid YAML: {error}", "Mend the file.", where=where) from None


def _too_deep(text: str) -> bool:
    """Whether the events, read one by one, nest deeper than PyYAML's C parser could be trusted to recurse."""
    import yaml

    if len(text) < HARMLESS:
        return False
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_loader()):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                return True
    except (yaml.YAMLError, ValueError):
        return False  # composing it says what is wrong
    return False


def _constructed(node: _Node, where: str) -> Data:
    import yaml

    loader = _loader()("")
    try:
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise _invalid(error, where) from None
    except (RecursionError, ValueError, TypeError, OverflowError) as error:
        raise InvalidInput(f"is not valid YAML: {error}", "Mend the file.", where=where) from None
    finally:
        loader.dispose()


def _invalid(error: Exception, where: str) -> InvalidInput:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = f"{where}:{mark.line + 1}" if mark else where
    said_by_yaml = [getattr(error, "context", None), getattr(error, "problem", None)]
    problem = ", ".join(filter(None, said_by_yaml)) or str(error).partition("\n")[0]
    return InvalidInput(f"is not valid YAML: {problem}", "Mend the line, or the one above it.", where=place)


def _nodes(root: _Node) -> Iterator[tuple[Place, int, str]]:
    """Place, line and problem ("" for none) of every node; ends at a document that is too deep or too large."""
    import yaml

    waiting: list[tuple[Place, int, _Node]] = [((), root.start_mark.line + 1, root)]
    for _ in range(MAX_NODES):
        if not waiting:
            return
        place, line, node = waiting.pop()
        if len(place) > MAX_DEPTH:
            yield place[:3], line, "is nested too deeply"
            return
        yield place, line, ""
        if isinstance(node, yaml.MappingNode):
            yield from _duplicates(place, node)
        waiting.extend(reversed(_children(place, node)))
    yield (), 1, "holds too many values"


def _children(place: Place, node: _Node) -> list[tuple[Place, int, _Node]]:
    import yaml

    if isinstance(node, yaml.SequenceNode):
        return [((*place, i), child.start_mark.line + 1, child) for i, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return [((*place, str(key.value)), key.start_mark.line + 1, child) for key, child in node.value]
    return []


def _duplicates(place: Place, node: _Node) -> Iterator[tuple[Place, int, str]]:
    seen: set[str] = set()
    for key, _ in node.value:
        name = str(key.value)
        if name in seen:
            yield (*place, name), key.start_mark.line + 1, _TWICE
        seen.add(name)


@functools.cache
def _loader() -> _Class:
    """PyYAML's safe loader, the C one when it is there, without dates."""
    import yaml

    base: _Class = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    resolvers = {
        first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
        for first, pairs in base.yaml_implicit_resolvers.items()
    }
    return type("Loader", (base,), {"yaml_implicit_resolvers": resolvers})


@functools.cache
def _dumper() -> _Class:
    import yaml

    def increase_indent(self: _Class, flow: bool = False, *_: bool, **__: bool) -> None:
        yaml.SafeDumper.increase_indent(self, flow, False)  # lists stand further in than what they belong to

    def text(dumper: _Class, value: str) -> _Node:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if _plain(value) else '"')

    members = {"increase_indent": increase_indent, "ignore_aliases": lambda _self, _data: True}
    dumper: _Class = type("Dumper", (yaml.SafeDumper,), members)
    dumper.add_representer(str, text)
    return dumper


def _plain(value: str) -> bool:
    return bool(_WORDS.fullmatch(value)) and value.lower() not in _RESERVED


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} stands twice")
    return result


def _no_constant(name: str) -> Data:
    raise ValueError(f"{name} is no JSON value")
