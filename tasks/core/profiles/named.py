"""Profiles: sets of choices under a name, kept beside the gateway, where every clone finds them.

A profile says what to deploy, never where; it holds no secret, only where one is to be had.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tasks.core.disk import files
from tasks.core.model import choices as rules
from tasks.core.model.choices import Choices
from tasks.core.model.errors import GatewayError, UsageError, list_known
from tasks.core.text import documents

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.model.layout import Layout


MODE = 0o600


def names(layout: Layout) -> list[str]:
    """The profiles that there are, in order."""
    found = (path.stem for path in layout.profiles.glob("*.json"))
    return sorted(name for name in found if rules.NAME.fullmatch(name))


def exists(layout: Layout, name: str) -> bool:
    """Whether there is a profile *name*; UsageError when nothing can be called so."""
    return path_of(layout, name).exists()


def path_of(layout: Layout, name: str) -> Path:
    """The file of the profile *name*; UsageError when nothing can be called so."""
    if not rules.NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a profile", "Names are made of a-z, 0-9, dot, dash and underscore.")
    return layout.profiles / f"{name}.json"


def read(layout: Layout, name: str) -> Choices:
    """What the profile *name* chooses; UsageError when there is none, or its file cannot be meant."""
    path = path_of(layout, name)
    data = files.read(path)
    if data is None:
        raise _unknown(layout, name)
    try:
        return Choices.from_json(documents.parse_json(data, str(path)))
    except GatewayError as error:
        raise UsageError(error.problem, f"Mend it, or: doit profiles --remove {name}", where=str(path)) from None


def content(choices: Choices) -> bytes:
    """The file of a profile with these choices."""
    return documents.dump_json(portable(choices).to_json())


def portable(choices: Choices) -> Choices:
    """*choices* without the place that they were made for."""
    return choices.at(Choices())


def remove(layout: Layout, name: str) -> None:
    """Forget the profile *name*, be it damaged; UsageError when there is none."""
    if not exists(layout, name):
        raise _unknown(layout, name)
    path_of(layout, name).unlink()
    with contextlib.suppress(OSError):  # others are left
        layout.profiles.rmdir()


def _unknown(layout: Layout, name: str) -> UsageError:
    there = list_known(names(layout), f"There are none yet. Make it: doit deploy --profile {name}")
    return UsageError(f"there is no profile {name!r}", there)
