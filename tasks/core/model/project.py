"""This project as it runs here: its version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasks.core.model.layout import PACKAGE, PROJECT, is_packaged

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".dist-info"
LINE = re.compile(r'(?m)^version = "(.+)"$')


def read_version(folder: Path = PROJECT) -> str:
    """The version: of the installed package by its metadata, of a checkout by pyproject.toml."""
    # Reading either in full costs as much as listing the steps, and every status asks.
    if is_packaged(folder):
        prefix = f"{PACKAGE}-"
        pattern = f"{prefix}*{SUFFIX}"
        for path in folder.parent.glob(pattern):
            name = path.name.removeprefix(
                prefix,
            )
            return name.removesuffix(
                SUFFIX,
            )
    settings = folder / "pyproject.toml"
    text = settings.read_text()
    found = LINE.search(text)
    assert found is not None
    return found[1]
