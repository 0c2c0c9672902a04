"""Whether data is what its JSON Schema says, in plain words and with lines. The one module that knows jsonschema."""

from __future__ import annotations

import difflib
import functools
import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from tasks.core.model.errors import InvalidInput
from tasks.core.text.documents import Data, Place, dotted, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

NAMESPACE = "https://gatehand.example/schemas/"
"""Every schema's $id is this and the name of its file: a name, not an address; nothing is ever fetched."""


_Error: TypeAlias = Any
"""jsonschema's ValidationError; its type can be named only where jsonschema is imported. So with the two below."""

_Validator: TypeAlias = Any
_Resource: TypeAlias = Any


def findings(data: Data, schema_path: Path, *, file: str, lines: Mapping[Place, int] | None = None) -> list[str]:
    """Everything that is wrong with *data*, each as "file:line: path: what", sorted; empty when all is well."""
    found = {
        (_line(place, lines or {}), f"{dotted(place)}: {problem}")
        for error in _validator(schema_path).iter_errors(data)
        for place, problem in _told(error)
    }
    return [f"{file}:{line}: {problem}" for line, problem in sorted(found)]


def _line(place: Place, lines: Mapping[Place, int]) -> int:
    """The line of *place*, or of the nearest thing around it that has one."""
    around = (place[:length] for length in range(len(place), -1, -1))
    return next((lines[part] for part in around if part in lines), 1)


@functools.cache
def _validator(schema_path: Path) -> _Validator:
    import jsonschema
    from referencing import Registry
    from referencing.exceptions import NoSuchResource
    from referencing.jsonschema import DRAFT202012

    folder = schema_path.parent

    def beside(uri: str) -> _Resource:
        path = folder / uri.removeprefix(NAMESPACE)
        if not uri.startswith(NAMESPACE) or path.parent != folder or not path.is_file():
            raise NoSuchResource(ref=uri)  # type: ignore[call-arg]
        return DRAFT202012.create_resource(_schema(path))

    registry: _Resource = Registry(retrieve=beside)  # type: ignore[call-arg]
    kind = jsonschema.Draft202012Validator
    return kind(_schema(schema_path), registry=registry, format_checker=kind.FORMAT_CHECKER)


@functools.cache
def _schema(path: Path) -> Data:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(f"is no readable schema: {error}", "Restore it with git.", where=str(path)) from None


def _told(error: _Error) -> Iterator[tuple[Place, str]]:
    """Where and what, once per thing to mend."""
    place: Place = tuple(error.absolute_path)
    if error.validator in {"required", "dependentRequired"}:
        yield from ((place, problem) for problem in _missing(error))
    elif error.validator == "additionalProperties" and error.validator_value is False:
        yield from _unknown(error, place)
    elif error.validator == "oneOf" and _all_require(error.validator_value):
        names = ", ".join(branch["required"][0] for branch in error.validator_value)
        yield place, f"needs exactly one of {names}"
    else:
        yield place, _problem(error)


def _missing(error: _Error) -> Iterator[str]:
    if error.validator == "required":
        absent = [name for name in error.validator_value if name not in error.instance]
        yield from (f"lacks {name}" for name in absent if error.message.startswith(repr(name)))
        return
    for name, needed in error.validator_value.items():
        if name in error.instance:
            yield from (f"has {name}, so it needs {other} as well" for other in needed if other not in error.instance)


def _unknown(error: _Error, place: Place) -> Iterator[tuple[Place, str]]:
    """Names that the schema does not know, each with the nearest one that it does."""
    known = list(error.schema.get("properties", {}))
    for name in error.instance:
        if name in known or _matches(str(name), error.schema.get("patternProperties", {})):
            continue
        near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.7)
        yield (*place, str(name)), "is not known here" + (f"; did you mean {near[0]}?" if near else "")


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(re.search(pattern, name) for pattern in patterns)


def _all_require(branches: list[Any]) -> bool:
    return all(set(branch) == {"required"} for branch in branches)


def _problem(error: _Error) -> str:
    if error.validator == "not" and not error.validator_value:  # not anything at all
        return "does not belong here"
    if error.schema.get("writeOnly"):  # may be a secret, so the value is not shown
        return f"must be {error.schema['title']}"
    template = _PROBLEMS.get(error.validator, "does not meet {validator}: {wanted}")
    wanted = _WANTED.get(error.validator, str)(error.validator_value)
    return template.format(value=said(error.instance), wanted=wanted, validator=error.validator)


def _kinds(wanted: str | list[str]) -> str:
    names = {"object": "a mapping", "array": "a list", "string": "a text", "integer": "a whole number"}
    names |= {"number": "a number", "boolean": "true or false", "null": "null"}
    return " or ".join(names[kind] for kind in ([wanted] if isinstance(wanted, str) else wanted))


_PROBLEMS = {
    "type": "is {value}, but must be {wanted}",
    "enum": "is {value}, but must be one of {wanted}",
    "const": "is {value}, but must be {wanted}",
    "pattern": "is {value}, which does not look as it must ({wanted})",
    "format": "is {value}, which is no valid {wanted}",
    "minimum": "is {value}, but must be at least {wanted}",
    "exclusiveMinimum": "is {value}, but must be more than {wanted}",
    "maximum": "is {value}, but must be at most {wanted}",
    "minLength": "is empty",
    "maxLength": "is longer than {wanted} characters",
    "minItems": "needs at least {wanted} of its entries",
    "uniqueItems": "has an entry twice",
    "not": "must not be {value}",
}
"""Per keyword of JSON Schema: what is wrong, in words."""

_WANTED: dict[str, Callable[[Any], str]] = {
    "type": _kinds,
    "enum": lambda choices: ", ".join(said(choice) for choice in choices),
    "const": said,
}
"""Per keyword: how its value is said, where that is not simply the value."""
