"""Whether the gateway can be put into the folder where it is to be."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.disk import files, lock, recovery_copy, store, targets
from tasks.core.model.errors import Conflict, GatewayError

if TYPE_CHECKING:
    from tasks.core.model.layout import Layout

MEBIBYTE = 2**20


def check(layout: Layout) -> None:
    """Raise the first reason why it cannot."""
    check_folder(layout)
    check_other_gateways(layout)
    check_other_claude(layout)


def check_folder(layout: Layout) -> None:
    """Whether the folder can be made and written, and no other user can change it."""
    lock.require_trust(layout)
    place = layout.gateway
    while not place.exists():
        place = place.parent
    where = str(place)
    store.refuse_fixed(place)
    if not place.is_dir():
        raise GatewayError(
            "is not a directory",
            "Move it away, or choose another place with --target DIR.",
            where=where,
        )
    if not os.access(place, os.W_OK | os.X_OK):
        raise GatewayError(
            "may not be written by you",
            "Make it yours, or choose another place with --target DIR.",
            where=where,
        )
    free = shutil.disk_usage(place).free
    if free < files.LEAST_SPACE:
        raise GatewayError(
            f"has {free // MEBIBYTE} MiB free, 50 are needed",
            "Make room, then run this again.",
            where=where,
        )


def check_other_gateways(layout: Layout) -> None:
    """Conflict when Claude Code is connected to a gateway of this project in another folder.

    What it would take to disconnect from that one would be lost.
    """
    for other in find_other_gateways(layout):
        leave = f"doit deploy --target {other}, then doit uninstall"
        raise Conflict(
            f"a gateway of ours stands in {other}, and Claude Code is joined to that",
            f"Take it away first ({leave}), or stay there.",
            where=str(layout.gateway),
        )


def find_other_gateways(layout: Layout) -> list[Path]:
    """Other folders with a deployment: the usual one, and the one noted beside the settings."""
    places = [layout.claude / "gateway"]
    noted = files.read_line(layout.pointer)
    if noted:
        places.append(Path(noted))
    others = []
    for place in places:
        if place == layout.gateway:
            continue
        manifest = place / layout.manifest.name
        if manifest.is_file():
            others.append(place)
    return others


def check_other_claude(layout: Layout) -> None:
    """Conflict when the gateway of this folder serves another CLAUDE_CONFIG_DIR.

    Its ledger knows the former settings there; those of this one would take their place.
    """
    if layout.gateway == layout.usual or not layout.manifest.exists():
        return
    if files.read_line(layout.pointer) == str(layout.gateway):
        return
    copied = recovery_copy.find_gateway(layout)
    if copied and targets.follow(copied) == targets.follow(layout.gateway):
        return
    raise Conflict(
        f"is the gateway of another CLAUDE_CONFIG_DIR, not of {layout.claude}",
        "Choose another --target, or run doit uninstall there first.",
        where=str(layout.gateway),
    )
