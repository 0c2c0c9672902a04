"""Can Claude Code work through this gateway? Its answers to a few requests, by criterion."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.http.answers import EVENT_STREAM, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tasks.core.http.answers import Response

VERSION = "1901-01-01"
BETA = "compat-check-1901-01-01"
FIELD = "compat_check"
"""Values that no server knows: an error that names one shows that it reached the other side."""
FEWEST = 4
"""Events that a stream must have before anything can be said about when they came."""
QUICK = 0.5
"""Seconds: an answer that is complete sooner says nothing about when its pieces came."""
DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

ASK = "Ask whoever runs the gateway to"
TAKEN = "not asked: it takes requests without a message, and each may cost; see --paid"
UNTRIED = "not tried: requests of Claude Code may take 10 minutes"
UNTOLD = "cannot be told: no error names what nobody knows, and no answer comes"
UNSEEN = "cannot be seen from outside without requests that cost: --paid"
UNSEEN_BODY = "cannot be seen from outside without a request that costs: --paid"
UNREADABLE = "Claude Code cannot tell why something failed"
UNLISTED = "a pattern of it may serve them unlisted."
MORE_DONE = "a [DONE] that is not Anthropic's follows message_stop"
REPEATS = "Claude Code repeats the request instead of asking for a new one"
NO_ERROR = "it took a request without a message, so no error could be seen"
UNCHANGED = f"{ASK} pass Anthropic's events on as they are."
PASS_STATUS = f"{ASK} pass the status on."
PASS_ERRORS = f"{ASK} pass errors on as they are."


class Verdict(NamedTuple):
    """One criterion: what was seen, what helps, and ok, warn, fail or skip.

    With a fail Claude Code cannot work.
    """

    id: str
    state: str
    seen: str
    fix: str = ""


class Observations(NamedTuple):
    """The answers to an invalid request (*plain*), and to the same with one thing changed.

    None for what was not sent, because an invalid request was accepted. *dated* and *tried* are
    valid but for an unknown anthropic-version and anthropic-beta, *lost* but for a field; *entered*
    is valid but for a stranger's token, *stream* altogether. These cost something: None unless the
    user agreed to that.
    """

    plain: Response
    counted: Response
    models: Response
    version: Response | None = None
    beta: Response | None = None
    field: Response | None = None
    stranger: Response | None = None
    dated: Response | None = None
    tried: Response | None = None
    lost: Response | None = None
    entered: Response | None = None
    stream: Response | None = None


def judge(seen: Observations, names: Sequence[str]) -> list[Verdict]:
    """Every criterion; *names* are the models that Claude Code asks for."""
    endpoint = _judge_endpoint(seen.plain)
    if endpoint.state == "fail":  # nothing else can be seen then
        return [endpoint]
    return [
        endpoint,
        _judge_headers(seen),
        _judge_body(seen),
        _judge_status(seen),
        _judge_errors(seen.plain),
        _judge_stream(seen.stream),
        _judge_count(seen.counted),
        _judge_token(seen),
        _judge_models(seen.models, names),
        Verdict("timeout", "skip", UNTRIED, f"{ASK} allow that."),
    ]


def has_arrived(value: str, *answers: Response | None) -> bool | None:
    """Whether an unknown *value* arrived: an error names it; None where that cannot be seen."""
    received = [answer for answer in answers if answer]
    if any(value in answer.text for answer in received):
        return True
    if any(answer.is_completed for answer in received):
        return False
    return None


def refuses(stranger: Response, plain: Response) -> bool:
    """Whether *stranger* refuses an unknown token; *plain* is the answer to the right one."""
    # a redirect leads to a login
    if stranger.status in DENIED or stranger.is_redirect:
        return True
    hides_error = stranger.status == HTTPStatus.OK and not stranger.is_completed
    if stranger.status == HTTPStatus.BAD_REQUEST or hides_error:
        return stranger.error != plain.error
    return False


def _judge_endpoint(plain: Response) -> Verdict:
    """Whether POST /v1/messages is there and lets us in."""
    if reason := _find_refusal(plain):
        return Verdict("endpoint", "fail", f"HTTP {plain.status}: {reason[0]}", reason[1])
    if plain.status == HTTPStatus.NOT_FOUND:
        fix = "Name a model that it serves: --model NAME."
        return Verdict("endpoint", "warn", "is there, but does not know the model", fix)
    if plain.status == HTTPStatus.TOO_MANY_REQUESTS:
        says = "is there, but limits requests just now"
        return Verdict("endpoint", "warn", says, "Wait a little, then ask again.")
    return Verdict("endpoint", "ok", f"POST /v1/messages answers (HTTP {plain.status})")


def _find_refusal(plain: Response) -> tuple[str, str] | None:
    """Why the endpoint is closed to us, and what helps; None when it is open."""
    status, is_page = plain.status, plain.json is None
    if plain.is_redirect:
        place = plain.location or "another address"
        return f"sends us on to {place}", "Use that address: no redirect is followed."
    if status in DENIED:
        return _explain_denial(plain)
    if plain.is_completed and not plain.is_message:
        kind = plain.media_type or "something"
        portal = f"{kind} that is no message: a login or a portal may stand in front"
        return portal, "Is the address right?"
    is_missing = status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
    if is_missing and "model" not in plain.text.lower():  # an unknown model is a 404, too
        return "there is no /v1/messages", "Is the address complete, and without /v1 at its end?"
    # a 500 in JSON is how LiteLLM answers an invalid request
    is_plain_500 = status == HTTPStatus.INTERNAL_SERVER_ERROR and not is_page
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not is_plain_500:
        return "for a request that is merely invalid", f"{ASK} look into its log."
    return None


def _explain_denial(plain: Response) -> tuple[str, str]:
    """Who refuses us: what stands in front shows a page, a gateway answers in JSON."""
    if plain.json is None:
        wall = f"a page ({plain.media_type or 'no type'}): a firewall or a login stands in front"
        return wall, f"{ASK} let Claude Code's requests through."
    return "the token is not accepted", "Is it current, and in the right header? See --auth."


def _judge_headers(seen: Observations) -> Verdict:
    """Whether anthropic-version and anthropic-beta reach the other side."""
    if seen.version is None or seen.beta is None:
        return Verdict("headers", "skip", TAKEN)
    for name, answer in (("anthropic-version", seen.version), ("anthropic-beta", seen.beta)):
        if _breaks_on(answer, seen.plain):
            says = f"with another {name} it answers HTTP {answer.status}"
            return Verdict("headers", "fail", says, f"{ASK} pass {name} on as it is.")
    arrivals = {
        "anthropic-version": has_arrived(VERSION, seen.version, seen.dated),
        "anthropic-beta": has_arrived(BETA, seen.beta, seen.tried),
    }
    return _judge_arrivals(arrivals, is_paid=bool(seen.dated or seen.tried))


def _breaks_on(answer: Response, plain: Response) -> bool:
    """Whether a changed header alone makes a server fail, or a firewall refuse."""
    is_wall = answer.status in DENIED and answer.json is None
    is_failure = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return answer.status != plain.status and (is_wall or is_failure)


def _judge_arrivals(arrivals: Mapping[str, bool | None], *, is_paid: bool) -> Verdict:
    """What it means that each header arrives, does not, or cannot be seen.

    *is_paid*: not with requests that cost, either.
    """
    arrived = [name for name, state in arrivals.items() if state]
    dropped = [name for name, state in arrivals.items() if state is False]
    unseen = [name for name, state in arrivals.items() if state is None]
    if dropped:
        says = f"{' and '.join(dropped)}: a value that nobody knows is dropped, or is ignored"
        fix = f"{ASK} pass headers on; features of Claude Code may be missing otherwise."
        return Verdict("headers", "warn", says, fix)
    if not unseen:
        return Verdict("headers", "ok", "anthropic-version and anthropic-beta reach the other side")
    if arrived:
        says = f"{unseen[0]} seems to get lost; {arrived[0]} arrives"
        return Verdict("headers", "warn", says, f"{ASK} pass it on as it is.")
    if is_paid:
        return Verdict("headers", "skip", UNTOLD)
    return Verdict("headers", "skip", UNSEEN)


def _judge_body(seen: Observations) -> Verdict:
    """Whether the body of a request reaches the other side with all its fields."""
    answer = seen.lost or seen.field
    if answer and FIELD in answer.text:
        return Verdict("body", "ok", "a field that nobody knows reaches the other side")
    if seen.lost and seen.lost.status < HTTPStatus.BAD_REQUEST:
        fix = f"{ASK} pass bodies on as they are; features of Claude Code may be missing otherwise."
        return Verdict("body", "warn", "a field that nobody knows is dropped, or is ignored", fix)
    return Verdict("body", "skip", UNSEEN_BODY)


def _judge_status(seen: Observations) -> Verdict:
    """Whether errors have the status that Claude Code goes by."""
    plain = seen.plain
    if plain.status < HTTPStatus.MULTIPLE_CHOICES and plain.is_error:
        return Verdict("status", "fail", f"an error comes as HTTP {plain.status}", PASS_STATUS)
    if plain.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Verdict("status", "skip", "it limits requests just now")
    if plain.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        says = "an invalid request is HTTP 500, not 400: Claude Code repeats it in vain"
        return Verdict("status", "warn", says, PASS_STATUS)
    refused = seen.stranger if seen.stranger and refuses(seen.stranger, plain) else None
    if refused and refused.status == HTTPStatus.BAD_REQUEST:
        says = f"a wrong token is HTTP 400, not 401: {REPEATS}"
        return Verdict("status", "warn", says, "With LiteLLM: a database, or a newer one.")
    if plain.is_completed:
        return Verdict("status", "skip", NO_ERROR)
    says = f"HTTP {plain.status} for an invalid request"
    if refused:
        says += f", {refused.status} for a wrong token"
    return Verdict("status", "ok", says)


def _judge_errors(plain: Response) -> Verdict:
    """Whether the body of an error is Anthropic's own."""
    if plain.status < HTTPStatus.BAD_REQUEST:
        return Verdict("errors", "skip", NO_ERROR)
    if plain.json is None:
        kind = plain.media_type or "something"
        return Verdict("errors", "fail", f"an error comes as {kind} instead of JSON", PASS_ERRORS)
    body = plain.fields
    error = body.get("error")
    if body.get("type") == "error" and isinstance(error, dict) and "message" in error:
        return Verdict("errors", "ok", "errors have Anthropic's form")
    says = f"errors are JSON, but not of Anthropic's form: {UNREADABLE}"
    return Verdict("errors", "warn", says, PASS_ERRORS)


def _judge_stream(stream: Response | None) -> Verdict:
    """Whether a streamed answer comes in pieces, and ends as it must."""
    if stream is None:
        return Verdict("stream", "skip", "costs one small request: --paid")
    if stream.status != HTTPStatus.OK or stream.media_type != EVENT_STREAM:
        kind = stream.media_type or "no type"
        says = f"HTTP {stream.status}, {kind}, where a stream was asked for"
        return Verdict("stream", "fail", says, f"{ASK} let streams pass.")
    data = [(time, line) for time, line in stream.lines if line.startswith("data:")]
    return _judge_events([(time, line.removeprefix("data:").strip()) for time, line in data])


def _judge_events(events: Sequence[tuple[float, str]]) -> Verdict:
    """What the data of the events and their times say."""
    times = [time for time, _ in events]
    has_done = any(text == "[DONE]" for _, text in events)
    if not any(_read_type(text) == "message_stop" for _, text in events):
        says = "breaks off: there is no message_stop"
        if has_done:
            says = "ends with [DONE], as OpenAI's streams do, not with message_stop"
        return Verdict("stream", "fail", says, UNCHANGED)
    is_telling = len(times) >= FEWEST and times[-1] >= QUICK
    if is_telling and _is_buffered(times):
        says = "the whole answer comes at once, at its end: it is buffered"
        return Verdict("stream", "fail", says, f"{ASK} switch buffering off for text/event-stream.")
    if has_done:
        return Verdict("stream", "warn", MORE_DONE, UNCHANGED)
    if not is_telling:
        return Verdict("stream", "ok", "is complete; too short to tell whether it is buffered")
    return Verdict("stream", "ok", "comes in pieces, and is complete")


def _is_buffered(times: Sequence[float]) -> bool:
    """Whether all events came within the last tenth of the time that the answer took."""
    return times[-1] - times[0] < times[-1] / 10


def _read_type(text: str) -> object:
    event = parse_json(text)
    if isinstance(event, dict):
        return event.get("type")
    return None


def _judge_count(answer: Response) -> Verdict:
    """Whether tokens can be counted, which Claude Code estimates otherwise."""
    tokens = answer.fields.get("input_tokens")
    if answer.status == HTTPStatus.OK and isinstance(tokens, int):
        return Verdict("count_tokens", "ok", "tokens are counted")
    says = f"HTTP {answer.status} for /v1/messages/count_tokens: Claude Code estimates instead"
    return Verdict("count_tokens", "warn", says, f"{ASK} serve it too; nothing breaks without.")


def _judge_token(seen: Observations) -> Verdict:
    """Whether a wrong token is refused; only an answer shows that it is accepted."""
    stranger = seen.entered or seen.stranger
    if stranger is None:
        return Verdict("token", "skip", TAKEN)
    if refuses(stranger, seen.plain):
        says = "a wrong token is refused"
        if stranger.status not in DENIED:
            says += f", as HTTP {stranger.status}"
        return Verdict("token", "ok", says)
    if stranger.is_completed and stranger.is_message:
        says = f"a token that nobody was given is treated as the right one (HTTP {stranger.status})"
        return Verdict("token", "fail", says, f"{ASK} check tokens: anybody could use it.")
    status = f"HTTP {stranger.status} for a wrong token"
    says = f"cannot be told: {status} says neither that it is taken nor that it is not"
    fix = "" if seen.entered else "--paid asks with a wrong token for an answer."
    return Verdict("token", "skip", says, fix)


def _judge_models(answer: Response, names: Sequence[str]) -> Verdict:
    """Whether the models that Claude Code asks for are listed, where there is a list."""
    models = answer.fields.get("data")
    if answer.status != HTTPStatus.OK or not isinstance(models, list):
        says = f"it has no list of models (HTTP {answer.status}); it need not have one"
        return Verdict("models", "skip", says)
    ids = {model.get("id") for model in models if isinstance(model, dict)}
    missing = [name for name in names if name not in ids]
    if missing:
        fix = f"Name what it serves: --opus, --sonnet, --haiku; {UNLISTED}"
        return Verdict("models", "warn", f"not in its list: {', '.join(missing)}", fix)
    says = f"{len(ids)} models are listed"
    if names:
        says += ", yours among them"
    return Verdict("models", "ok", says)


def has_failed(verdicts: Sequence[Verdict]) -> bool:
    """Whether Claude Code cannot work through it."""
    return any(verdict.state == "fail" for verdict in verdicts)


def document(url: str, model: str, verdicts: Sequence[Verdict], *, paid: bool) -> Mapping[str, Any]:
    """The result as JSON values (templates/schemas/check.schema.json)."""
    asked = {"url": url, "model": model, "paid": paid}
    criteria = [verdict._asdict() for verdict in verdicts]
    return {**asked, "compatible": not has_failed(verdicts), "criteria": criteria}
