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
    default = asked[0]
    return Use(
        find_address(layers),
        default.model,
        find_credentials(layers),
    )


def find_address(layers: Layers) -> str:
    """The address, in the form of the provider that a switch chooses."""
    switch = find_switch(layers)
    known = client_facts.switches(layers.layout.templates)
    name = known.get(
        switch,
        client_facts.BASE_URL,
    )
    return layers.text(name)


def find_switch(layers: Layers) -> str:
    """The switch to a provider that is on; "" where none is."""
    for name in client_facts.switches(layers.layout.templates):
        value = layers.text(name).lower()
        if value not in client_facts.OFF:
            return name
    return ""


def find_credentials(layers: Layers) -> dict[str, str]:
    """The credentials at the usual address; none where a provider's own form is asked."""
    if find_switch(layers):
        return {}
    headers = read_headers(layers.text(HEADERS))
    helper = layers.text(HELPER)
    bearer = layers.text(TOKEN) or helper
    key = layers.text(KEY) or helper
    if not bearer:
        bearer = headers.get(
            BEARER,
            "",
        )
    if not bearer and not key:
        # A login is sent where there is nothing else, and no other key beside it.
        bearer = find_login(layers)
    elif not key:
        key = logins.read_console_key(layers)
    if not bearer and not key:
        key = logins.read_console_key(layers)
    # A header of that name takes the place of any key, also with nothing in it.
    shown = headers.get(
        KEY_HEADER,
        key,
    )
    return {
        BEARER: bearer,
        KEY_HEADER: shown,
    }


def find_login(layers: Layers) -> str:
    """The token of a login at claude.ai; "" without one."""
    token = layers.text("CLAUDE_CODE_OAUTH_TOKEN")
    if token:
        return token
    login = logins.read_login(layers)
    return str(login.get("accessToken", ""))


def read_headers(text: str) -> dict[str, str]:
    """The value of each header, by its lower-case name."""
    found = {}
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        key = name.strip().lower()
        found[key] = value.strip()
    return found
