"""Whether a settings file has a value of a type for which Claude Code ignores the whole file.

That is known for each key at the top, from templates/client/claude-code.json. What is wrong deeper
in a file only the installed program can say: see core.claude.client_verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.catalogue import client_facts
from tasks.core.model.errors import InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.text.json_edit import Document

DOCUMENTED = "https://code.claude.com/docs/en/settings"

MODES = ("default", "acceptEdits", "plan")
"""Values of permissions.defaultMode that are right for sure."""

FIX = f"Change its value, or take the key out. What it may be: {DOCUMENTED}"


class Wrong(NamedTuple):
    """A key, the type of its value, and the line it is in."""

    key: str
    kind: str
    line: int | None

    def __str__(self) -> str:
        return f"{self.key} is of the wrong type ({self.kind})"


def find_wrong(document: Document, templates: Path) -> list[Wrong]:
    """The keys for which Claude Code ignores the whole of *document*."""
    values = document.value(())
    if not isinstance(values, dict):
        return []
    refused = client_facts.names(templates)["settings"]
    found = []
    for key, value in values.items():
        kind = name_type(value)
        if kind in refused.get(key, "").split():
            found.append(
                Wrong(
                    key,
                    kind,
                    document.line((key,)),
                )
            )
    return found


def check(
    document: Document,
    templates: Path,
    where: str,
) -> None:
    """InvalidInput when Claude Code ignores *document*, and with it all that is written into it."""
    wrong = find_wrong(document, templates)
    if wrong:
        listed = ", ".join(map(str, wrong))
        problem = f"Claude Code ignores this whole file: {listed}"
        place = f"{where}:{wrong[0].line or 1}"
        raise InvalidInput(problem, FIX, where=place)


def is_simple(document: Document) -> bool:
    """Whether find_wrong() sees all that can be wrong in *document*.

    What is below `env` is text for Claude Code, whatever its type. Below another key only what a
    deployment writes itself is known here.
    """
    values = document.value(())
    if not isinstance(values, dict):
        return False
    for key, value in values.items():
        if isinstance(value, list) and value:
            return False
        if isinstance(value, dict) and not is_known_below(key, value):
            return False
    return True


def is_known_below(key: str, members: dict[str, Any]) -> bool:
    """Whether nothing in the object *members* needs the program to judge it."""
    if key == "env":
        return True
    if key != "permissions" or list(members) != ["defaultMode"]:
        return False
    return members["defaultMode"] in MODES


def name_type(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """The type of a JSON value, as JSON calls it."""
    if value is None:
        return "null"
    for kind, name in TYPES.items():
        if isinstance(value, kind):
            return name
    return "number"


TYPES: dict[type, str] = {bool: "boolean", str: "string", list: "array", dict: "object"}
