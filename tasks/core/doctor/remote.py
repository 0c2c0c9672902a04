"""Ask a gateway that somebody else runs for its models, on the way and with the headers that Claude Code would use."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.http import client, gateway
from tasks.core.model.deployment import PASSPHRASE
from tasks.core.model.errors import Unhealthy
from tasks.core.values import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.claude.layers import Layers
    from tasks.core.http.answers import Response
    from tasks.core.model.secret import Secret

MODELS = "/v1/models"
SAID = 2000
"""Characters of an error that are looked at."""
ROUTE = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy")
"""What decides on the proxy."""


class Remote(NamedTuple):
    """A gateway that another machine runs: its address, the settings that lead to it, the token that it wants."""

    url: str
    layers: Layers
    token: Secret


def listed(remote: Remote) -> list[str]:
    """The models that it lists; Unhealthy when it lists none, Answered with the status when it answered."""
    answer = _asked(remote, dict(_headers(remote)))
    if answer.status != HTTPStatus.OK:
        problem = f"HTTP {answer.status}"
        if answer.is_redirect:
            problem = f"sends us on to {answer.location or 'another address'} (HTTP {answer.status})"
        raise gateway.Answered(problem, "", where=remote.url, status=answer.status, said=answer.text[:SAID])
    try:
        return [str(model["id"]) for model in answer.json["data"]]
    except (KeyError, TypeError):
        raise Unhealthy("its list of models is none", where=remote.url) from None


def stranger_refused(remote: Remote) -> bool | None:
    """Whether a token that nobody was given opens nothing; None when the answer does not say."""
    strange = environment.generate_key().reveal()
    answer = _asked(
        remote, {name: f"Bearer {strange}" if name == "Authorization" else strange for name, _ in _headers(remote)}
    )
    if answer.status in gateway.REFUSED or answer.is_redirect:  # sent to a login
        return True
    return False if answer.status == HTTPStatus.OK else None


def asked_there(remote: Remote) -> bool:
    """Whether Claude Code would send its credentials to the deployed address; to no other we send them either."""
    return remote.layers.text("ANTHROPIC_BASE_URL").rstrip("/") == remote.url


def _asked(remote: Remote, headers: dict[str, str]) -> Response:
    environ = {name: text for name in ROUTE if (text := remote.layers.text(name))}
    cert, key = (remote.layers.text(f"CLAUDE_CODE_CLIENT_{part}") for part in ("CERT", "KEY"))
    bundle = find_bundle(remote.layers)
    route = client.build_route(environ, bundle, (cert, key, remote.layers.text(PASSPHRASE)))
    return client.send(client.Request(remote.url, MODELS, {**gateway.VERSION, **headers}, route=route))


def find_bundle(layers: Layers) -> str | None:
    """The file of authorities that Claude Code reads: it ignores one that is not PEM."""
    import ssl

    path = layers.text("NODE_EXTRA_CA_CERTS")
    if not path:
        return None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        return None
    return path


def _headers(remote: Remote) -> Iterator[tuple[str, str]]:
    """What Claude Code would send: the token in its slots, and the custom headers; of a helper the token itself."""
    helped = remote.token.reveal() if remote.layers.text("apiKeyHelper") else ""
    if bearer := remote.layers.text("ANTHROPIC_AUTH_TOKEN") or helped:
        yield "Authorization", f"Bearer {bearer}"
    if key := remote.layers.text("ANTHROPIC_API_KEY") or helped:
        yield "x-api-key", key
    for line in remote.layers.text("ANTHROPIC_CUSTOM_HEADERS").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()
