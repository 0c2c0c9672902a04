"""What Claude Code asks for once something is deployed, where it is started here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.core.claude import asked_page
from tasks.core.claude.layers import Layers
from tasks.core.console import invocation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tasks.core.deploying.resolve import Resolved


def describe_planned(
    resolved: Resolved,
    data: bytes | None,
) -> asked_page.Facts:
    """For each name what will be asked for, with *data* as the settings that are deployed to."""
    path = resolved.layout.settings.resolve()
    return _describe(resolved, {path: data or b""})


def format_current(resolved: Resolved) -> str:
    """The same with the settings as they are, in one line."""
    facts = _describe(resolved, {})
    return asked_page.format_line(facts)


def _describe(
    resolved: Resolved,
    planned: Mapping[Path, bytes],
) -> asked_page.Facts:
    layout = resolved.layout
    layers = Layers(
        layout,
        os.environ,
        invocation.named("", layout),
        planned=planned,
    )
    return asked_page.describe(layers, resolved.deployment)
