"""What options and commands can be given, as far as it is known: for completion and help."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tasks.core.model import choices as rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tasks.core.model.layout import Layout

SHELLS = {
    "bash": "GNU Bash",
    "zsh": "the Z shell",
    "fish": "the friendly interactive shell",
}

Values = dict[str, str]
"""What can be given, each with what it is."""


def nothing(_: Layout) -> Values:
    """Of what cannot be known."""
    return {}


def catalogued(folder: str) -> Callable[[Layout], Values]:
    """The ids of one folder of the catalogue, with what each is, if its cache is there."""

    def find(layout: Layout) -> Values:
        paths: list[Path] = []
        texts = _read_texts(layout)
        for place in _list_templates(layout):
            part = place / folder
            paths += part.glob("*.yaml")
        found = {}
        for path in sorted(paths):
            text = texts.get(
                f"{folder}/{path.name}",
                "{}",
            )
            facts = json.loads(text)
            if facts.get("ready", True):
                found[path.stem] = facts.get("description", "")
        return found

    return find


def _read_texts(layout: Layout) -> Values:
    """The catalogue as last read; with own templates, each gateway has a copy."""
    usual = layout.catalogue
    gateway = layout.workshop.name
    own = usual.parent / gateway / usual.name
    texts: Values = {}
    for path in (usual, own):
        copy = read_json(path) or {}
        texts |= copy.get("contents", {})
    return texts


def _list_templates(layout: Layout) -> list[Path]:
    """Where templates are: the shipped ones, and the user's own."""
    manifest = read_json(layout.manifest) or {}
    choices = manifest.get("choices", {})
    chosen = choices.get("templates")
    own = layout.of_templates(chosen)
    folders = (
        own.templates,
        own.personal_templates,
        own.chosen_templates,
    )
    found = filter(None, folders)
    return list(found)


def profiles(layout: Layout) -> Values:
    """The profiles, each with the preset that it begins with."""
    found = {}
    for path in sorted(layout.profiles.glob("*.json")):
        choices = read_json(path) or {}
        found[path.stem] = str(choices.get("preset", ""))
    return found


def revisions(layout: Layout) -> Values:
    """The revisions, newest first."""
    found = {}
    paths = layout.history.glob("[0-9]*/revision.json")
    for path in sorted(paths, reverse=True):
        number = path.parent.name
        if not number.isdecimal():
            continue
        revision = read_json(path) or {}
        manifest = revision.get("manifest", {})
        models = ", ".join(
            manifest.get(
                "models",
                [],
            )
        )
        found[str(int(number))] = f"{manifest.get('timestamp', '')} {models}"
    return found


def states(layout: Layout) -> Values:
    """What one can go back to: revisions and archives."""
    found = revisions(layout)
    paths = layout.backups.glob("gateway-backup-*.tar.gz")
    for path in sorted(paths, reverse=True):
        found[path.name] = "an archive"
    return found


def _always(found: Values) -> Callable[[Layout], Values]:
    """What does not depend on the machine."""
    return lambda _: dict(found)


MODELS = catalogued("models")
PRESETS = catalogued("presets")

SOURCES: dict[str, Callable[[Layout], Values]] = {
    "preset": PRESETS,
    "gateway_type": catalogued("gateways"),
    "models": MODELS,
    "add_models": MODELS,
    "remove_models": MODELS,
    "opus": MODELS,
    "sonnet": MODELS,
    "haiku": MODELS,
    "force": catalogued("neighbours"),
    "topology": _always(rules.TOPOLOGIES),
    "auth": _always(rules.AUTHS),
    "scope": _always(
        {
            "user": "all of your projects",
            "project": "the folder where you are",
        }
    ),
    "shell": _always(SHELLS),
    "profile": profiles,
    "remove": profiles,
    "use": profiles,
    "deploy": PRESETS,
    "plan": PRESETS,
    "history": revisions,
    "rollback": states,
}
"""Per option or command: what it can be given."""

LISTS = (
    "models",
    "add_models",
    "remove_models",
    "force",
)


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None where there is none."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return found
