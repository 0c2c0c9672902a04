"""What was last chosen here: by this checkout, or, in a fresh clone, by the one that deployed.

The files, in order of precedence:

    choices.json below build/         what this checkout last chose for this Claude Code
    the manifest in ~/.claude/gateway what is deployed in the usual place
    the manifest at the noted place   what is deployed in another folder (see layout.pointer)
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.deploying.context import Context
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import Resolved, resolve
from tasks.core.disk import files
from tasks.core.model.choices import Choices
from tasks.core.model.errors import GatewayError
from tasks.core.model.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterator


def resolve_remembered() -> Resolved:
    """What was last chosen here, in its context."""
    layout = Layout.of(os.environ)
    request = Request(recall(layout))
    return resolve(request, Context.of(request.choices))


def recall(layout: Layout) -> Choices:
    """The choices that were last made here; the embedded default where there are none.

    A file that cannot be read is no reason to fail: the steps that need it say what is wrong.
    """
    chosen = next(_candidates(layout), Choices())
    manifest = layout.manifest
    if chosen.target:
        manifest = Path(chosen.target, manifest.name)
    deployed = _choices_of_manifest(manifest)
    if deployed is None:
        return chosen
    # Another clone may have connected Claude Code for another scope since.
    return chosen._replace(scope=deployed.scope)


def _candidates(layout: Layout) -> Iterator[Choices]:
    """The choices that are found on this machine, the best first."""
    if chosen := _parse(_read_json(layout.choices)):
        yield chosen
    manifests = [layout.manifest]
    if noted := files.read_line(layout.pointer):
        manifests.append(Path(noted, layout.manifest.name))
    for path in manifests:
        if deployed := _choices_of_manifest(path):
            yield deployed


def _choices_of_manifest(path: Path) -> Choices | None:
    """What was deployed; where the manifest is damaged, what the last revision beside it says."""
    manifest = _read_json(path)
    if isinstance(manifest, dict) and "choices" in manifest:
        return _parse(manifest["choices"])
    if not path.exists():
        return None
    from tasks.core.history import history

    layout = Layout.of(os.environ, str(path.parent))
    last = history.last(layout)
    if last is None:
        return None
    return _parse(last.choices)


def _parse(data: object) -> Choices | None:
    """The choices in *data*; None when it has none, or they are of another version."""
    if data is None:
        return None
    try:
        return Choices.from_json(data)
    except GatewayError:
        return None


def _read_json(path: Path) -> Any:  # noqa: ANN401 - whatever the file contains
    try:
        return json.loads(files.read(path) or b"null")
    except (OSError, ValueError):
        return None
