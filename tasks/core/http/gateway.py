"""Ask a gateway over HTTP, as Claude Code does; what goes wrong is said in the words of its cause."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tasks.core.catalogue import explanations
from tasks.core.console import console
from tasks.core.http import client, errors
from tasks.core.model.errors import Unhealthy
from tasks.core.model.secret import Secret
from tasks.core.values import env_file, environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from http.client import HTTPResponse

    from tasks.core.http.doors import Door
    from tasks.core.model.layout import Layout

    Key = Secret | Door
    """Who asks: somebody with the key of a gateway on this machine, or somebody at the door of one elsewhere."""

HELLO = "Say hello in one sentence."
PATIENCE = 60.0
"""Seconds to wait for an answer of a model."""
MOST = 4 * 1024 * 1024
"""Bytes of an answer that are read."""
REFUSED = frozenset({400, 401, 403})
"""How LiteLLM refuses a wrong key: 400 without a database, 401 with one, 403 behind some fronts."""

ABOUT_KEY = re.compile(r"\b(key|token|credentials?|auth\w*|connected db)\b", re.IGNORECASE)
"""What is said of a credential, and of nothing else that could be wrong with a request without a body."""

STATUSES = {
    401: ("the gateway does not accept the key", "Deploy again, then restart it: doit stop, doit start"),
    403: ("the gateway, or what is behind it, forbids this", "Look at the rights of the account that it uses."),
    404: ("what it was asked for is not there", "Is this a LiteLLM? Its address must not end in /v1."),
    429: ("the provider limits requests", "Wait a little, or raise the quota."),
}

ELSEWHERE = {
    401: "Get a new token, then: doit deploy --token-stdin",
    403: "Ask whoever runs it what this token may do.",
    404: "Does it serve that model? Its address must not end in /v1.",
    429: "Wait a little, or ask whoever runs it for more.",
}
ASK = "Ask whoever runs it; its log may say more."
"""What to do about a gateway of which nothing is on this machine."""


class Answered(Unhealthy):
    """The gateway did answer, with an error; *status* is the number that HTTP has for it, *said* its own words."""

    def __init__(self, problem: str, remedy: str, *, where: str, status: int, said: str = "") -> None:
        super().__init__(problem, remedy, where=where)
        self.status, self.said = status, said

    @property
    def refused(self) -> bool:
        """Whether it is the credential that it does not take; 400 says so only in words, as a LiteLLM does."""
        return self.status in (401, 403) or (self.status == 400 and ABOUT_KEY.search(self.said) is not None)  # noqa: PLR2004


def own_key(layout: Layout, variable: str = "LITELLM_MASTER_KEY") -> Secret:
    """What Claude Code shows the gateway, from its .env (see Manifest.token_variable); empty when there is none."""
    return Secret(env_file.deployed(layout).get(variable, ""))


def readiness(url: str, timeout: float = 5.0) -> bool:
    """Whether it has loaded its configuration and takes requests; waits at most *timeout* seconds. Costs nothing."""
    try:
        with _opened(url, "/health/readiness", None, None, timeout) as answer:
            return answer.status == 200  # noqa: PLR2004
    except Unhealthy:
        return False


def served_models(url: str, key: Key) -> list[str]:
    """The names that it serves, patterns left out: what it has really loaded. Costs nothing."""
    data = _json(url, "/v1/models", key, None, 30.0)
    models = data.get("data")
    if not isinstance(models, list):
        raise Unhealthy("its list of models is none", ASK if _way(key) else "Is this a LiteLLM?", where=url)
    return [str(model["id"]) for model in models if isinstance(model, dict) and "id" in model]


def wrong_key_refused(url: str) -> bool:
    """Whether a key that nobody was given opens nothing; Unhealthy when that cannot be found out."""
    try:
        with _opened(url, "/v1/models", environment.generate_key(), None, 30.0):
            return False
    except Answered as error:
        if error.status in REFUSED:
            return True
        raise


def ask(url: str, key: Key, model: str, text: str = HELLO, *, stream: bool = False) -> str:
    """What *model* answers to *text*: one real request, which costs what the model costs."""
    body = {"model": model, "max_tokens": 256, "stream": stream, "messages": [{"role": "user", "content": text}]}
    if not stream:
        return _text(_json(url, "/v1/messages", key, body, PATIENCE).get("content"))
    with _opened(url, "/v1/messages", key, body, PATIENCE) as answer:
        if answer.headers.get_content_type() != "text/event-stream":
            raise Unhealthy("sent its answer whole, although a stream was asked for", where=f"{url} {model}")
        return "".join(_streamed(answer, url))


def count_tokens(url: str, key: Secret, model: str, text: str = HELLO) -> int:
    """How many tokens *text* is for *model*; LiteLLM estimates where the provider cannot be asked."""
    body = {"model": model, "messages": [{"role": "user", "content": text}]}
    return int(_json(url, "/v1/messages/count_tokens", key, body, 30.0).get("input_tokens", 0))


def _text(content: object) -> str:
    blocks = content if isinstance(content, list) else []
    return "".join(str(block.get("text", "")) for block in blocks if isinstance(block, dict))


def _streamed(answer: HTTPResponse, url: str) -> Iterator[str]:
    """The pieces of text among the events; Unhealthy for an error event, or when the end is missing."""
    for line in _lines(answer, url):
        if not line.startswith(b"data:"):
            continue
        event = _parsed(line[5:], url)
        if event.get("type") == "error":
            raise _failure(url, 200, json.dumps(event), None, "")
        if event.get("type") == "message_stop":
            return
        delta = event.get("delta")
        if isinstance(delta, dict) and "text" in delta:
            yield str(delta["text"])
    raise Unhealthy("broke off in the middle of an answer", "Look in its log.", where=url)


def _lines(answer: HTTPResponse, url: str) -> Iterator[bytes]:
    from http.client import HTTPException

    try:
        yield from answer
    except (OSError, HTTPException) as error:
        raise Unhealthy(f"broke off in the middle of an answer ({type(error).__name__})", where=url) from None


def _json(url: str, path: str, key: Key | None, body: Mapping[str, Any] | None, timeout: float) -> dict[str, Any]:
    from http.client import HTTPException

    with _opened(url, path, key, body, timeout) as answer:
        try:
            return _parsed(answer.read(MOST), url)
        except (OSError, HTTPException) as error:
            raise Unhealthy(f"broke off in the middle of an answer ({type(error).__name__})", where=url) from None


def _parsed(data: bytes, url: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unhealthy(
            "answers in a language that is none of a gateway", "Is something else listening there?", where=url
        )
    return found


def _opened(url: str, path: str, key: Key | None, body: Mapping[str, Any] | None, timeout: float) -> HTTPResponse:
    """The answer, when it is a good one; no redirection is followed: the key goes nowhere else.

    A gateway of this machine is reached directly, whatever proxy there is; one elsewhere through its door.
    """
    import urllib.request
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError

    if not url.startswith(("http://", "https://")):
        raise Unhealthy(
            "is no address of a gateway", "It begins with http:// or https://", where=console.printable(url)
        )
    data = None if body is None else json.dumps(body).encode()
    model = "" if body is None else str(body.get("model", ""))
    headers = {"Content-Type": "application/json", "anthropic-version": "2023-06-01", "Connection": "close"}
    headers |= _shown(key)
    way = _way(key)
    handlers = way.handlers() if way else [urllib.request.ProxyHandler({})]
    try:
        request = urllib.request.Request(url.rstrip("/") + path, data, headers)  # noqa: S310 - http or https, see above
        opener = urllib.request.build_opener(*handlers, client.unredirected())
        answer: HTTPResponse = opener.open(request, timeout=timeout)
    except HTTPError as error:
        with error:
            text = error.read(MOST).decode(errors="replace")
        raise _failure(url, error.code, text, key, model) from None
    except URLError as error:
        raise _unreached(url, error.reason, timeout, key) from None
    except (OSError, HTTPException) as error:
        raise _unreached(url, error, timeout, key) from None
    except ValueError:  # says what it refused: the address, or a header with the key in it
        raise Unhealthy(
            "the address or the key has characters that HTTP cannot send", where=console.printable(url)
        ) from None
    return answer


def _way(key: Key | None) -> client.Wire | None:
    """The way to a gateway elsewhere; None for one of this machine."""
    return None if key is None or isinstance(key, Secret) else key.way


def _unreached(url: str, reason: object, timeout: float, key: Key | None) -> Unhealthy:
    if way := _way(key):
        return way.unreached(reason, timeout)
    if isinstance(reason, TimeoutError):
        return Unhealthy(f"did not answer within {timeout:g} s", "Look in its log: litellm.log", where=url)
    if isinstance(reason, ConnectionRefusedError):
        return Unhealthy("nothing answers", "Start the gateway: doit start", where=url)
    said = errors.told(reason, None, timeout)[1].removeprefix("it ")
    return Unhealthy(said, "Does the gateway run? doit status", where=url)


def _failure(url: str, status: int, text: str, key: Key | None, model: str) -> Answered:
    """The error that an answer of this *status* with this *text* means."""
    said, remedy = _excerpt(text, key), ELSEWHERE.get(status, ASK) if _way(key) else None
    if found := explanations.of(text):
        about = f" ({model})" if model else ""
        return Answered(found.means + about, remedy or found.fix, where=url, status=status, said=said)
    meaning, fix = STATUSES.get(status, ("it answered with an error", "Look in its log: doit logs"))
    told = f"{meaning} (HTTP {status})" + (f": {said}" if said else "")
    return Answered(told, remedy or fix, where=url, status=status, said=said)


def _excerpt(text: str, key: Key | None) -> str:
    """The beginning of what it said, without the key."""
    try:
        said = json.loads(text)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        said = text
    for value in _shown(key).values():
        said = str(said).replace(value.removeprefix("Bearer "), "[hidden]")
    return " ".join(console.printable(str(said)).split())[:200]


def _shown(key: Key | None) -> Mapping[str, str]:
    """The headers that say who comes."""
    if isinstance(key, Secret):
        return {"Authorization": f"Bearer {key.reveal()}"} if key else {}
    return key.headers if key else {}
