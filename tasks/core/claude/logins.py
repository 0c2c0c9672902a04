"""The logins that Claude Code keeps in its own files, outside settings and environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.disk import files
from tasks.core.model.errors import GatewayError
from tasks.core.text import documents

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tasks.core.claude.layers import Layers
    from tasks.core.model.layout import Layout

STATE = ".claude.json"
"""In CLAUDE_CONFIG_DIR where that is set, else in the home."""

CONSOLE_KEY = "primaryApiKey"

CREDENTIALS = ".credentials.json"
"""In Claude Code's folder: a login at claude.ai."""

LOGIN = "claudeAiOauth"

STRONGER = ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "apiKeyHelper")
"""The settings with which a login at claude.ai is not sent."""


def find_console_key(layout: Layout) -> Path | None:
    """The file with the key of a login at Anthropic's Console; None where there is none.

    On macOS the key may be in the keychain, which is not read.
    """
    for path in (layout.claude / STATE, layout.home / STATE):
        if _has_key(path):
            return path
    return None


def find_login(layout: Layout) -> Path | None:
    """The file with a login at claude.ai; None where there is none.

    On macOS it is in the keychain, which is not read.
    """
    path = layout.claude / CREDENTIALS
    if read_state(path).get(LOGIN):
        return path
    return None


def read_console_key(layers: Layers) -> str:
    """The key of a login at Anthropic's Console; "" without one."""
    path = find_console_key(layers.layout)
    if path is None:
        return ""
    return str(read_state(path).get(CONSOLE_KEY))


def find_plan(layers: Layers) -> str | None:
    """The plan of the login at claude.ai with which requests are made, "" where none is named.

    None where they are made with a credential of a gateway, or not at all.
    """
    if any(layers.text(name) for name in STRONGER):
        return None
    if layers.text("CLAUDE_CODE_OAUTH_TOKEN"):
        return ""
    login = read_login(layers)
    if not login.get("accessToken"):
        return None
    return str(login.get("subscriptionType") or "")


def read_login(layers: Layers) -> dict[str, Any]:
    """The login at claude.ai, as far as it is in a file; empty without one."""
    path = layers.layout.claude / CREDENTIALS
    login = read_state(path).get(LOGIN)
    if not isinstance(login, dict):
        return {}
    return login


def _has_key(path: Path) -> bool:
    return bool(read_state(path).get(CONSOLE_KEY))


def read_state(path: Path) -> dict[str, Any]:
    """What is in one of these files; nothing where it cannot be read."""
    try:
        data = files.read(path) or b"{}"
        state = documents.parse_json(data, str(path))
    except (GatewayError, OSError):
        return {}  # Claude Code says what is wrong with it
    if not isinstance(state, dict):
        return {}
    return state
