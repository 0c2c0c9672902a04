"""What we say Claude Code does with its settings: whom it asks, for which model, showing what.

Its first request is meant, of a session with -p for which no model was chosen. As seen of Claude
Code 2.1.332; `doit doctor --probe` compares this with the installed one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tasks.core.catalogue import client_facts
from tasks.core.claude import asked_names, logins
from tasks.core.claude.stand_ins import HEADERS

if TYPE_CHECKING:
    from tasks.core.claude.layers import Layers

TOKEN, KEY, HELPER = "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "apiKeyHelper"

BEARER, KEY_HEADER = "authorization", "x-api-key"


class Use(NamedTuple):
    """The address, the model, and per header for credentials its value."""

    address: str
    model: str
    credentials: dict[str, str]

    def __repr__(self) -> str:
        return f"Use({self.address!r}, {self.model!r})"


def find(layers: Layers) -> Use:
    """What follows from all layers."""
    login = logins.find_plan(layers)
    asked = asked_names.find_asked(
        layers,
        login,
    )
    return Use(
        find_address(layers),
        asked[0].model,
        find_credentials(layers),
    )


def find_address(layers: Layers) -> str:
    """The address, in the form of the provider that a switch chooses."""
    for name, address in client_facts.switches(layers.layout.templates).items():
        if layers.text(name).lower() not in client_facts.OFF:
            return layers.text(address)
    return layers.text(client_facts.BASE_URL)


def find_credentials(layers: Layers) -> dict[str, str]:
    """The credentials at the usual address; none where a provider's own form is asked."""
    for name in client_facts.switches(layers.layout.templates):
        if layers.text(name).lower() not in client_facts.OFF:
            return {}
    headers = read_headers(layers.text(HEADERS))
    helper = layers.text(HELPER)
    bearer = (
        layers.text(TOKEN)
        or helper
        or headers.get(
            BEARER,
            "",
        )
    )
    key = layers.text(KEY) or helper
    if not bearer and not key:
        bearer = find_login(layers)
    if not key:
        key = logins.read_console_key(layers)
    return {
        BEARER: bearer,
        KEY_HEADER: headers.get(
            KEY_HEADER,
            key,
        ),
    }


def find_login(layers: Layers) -> str:
    """The token of a login at claude.ai; "" without one."""
    token = layers.text("CLAUDE_CODE_OAUTH_TOKEN")
    if token:
        return token
    state = logins.read_state(layers.layout.claude / logins.CREDENTIALS)
    login = state.get(logins.LOGIN)
    if not isinstance(
        login,
        dict,
    ):
        return ""
    return str(login.get("accessToken") or "")


def read_headers(text: str) -> dict[str, str]:
    """The value of each header, by its lower-case name."""
    found = {}
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        found[name.strip().lower()] = value.strip()
    return found
