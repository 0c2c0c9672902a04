"""A bug of ours is told with its traceback, without the secrets that the words of its error may hold."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.model.layout import Layout


def told(trace: Sequence[str], layout: Layout) -> str:
    """A traceback, safe to show; without the words of its error when it cannot be found out what is secret."""
    from pathlib import Path

    from tasks.core.claude import layers
    from tasks.core.secrets import redact

    try:
        known = redact.secrets(layout, layers.Layers(layout, os.environ, Path.cwd()).documents(), os.environ)
        return redact.anonymize("".join(trace).rstrip(), known, (), ())
    except Exception as error:  # noqa: BLE001 - what is broken may be what this needs
        frames = [line for line in "".join(trace).splitlines() if line.startswith(("Traceback", "  "))]
        return "\n".join([*frames, f"(its words are not shown: {type(error).__name__} while secrets were looked for)"])
