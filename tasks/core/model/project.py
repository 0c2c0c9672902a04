"""This project as it runs here: its version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.model.layout import PACKAGE, PROJECT, is_packaged

if TYPE_CHECKING:
    from pathlib import Path


def read_version(folder: Path = PROJECT) -> str:
    """The version: of the installed package by its metadata, of a checkout by pyproject.toml."""
    # Each import costs as much as listing the steps: neither is loaded at a start.
    if is_packaged(folder):
        from importlib.metadata import version

        return version(PACKAGE)
    import tomllib

    text = (folder / "pyproject.toml").read_text()
    settings = tomllib.loads(text)
    return str(settings["project"]["version"])
