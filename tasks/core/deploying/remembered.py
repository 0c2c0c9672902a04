"""What was last chosen here."""

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
    request = Request(recall(Layout.of(os.environ)))
    return resolve(request, Context.of(request.choices))


def recall(layout: Layout) -> Choices:
    """What was last chosen here; in a fresh clone what the installed manifest says; else the embedded default.

    The scope is always the manifest's: another clone may have connected another Claude Code since.
    """
    chosen = next(_candidates(layout), Choices())
    target = Path(chosen.target) if chosen.target else layout.gateway
    deployed = _choices(_choices_of_manifest(target / layout.manifest.name))
    return chosen if deployed is None else chosen._replace(scope=deployed.scope)


def _candidates(layout: Layout) -> Iterator[Choices]:
    """The choices on this machine, the best first."""
    if (chosen := _choices(_json(layout.choices))) is not None:
        yield chosen
    manifests = [layout.manifest]
    if noted := files.read_line(layout.pointer):
        manifests.append(Path(noted) / layout.manifest.name)
    for path in manifests:
        if (deployed := _choices(_choices_of_manifest(path))) is not None:
            yield deployed


def _choices(data: object) -> Choices | None:
    """The choices in *data*; None when it has none, or they are of another version."""
    try:
        return None if data is None else Choices.from_json(data)
    except GatewayError:
        return None


def _choices_of_manifest(path: Path) -> object:
    """The choices in a manifest; when it is damaged, those of the last revision beside it."""
    data = _json(path)
    if isinstance(data, dict) and "choices" in data:
        return data["choices"]
    if not path.exists():
        return None
    from tasks.core.history import history

    kept = history.last(Layout.of(os.environ, str(path.parent)))
    return None if kept is None else kept.choices


def _json(path: Path) -> Any:  # noqa: ANN401 - whatever the file contains
    try:
        return json.loads(files.read(path) or b"null")
    except (OSError, ValueError):
        return None
