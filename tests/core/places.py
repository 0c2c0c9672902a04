"""A gateway's folder in three states, for tests of what is decided about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.deploying import file_changes
from tasks.core.model.layout import Layout
from tasks.core.model.release import Manifest

if TYPE_CHECKING:
    from pathlib import Path

CONFIG, SCRIPT, ENV = "litellm_config.yaml", "start-gateway.sh", ".env"


def layout_in(root: Path) -> Layout:
    """A home and a checkout below *root*, the gateway's folder made."""
    layout = Layout.of({"HOME": str(root / "home")}, project=root / "project")
    layout.gateway.mkdir(parents=True)
    return layout


def manifest_of(left: dict[str, str], revision: int = 1) -> Manifest:
    """A manifest that records these digests."""
    modes = dict.fromkeys(left, "0644")
    return Manifest("dep", "now", "0", "local", "http://127.0.0.1:4000", (), left, modes, {}, revision=revision)


def stand(layout: Layout, name: str, found: bytes | None, released: bytes | None, mode: int = 0o644) -> Manifest | None:
    """Put *found* where it is deployed and *released* into the history: the manifest that tells of it."""
    if found is not None:
        (layout.gateway / name).write_bytes(found)
        (layout.gateway / name).chmod(mode)
    if released is None:
        return None
    place = layout.history / "0001" / "released"
    place.mkdir(parents=True)
    (place / name).write_bytes(released)
    return manifest_of({name: file_changes.digest(layout, name, released)})
