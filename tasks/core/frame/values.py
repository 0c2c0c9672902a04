"""What options and commands can be given, as far as it is known: for completion and help."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.model import choices as rules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
    folders = (
        layout.templates,
        layout.personal_templates,
        layout.chosen_templates,
    )
    found = filter(None, folders)
    return list(found)


def locate(
    layout: Layout,
    words: Sequence[str],
    folder: Path,
) -> Layout:
    """*layout* with the gateway and the own templates that a command of *words* is about.

    What is not among the words, which are typed in *folder*, is as noted or deployed.
    """
    noted = _read_choices(layout.choices)
    target = _find_first(
        _find_typed(words, "target"),
        _read_pointer(layout),
        noted.get("target"),
    )
    if target:
        layout = layout._replace(gateway=_resolve(target, folder))
    deployed = _read_choices(layout.manifest)
    templates = _find_first(
        _find_typed(words, "templates"),
        noted.get("templates"),
        deployed.get("templates"),
    )
    if templates in ("", rules.NONE):
        return layout
    chosen = _resolve(templates, folder)
    return layout.of_templates(str(chosen))


def _find_first(*texts: str | None) -> str:
    """The first of *texts* that says something; else ""."""
    return next(filter(None, texts), "")


def _find_typed(words: Sequence[str], name: str) -> str | None:
    """The value of the option *name* among *words*."""
    option = rules.option_of(name)
    for at, word in enumerate(words):
        typed, sign, value = word.partition("=")
        if typed != option:
            continue
        if sign:
            return value
        return "".join(words[at + 1 : at + 2])
    return None


def _read_pointer(layout: Layout) -> str | None:
    """Where the gateway was last put, if that is not the usual folder."""
    try:
        return layout.pointer.read_text().strip()
    except (OSError, ValueError):
        return None


def _read_choices(path: Path) -> dict[str, Any]:
    """The choices in a manifest or a note; none where there are none."""
    document = read_json(path) or {}
    found = document.get("choices")
    if not isinstance(found, dict):
        return {}
    return found


def _resolve(path: str, folder: Path) -> Path:
    """The *path* that was typed in *folder*."""
    place = Path(path)
    with contextlib.suppress(RuntimeError):
        place = place.expanduser()
    return folder / place


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
