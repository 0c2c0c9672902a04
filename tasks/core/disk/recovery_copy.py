"""A second copy of what is needed to give settings.json back, should the gateway's folder be lost.

    gateway/.digest-key, deployment-manifest.json, settings-ledger.json   what counts
    ~/.claude/.gateway-recovery.json                                      the same once more

Each transaction brings it up to date right before its commit record goes, so that both are true
at the same time. It is read only where one of the three is lost.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.disk import files, store
from tasks.core.disk.targets import Targets, follow
from tasks.core.model.errors import NewerVersion
from tasks.core.model.secret import unshown

if TYPE_CHECKING:
    from collections.abc import Collection

    from tasks.core.model.layout import Layout

VERSION = 1


class RecoveryCopy(NamedTuple):
    """The second copy: of which gateway, and the JSON of the two files.

    *gateway*: its folder as seen from Claude Code's. *key*: the digest key.
    """

    gateway: str
    key: bytes = b""
    manifest: Any = None
    ledger: Any = None

    def __repr__(self) -> str:
        return unshown(self)


def read(layout: Layout) -> RecoveryCopy | None:
    """The copy for the gateway of *layout*; None when there is none, or it is damaged.

    That of another gateway counts too once its folder is gone: then it is the one that
    settings.json leads to. NewerVersion when a newer version wrote it.
    """
    copy = _read_any(layout)
    if copy is None or copy.gateway == _locate(layout):
        return copy
    other = layout.claude / copy.gateway
    if any((other / path.name).exists() for path in (layout.manifest, layout.ledger)):
        return None
    return copy


def find_gateway(layout: Layout) -> Path | None:
    """The folder of the gateway that the copy is for; None without one."""
    try:
        copy = _read_any(layout)
    except NewerVersion:
        return None
    if copy is None:
        return None
    if copy.gateway == layout.usual.name:
        return layout.usual
    place = follow(layout.claude) / copy.gateway
    return Path(os.path.normpath(place))


def update(layout: Layout, key: bytes, names: Collection[str]) -> None:
    """Bring the copy up to date with those of *names*, files of the gateway's folder, that it has.

    A file that is not among them may be lost: then its copy is all that there is.
    """
    known = {layout.manifest.name, layout.ledger.name}
    if not known.intersection(names):
        return
    try:
        before = read(layout)
    except NewerVersion:
        return
    if before is None:
        before = RecoveryCopy("")
    copy = before._replace(gateway=_locate(layout), key=key)
    if layout.manifest.name in names:
        copy = copy._replace(manifest=_parse(layout.manifest))
    if layout.ledger.name in names:
        copy = copy._replace(ledger=_parse(layout.ledger))
    if copy.manifest is None and copy.ledger is None:
        remove(layout)
    else:
        _write(layout, _to_json(copy))


def put_back(layout: Layout, data: bytes | None) -> None:
    """Have the copy be *data* again; None: there was none."""
    if data is None:
        remove(layout)
    else:
        _write(layout, data)


def remove(layout: Layout) -> None:
    """Remove the copy: there is nothing left to remember.

    After a power failure it would say that the gateway is lost.
    """
    path = layout.recovery_copy
    try:
        path.unlink()
    except FileNotFoundError:
        return
    store.sync_directory(path.parent)


def _write(layout: Layout, data: bytes) -> None:
    targets = Targets.of(layout)
    files.write(
        layout.recovery_copy,
        data,
        0o600,
        mark=targets.tag,
    )


def _read_any(layout: Layout) -> RecoveryCopy | None:
    """The copy, whichever gateway it is for."""
    content = _parse(layout.recovery_copy)
    try:
        version = content["version"]
        if version > VERSION:
            raise NewerVersion(version, where=str(layout.recovery_copy))
        key = bytes.fromhex(content["key"])
        return RecoveryCopy(
            str(content["gateway"]),
            key,
            content["manifest"],
            content["ledger"],
        )
    except (KeyError, TypeError, ValueError):
        return None


def _locate(layout: Layout) -> str:
    """The gateway's folder as seen from Claude Code's: then a home can be moved."""
    return os.path.relpath(follow(layout.gateway), follow(layout.claude))


def _parse(path: Path) -> Any:  # noqa: ANN401 - whatever the file contains
    """The JSON in *path*; None when there is no such file, or it has none."""
    try:
        return json.loads(files.read(path) or b"null")
    except (OSError, ValueError, RecursionError):
        return None


def _to_json(copy: RecoveryCopy) -> bytes:
    content = {
        "version": VERSION,
        "about": "Needed to give settings.json back, should the gateway's folder be lost.",
        "gateway": copy.gateway,
        "key": copy.key.hex(),
        "manifest": copy.manifest,
        "ledger": copy.ledger,
    }
    return json.dumps(content, indent=1).encode() + b"\n"
