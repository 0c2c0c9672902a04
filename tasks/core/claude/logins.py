"""The logins that Claude Code keeps in its own files, outside settings and environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.disk import files
from tasks.core.model.errors import GatewayError
from tasks.core.text import documents

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.model.layout import Layout

STATE = ".claude.json"
"""In CLAUDE_CONFIG_DIR where that is set, else in the home."""

CONSOLE_KEY = "primaryApiKey"


def find_console_key(layout: Layout) -> Path | None:
    """The file with the key of a login at Anthropic's Console; None where there is none.

    On macOS the key may be in the keychain, which is not read.
    """
    for path in (layout.claude / STATE, layout.home / STATE):
        if _has_key(path):
            return path
    return None


def _has_key(path: Path) -> bool:
    try:
        state = documents.parse_json(files.read(path) or b"{}", str(path))
    except (GatewayError, OSError):
        return False  # Claude Code says what is wrong with it
    return isinstance(state, dict) and bool(state.get(CONSOLE_KEY))
