"""A bug of ours is told with its traceback, without the secrets that the words of its error may hold."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.model.layout import Layout


def told(trace: Sequence[str], layout: Layout) -> str:
    """A traceback, safe to show; without the words of its error when it cannot be found out what is secret."""
    from pathlib import Path

    from tasks.tools import layers, redaction

    try:
        known = redaction.secrets(layout, layers.Layers(layout, os.environ, Path.cwd()).documents(), os.environ)
        return redaction.hidden("".join(trace).rstrip(), known, (), ())
    except Exception as error:  # noqa: BLE001 - what is broken may be what this needs
        frames = [line for line in "".join(trace).splitlines() if line.startswith(("Traceback", "  "))]
        return "\n".join([*frames, f"(its words are not shown: {type(error).__name__} while secrets were looked for)"])
