"""The API of a gateway, LiteLLM's and Anthropic's, asked as Claude Code asks it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.catalogue import explanations
from tasks.core.console import console
from tasks.core.http import client
from tasks.core.http.errors import ConnectionFailed
from tasks.core.model.catalogue import PLACEHOLDER
from tasks.core.model.errors import Unhealthy
from tasks.core.model.secret import Secret
from tasks.core.model.upstream import SUBSCRIPTION
from tasks.core.values import env_file, environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.http.answers import Response
    from tasks.core.http.client import Route
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.layout import Layout

HELLO = "Say hello in one sentence."
VERSION = {"anthropic-version": "2023-06-01"}
"""The header that every request of Claude Code has."""
TIMEOUT = 60.0
"""Seconds to wait for the answer of a model."""
LIST_TIMEOUT = 30.0
"""Seconds to wait for what LiteLLM answers by itself."""
EXCERPT = 200
"""Characters of an error's own words that are shown."""

REFUSED = frozenset({400, 401, 403})
"""How a wrong key is refused: 400 without a database, 401 with one, 403 behind some proxies."""
ABOUT_KEY = re.compile(r"\b(key|token|credentials?|auth\w*|connected db)\b", re.IGNORECASE)
"""What an error says about a credential only, where a request has no body that may be wrong."""


class Meaning(NamedTuple):
    """What a status means, and what helps with a gateway of this machine and a remote one."""

    problem: str
    local_fix: str
    remote_fix: str


ASK = "Ask whoever runs it; its log may say more."
"""What to do about a remote gateway: nothing of it is on this machine."""
DEPLOY_AGAIN = "Deploy again, then restart it: doit stop, doit start"
RENEW = "Get a new token, then: doit deploy --token-stdin"
WRONG_PATH = "Its address must not end in /v1."
UNKNOWN = Meaning("it answered with an error", "Look in its log: doit logs", ASK)
MEANINGS = {
    401: Meaning("the gateway does not accept the key", DEPLOY_AGAIN, RENEW),
    403: Meaning(
        "the gateway, or what is behind it, forbids this",
        "Look at the rights of the account that it uses.",
        "Ask whoever runs it what this token may do.",
    ),
    404: Meaning(
        "what it was asked for is not there",
        f"Is this a LiteLLM? {WRONG_PATH}",
        f"Does it serve that model? {WRONG_PATH}",
    ),
    429: Meaning(
        "the provider limits requests",
        "Wait a little, or raise the quota.",
        "Wait a little, or ask whoever runs it for more.",
    ),
}


@dataclass(frozen=True)
class Caller:
    """How Claude Code calls a remote gateway: on which route, and with which headers."""

    route: Route
    headers: Mapping[str, str] = field(repr=False)
    is_remote: bool = True


Key = Secret | Caller
"""Who asks: the key of the gateway on this machine, or the caller of a remote one."""


class Answered(Unhealthy):
    """The gateway answered with an error: its *status*, and in *said* its own words."""

    def __init__(
        self,
        problem: str,
        remedy: str,
        *,
        where: str,
        status: int,
        said: str = "",
    ) -> None:
        super().__init__(problem, remedy, where=where)
        self.status, self.said = status, said

    @property
    def refused(self) -> bool:
        """Whether it does not accept the credential; a 400 of LiteLLM says so only in words."""
        if self.status == HTTPStatus.BAD_REQUEST:
            return ABOUT_KEY.search(self.said) is not None
        return self.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def own_key(layout: Layout, variable: str = "LITELLM_MASTER_KEY") -> Secret:
    """The key in the gateway's .env that Claude Code shows; empty when there is none.

    *variable* is its name there (see Manifest.token_variable).
    """
    return Secret(env_file.deployed(layout).get(variable, ""))


def build_caller(deployment: Deployment, values: Mapping[str, str]) -> Caller:
    """The caller of the deployed remote gateway, with the *values* of its .env."""
    route = client.choose_route(deployment.choices, values)
    return Caller(route, build_headers(deployment, values))


def build_headers(deployment: Deployment, values: Mapping[str, str]) -> dict[str, str]:
    """What Claude Code sends beside a body: the token, and the headers of this kind of gateway."""
    headers = build_credential(deployment.auth, values.get(deployment.gateway.token, ""))
    for line in deployment.headers:
        filled = PLACEHOLDER.sub(lambda match: values.get(match[1], ""), line)
        name, _, value = filled.partition(":")
        headers[name.strip()] = value.strip()
    return headers


def build_credential(auth: str, token: str) -> dict[str, str]:
    """The headers with the token; what an apiKeyHelper prints, Claude Code sends in both."""
    bearer, key = {"Authorization": f"Bearer {token}"}, {"x-api-key": token}
    if auth == "bearer":
        return bearer
    if auth == "x-api-key":
        return key
    if auth == SUBSCRIPTION:
        # The login is Claude Code's to send; the token is in a header of this kind of gateway.
        return {}
    return bearer | key


def readiness(url: str, timeout: float = 5.0) -> bool:
    """Whether it takes requests; waits at most *timeout* seconds. Costs nothing."""
    try:
        answer = _call(url, "/health/readiness", Secret(""), timeout=timeout)
    except Unhealthy:
        return False
    return answer.status == HTTPStatus.OK


def served_models(url: str, key: Key) -> list[str]:
    """The names that it serves, patterns left out: what it has really loaded. Costs nothing."""
    models = _read_answer(_call(url, "/v1/models", key), url).get("data")
    if not isinstance(models, list):
        fix = ASK if _caller(key).is_remote else "Is this a LiteLLM?"
        raise Unhealthy("its list of models is none", fix, where=url)
    return [str(model["id"]) for model in models if isinstance(model, dict) and "id" in model]


def wrong_key_refused(url: str) -> bool:
    """Whether a random key opens nothing; Unhealthy when that cannot be found out."""
    try:
        _call(url, "/v1/models", environment.generate_key())
    except Answered as error:
        if error.status in REFUSED:
            return True
        raise
    return False


def ask(url: str, key: Key, model: str, text: str = HELLO) -> str:
    """What *model* answers to *text*: one real request, which costs what the model costs."""
    message = {"role": "user", "content": text}
    body = {"model": model, "max_tokens": 256, "stream": False, "messages": [message]}
    answer = _call(url, "/v1/messages", key, body, timeout=TIMEOUT)
    blocks = _read_answer(answer, url).get("content")
    if not isinstance(blocks, list):
        return ""
    return "".join(str(block.get("text", "")) for block in blocks if isinstance(block, dict))


def _call(
    url: str,
    path: str,
    key: Key,
    body: Mapping[str, Any] | None = None,
    *,
    timeout: float = LIST_TIMEOUT,
) -> Response:
    """The answer; Answered when it is an error, ConnectionFailed when there is none."""
    caller = _caller(key)
    headers = {**VERSION, **caller.headers}
    try:
        answer = client.send(client.Request(url, path, headers, body, caller.route, timeout))
    except ConnectionFailed as failure:
        if not caller.is_remote:
            failure.suggest_local_fix()
        raise
    if not answer.is_success:
        model = body["model"] if body else ""
        raise _explain(answer, url, caller, model)
    return answer


def _caller(key: Key) -> Caller:
    """Who asks; a gateway of this machine is asked directly, whatever proxy is set."""
    if isinstance(key, Caller):
        return key
    headers = {"Authorization": f"Bearer {key.reveal()}"} if key else {}
    return Caller(client.DIRECT, headers, is_remote=False)


def _read_answer(answer: Response, url: str) -> dict[str, Any]:
    if isinstance(answer.json, dict):
        return answer.json
    problem = "answers in a language that is none of a gateway"
    raise Unhealthy(problem, "Is something else listening there?", where=url)


def _explain(answer: Response, url: str, caller: Caller, model: str) -> Answered:
    """The error that an answer means: what is known of its text, else of its status."""
    said = _excerpt(answer, caller)
    meaning = MEANINGS.get(answer.status, UNKNOWN)
    problem = f"{meaning.problem} (HTTP {answer.status})"
    fix = meaning.local_fix
    if said:
        problem += f": {said}"
    if known := explanations.of(answer.text):
        problem, fix = known.means, known.fix
        if model:
            problem += f" ({model})"
    if caller.is_remote:
        fix = meaning.remote_fix
    return Answered(problem, fix, where=url, status=answer.status, said=said)


def _excerpt(answer: Response, caller: Caller) -> str:
    """The beginning of what it said, without the credentials that it was sent."""
    said = answer.error
    if not isinstance(said, str):
        said = answer.text
    secrets = [value.removeprefix("Bearer ") for value in caller.headers.values()]
    for secret in filter(None, secrets):
        said = said.replace(secret, "[hidden]")
    return " ".join(console.printable(said).split())[:EXCERPT]
