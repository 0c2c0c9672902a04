"""What is found in the gateway's folder, beside what we last left there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.model.release import Manifest, Standing
from tasks.tools import files, fingerprint, history

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.model.layout import Layout


def of(layout: Layout, names: Iterable[str], manifest: Manifest | None) -> dict[str, Standing]:
    """What stands of the files *names*, and of those of the manifest that are not among them."""
    recorded = manifest.files if manifest else {}
    return {name: _one(layout, name, manifest) for name in dict.fromkeys([*names, *recorded])}


def digest(layout: Layout, name: str, data: bytes) -> str:
    """The fingerprint that the manifest records: keyed for .env, which holds secrets."""
    keyed = name == layout.env_file.name
    return fingerprint.keyed(fingerprint.digest_key(layout), data) if keyed else files.digest(data)


def _one(layout: Layout, name: str, manifest: Manifest | None) -> Standing:
    path = layout.gateway / name
    found = files.read(path)
    return Standing(
        found=found,
        mode=files.mode_of(path),
        released=history.released(layout, manifest.revision, name) if manifest else None,
        left=manifest.files.get(name) if manifest else None,
        digest=None if found is None or manifest is None else digest(layout, name, found),
    )
