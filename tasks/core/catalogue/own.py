"""Templates of the user's own, which lie over the shipped ones.

    templates/  <  ~/.config/gatehand/templates  <  --templates DIR

Each folder has the shape of templates/. What has a name counts as a whole: a file replaces the file
of the same name below it, an entry of variables.yaml the variable of the same name. Nothing within
one is merged, so an update of what is shipped changes nothing that is the user's.
"""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.disk import trust
from tasks.core.model.choices import option_of
from tasks.core.model.errors import GatewayError, InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tasks.core.model.layout import Layout

DESCRIBED = ("models", "providers", "presets", "gateways")
"""The folders whose files describe one thing each."""

ARTIFACTS = "artifacts"
"""The folder with the texts that files are rendered from."""

VARIABLES = "variables.yaml"

EXPECTED = "expected"
SCHEMAS = "schemas"
"""Folders that `doit validate --write` makes: see deploying.own_expected."""

PARTS = (*DESCRIBED, ARTIFACTS, VARIABLES)
"""What of a folder counts; anything else in it is the user's business."""

SUFFIX = ".yaml"

MISTAKEN = (".yml", ".json", ".j2", ".YAML")
"""Endings that a file which describes something must not have."""

OPTION = option_of("templates")
DROP = f"doit deploy {OPTION} none"


def list_folders(layout: Layout) -> list[Path]:
    """The folders of own templates, the strongest last.

    The chosen one is listed even where it is gone; that in the configuration only where it is.
    """
    found = []
    personal = layout.personal_templates
    # Every command asks: os.path takes an eighth of what Path takes.
    if personal is not None and os.path.isdir(personal):  # noqa: PTH112
        found.append(personal)
    if layout.chosen_templates is not None:
        found.append(layout.chosen_templates)
    return found


def list_places(layout: Layout) -> Iterator[Path]:
    """Where own templates are or would be: each changes when one is added or removed."""
    for folder in (layout.personal_templates, layout.chosen_templates):
        if folder is None:
            continue
        yield folder
        for part in PARTS:
            yield folder / part


def find(layout: Layout, name: str) -> Path:
    """The file or folder that counts for *name*, such as "models/demo.yaml"."""
    *_, strongest = find_all(layout, name)
    return strongest


def find_all(layout: Layout, name: str) -> list[Path]:
    """Every file or folder called *name*, the strongest last; the shipped one always."""
    found = [layout.templates / name]
    for folder in list_folders(layout):
        path = folder / name
        if path.exists():
            found.append(path)
    return found


def find_described(
    layout: Layout,
    folders: Iterable[str],
) -> dict[str, str]:
    """The path of every file of the catalogue that counts, by its name: "models/demo.yaml".

    An own file with variables has its path for a name: it adds to the shipped one.
    """
    own = list(
        map(
            str,
            list_folders(layout),
        )
    )
    paths: dict[str, str] = {}
    for part in folders:
        found: dict[str, str] = {}
        places = [str(layout.templates)]
        if part in DESCRIBED:
            places += own
        for place in places:
            for stem in _list_stems(f"{place}/{part}"):
                found[stem] = place
        for stem in sorted(found):
            name = f"{part}/{stem}{SUFFIX}"
            paths[name] = f"{found[stem]}/{name}"
    paths[VARIABLES] = f"{layout.templates}/{VARIABLES}"
    for folder in own:
        path = f"{folder}/{VARIABLES}"
        if os.path.exists(path):  # noqa: PTH110 - likewise
            paths[path] = path
    return paths


def is_of_variables(name: str) -> bool:
    """Whether find_described() calls a file with variables so."""
    return name == VARIABLES or name.startswith("/")


def _list_stems(folder: str) -> Iterator[str]:
    """The names of the YAML files in *folder*; none where there is no such folder."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - likewise
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        if name.endswith(SUFFIX):
            yield name.removesuffix(SUFFIX)


def list_files(layout: Layout) -> list[Path]:
    """Every own file that counts, in order."""
    found: list[Path] = []
    for folder in list_folders(layout):
        paths = _list_parts(folder)
        found += filter(is_file, paths)
    return found


def is_file(path: Path) -> bool:
    """Whether *path* is an ordinary file: reading a pipe would wait forever."""
    return path.is_file()


def select(
    layout: Layout,
    paths: Iterable[Path],
) -> dict[str, str]:
    """Those of *paths* that are own templates: their names, and where they are."""
    found = {}
    folders = list_folders(layout)
    for path in sorted(paths):
        for folder in folders:
            if path.is_relative_to(folder):
                name = _spell(path.relative_to(folder))
                found[name] = _spell(path)
    return found


def describe(
    own: Mapping[str, str],
) -> str:
    """What select() found, for a person: "models/a.yaml, presets/b.yaml in DIR"."""
    by_folder: dict[str, list[str]] = {}
    for name, path in own.items():
        folder = path.removesuffix(f"/{name}")
        names = by_folder.setdefault(folder, [])
        names.append(name)
    told = []
    for folder, names in by_folder.items():
        listing = ", ".join(names)
        place = f"{listing} in {folder}"
        told.append(place)
    shown = console.printable("; ".join(told))
    # A line end in a name is printable.
    return shown.replace("\n", "\\n")


def require(layout: Layout) -> None:
    """An error where a folder of own templates cannot be used.

    InvalidInput: it is gone, or is none. Conflict: another user can change what is in it, which is
    rendered into programs that run as this user.
    """
    remedy = f"keep them in a folder of your own ({OPTION} DIR)"
    for folder in list_folders(layout):
        _require_folder(folder)
        paths = _list_parts(folder)
        trust.require(
            folder,
            *paths,
            remedy=remedy,
        )
        for path in paths:
            if not is_file(path):
                problem = "is no ordinary file"
                raise InvalidInput(
                    problem,
                    "Remove it.",
                    where=str(path),
                )


def is_usable(layout: Layout) -> bool:
    """Whether require() has nothing against it."""
    try:
        require(layout)
    except GatewayError:
        return False
    return True


def find_strays(layout: Layout) -> list[str]:
    """What looks like an own template and is not read, as findings: presets/team.yml, model/."""
    found: list[str] = []
    for folder in list_folders(layout):
        found += _find_misnamed(folder)
        for part in DESCRIBED:
            for path in _list(folder / part):
                if path.suffix in MISTAKEN:
                    found.append(f"{path}:1: is not read; its name has to end in {SUFFIX}")
    return found


def _find_misnamed(folder: Path) -> Iterator[str]:
    known = (*PARTS, EXPECTED, SCHEMAS)
    for path in _list(folder):
        if path.name in known:
            continue
        near = difflib.get_close_matches(
            path.name,
            PARTS,
            n=1,
            cutoff=0.8,
        )
        if near:
            [meant] = near
            yield f"{path}:1: is not read; did you mean {meant}?"


def _require_folder(folder: Path) -> None:
    where = str(folder)
    if not folder.is_dir():
        problem = "the folder of your own templates is not there"
        remedy = f"Restore it, or go on without it: {DROP}"
        raise InvalidInput(problem, remedy, where=where)
    for part in PARTS:
        if (folder / part).exists():
            return
    listing = ", ".join(
        PARTS,
    )
    problem = f"has none of {listing}, so it is no folder of templates"
    remedy = f"Name the folder around them, or none: {DROP}"
    raise InvalidInput(
        problem,
        remedy,
        where=where,
    )


def _list_parts(folder: Path) -> list[Path]:
    """The files of one folder that count."""
    found: list[Path] = []
    for part in DESCRIBED:
        found += sorted((folder / part).glob(f"*{SUFFIX}"))
    for path in _list(folder / ARTIFACTS):
        if path.is_dir():  # a program in parts
            found += _list(path)
        else:
            found.append(path)
    if (folder / VARIABLES).exists():
        found.append(folder / VARIABLES)
    return found


def _list(folder: Path) -> list[Path]:
    """What is in *folder*, by name; nothing where there is none."""
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


def name(
    layout: Layout,
    path: Path,
) -> str:
    """How a finding calls a template: the path of an own one, or that below the project."""
    if path.is_relative_to(layout.templates):
        return str(path.relative_to(layout.project))
    return str(path)


def _spell(path: Path) -> str:
    """A path as text that can be written; what is no UTF-8 in it is replaced."""
    return os.fsencode(path).decode(
        "utf-8",
        "replace",
    )
