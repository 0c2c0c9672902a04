"""Can Claude Code work through this gateway? What its answers to a few requests say, criterion by criterion."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VERSION = "1901-01-01"
BETA = "compat-check-1901-01-01"
FIELD = "compat_check"
"""What nobody knows: an error that names it shows that it reached whoever answers."""

FEWEST = 4
"""Events that a stream must have before anything can be said about when they came."""
QUICK = 0.5
"""Seconds: an answer that is complete sooner says nothing about when its pieces came."""

LIMITED = 429
"""The status of an answer to somebody who asks too often; it says nothing about what was asked."""

ASK = "Ask whoever runs the gateway to"
TAKEN = "not asked: it takes requests without a message, and each may cost; see --paid"
"""Why nothing more was asked."""
NO_ERROR = "it took a request without a message, so no error could be seen"
UNCHANGED = "pass Anthropic's events on as they are."


class Answer(NamedTuple):
    """What came back: the status, the media type, the text, and where it would have sent us instead."""

    status: int
    kind: str
    text: str
    location: str = ""

    @property
    def error(self) -> Any:  # noqa: ANN401 - any JSON value
        """The text as JSON; None when it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


class Streamed(NamedTuple):
    """A streamed answer: its lines, each with the seconds since the request was sent."""

    status: int
    kind: str
    lines: tuple[tuple[float, str], ...]


class Judged(NamedTuple):
    """One criterion: ok, warn, fail or skip, what was seen, what helps; with a fail Claude Code cannot work."""

    id: str
    state: str
    seen: str
    fix: str = ""


class Seen(NamedTuple):
    """The answers: to a request that cannot be valid (*plain*), and to the same with one thing changed.

    None where nothing was asked, since what cannot be valid was taken all the same. *dated* and *tried* are valid but
    for an anthropic-version and an anthropic-beta that nobody knows, *lost* but for a field; *entered* is valid but for
    a stranger's token, *stream* altogether. These cost something: None unless that was agreed to.
    """

    plain: Answer
    counted: Answer
    models: Answer
    version: Answer | None = None
    beta: Answer | None = None
    field: Answer | None = None
    stranger: Answer | None = None
    dated: Answer | None = None
    tried: Answer | None = None
    lost: Answer | None = None
    entered: Answer | None = None
    stream: Streamed | None = None


def judged(seen: Seen, names: Sequence[str]) -> list[Judged]:
    """Every criterion; *names* are the models that Claude Code asks for."""
    first = _endpoint(seen.plain)
    if first.state == "fail":  # nothing else can be seen then
        return [first]
    return [
        first,
        _headers(seen),
        _body(seen),
        _status(seen),
        _errors(seen.plain),
        _stream(seen.stream),
        _count(seen.counted),
        _token(seen),
        _models(seen.models, names),
        Judged("timeout", "skip", "not tried: requests of Claude Code may take 10 minutes", f"{ASK} allow that."),
    ]


def completed(answer: Answer) -> bool:
    """Whether a request was taken, which may have cost something."""
    found = answer.error
    return answer.status // 100 == 2 and not (isinstance(found, dict) and "error" in found)  # noqa: PLR2004


def arrived(value: str, *answers: Answer | None) -> bool | None:
    """Whether *value*, that nobody knows, reached the other side: an error names it; None where that cannot be told."""
    found = [each for each in answers if each]
    if any(value in each.text for each in found):
        return True
    return False if any(completed(each) for each in found) else None


def refuses(stranger: Answer, plain: Answer) -> bool:
    """Whether *stranger* answers that a token is not known; *plain* is what the right one is answered."""
    if stranger.status in (401, 403) or stranger.status // 100 == 3:  # noqa: PLR2004 - sent to a login
        return True
    told = stranger.status == 400 or (stranger.status == 200 and not completed(stranger))  # noqa: PLR2004
    return told and _message(stranger) != _message(plain)


def _message(answer: Answer) -> object:
    """What an error says, without the number that its request was given."""
    found = answer.error
    inner = found.get("error") if isinstance(found, dict) else None
    return inner["message"] if isinstance(inner, dict) and "message" in inner else inner or answer.text


def _endpoint(plain: Answer) -> Judged:
    """Whether POST /v1/messages is there and lets us in."""
    for holds, told, fix in _refusals(plain):
        if holds:
            return Judged("endpoint", "fail", f"HTTP {plain.status}: {told}", fix)
    if plain.status == 404:  # noqa: PLR2004
        fix = "Name a model that it serves: --model NAME."
        return Judged("endpoint", "warn", "is there, but does not know the model", fix)
    if plain.status == LIMITED:
        return Judged("endpoint", "warn", "is there, but limits requests just now", "Wait a little, then ask again.")
    return Judged("endpoint", "ok", f"POST /v1/messages answers (HTTP {plain.status})")


def _refusals(plain: Answer) -> Iterator[tuple[bool, str, str]]:
    """Why it could be closed to us, each with whether it is so."""
    page, status = plain.error is None, plain.status
    other = completed(plain) and not _is_message(plain)
    place = plain.location or "another address"
    yield status // 100 == 3, f"sends us on to {place}", "Use that address: no redirect is followed."  # noqa: PLR2004
    wall = f"a page ({plain.kind or 'no type'}): a firewall or a login stands in front"
    yield status in (401, 403) and page, wall, f"{ASK} let Claude Code's requests through."
    yield status in (401, 403), "the token is not accepted", "Is it current, and in the right header? See --auth."
    portal = f"{plain.kind or 'something'} that is no message: a login or a portal may stand in front"
    yield other, portal, "Is the address right?"
    missing = status in (404, 405) and "model" not in plain.text.lower()
    yield missing, "there is no /v1/messages", "Is the address complete, and without /v1 at its end?"
    behind = status > 500 or (status == 500 and page)  # noqa: PLR2004 - 500 alone is how LiteLLM puts it
    yield behind, "for a request that is merely invalid", f"{ASK} look into its log."


def _is_message(answer: Answer) -> bool:
    found = answer.error
    return answer.kind == "text/event-stream" or (isinstance(found, dict) and "content" in found)


def _headers(seen: Seen) -> Judged:
    """Whether anthropic-version and anthropic-beta reach the other side."""
    if seen.version is None or seen.beta is None:
        return Judged("headers", "skip", TAKEN)
    for name, answer in (("anthropic-version", seen.version), ("anthropic-beta", seen.beta)):
        worse = answer.status != seen.plain.status
        if worse and (answer.status >= 500 or (answer.status in (401, 403) and answer.error is None)):  # noqa: PLR2004
            fix = f"{ASK} pass {name} on as it is."
            return Judged("headers", "fail", f"with another {name} it answers HTTP {answer.status}", fix)
    there = {
        "anthropic-version": arrived(VERSION, seen.version, seen.dated),
        "anthropic-beta": arrived(BETA, seen.beta, seen.tried),
    }
    return _passed(there, asked=bool(seen.dated or seen.tried))


def _passed(there: Mapping[str, bool | None], *, asked: bool) -> Judged:
    """What it means that each header is *there*, is not, or cannot be told; *asked*: by requests that cost, too."""
    known, gone = ([name for name, each in there.items() if each is state] for state in (True, False))
    if len(known) == len(there):
        return Judged("headers", "ok", "anthropic-version and anthropic-beta reach the other side")
    if gone:
        seen = f"{' and '.join(gone)}: a value that nobody knows is dropped, or is ignored"
        return Judged(
            "headers", "warn", seen, f"{ASK} pass headers on; features of Claude Code may be missing otherwise."
        )
    if known:
        lost = next(name for name in there if name not in known)
        return Judged("headers", "warn", f"{lost} seems to get lost; {known[0]} arrives", f"{ASK} pass it on as it is.")
    if asked:
        return Judged("headers", "skip", "cannot be told: no error names what nobody knows, and no answer comes")
    return Judged("headers", "skip", "cannot be seen from outside without requests that cost: --paid")


def _body(seen: Seen) -> Judged:
    """Whether the body of a request reaches the other side with all its fields."""
    found = seen.lost or seen.field
    if found and FIELD in found.text:
        return Judged("body", "ok", "a field that nobody knows reaches the other side")
    if seen.lost and seen.lost.status < 400:  # noqa: PLR2004
        fix = f"{ASK} pass bodies on as they are; features of Claude Code may be missing otherwise."
        return Judged("body", "warn", "a field that nobody knows is dropped, or is ignored", fix)
    return Judged("body", "skip", "cannot be seen from outside without a request that costs: --paid")


def _status(seen: Seen) -> Judged:
    """Whether errors have the status that Claude Code goes by."""
    if seen.plain.status < 300 and isinstance(error := seen.plain.error, dict) and "error" in error:  # noqa: PLR2004
        return Judged("status", "fail", f"an error comes as HTTP {seen.plain.status}", f"{ASK} pass the status on.")
    if seen.plain.status == LIMITED:
        return Judged("status", "skip", "it limits requests just now")
    if seen.plain.status == 500:  # noqa: PLR2004
        told = "an invalid request is HTTP 500, not 400: Claude Code repeats it in vain"
        return Judged("status", "warn", told, f"{ASK} pass the status on.")
    known = seen.stranger if seen.stranger and refuses(seen.stranger, seen.plain) else None
    if known and known.status == 400:  # noqa: PLR2004
        told = "a wrong token is HTTP 400, not 401: Claude Code repeats the request instead of asking for a new one"
        return Judged("status", "warn", told, "With LiteLLM: a database, or a newer one.")
    if completed(seen.plain):
        return Judged("status", "skip", NO_ERROR)
    strange = f", {known.status} for a wrong token" if known else ""
    return Judged("status", "ok", f"HTTP {seen.plain.status} for an invalid request{strange}")


def _errors(plain: Answer) -> Judged:
    """Whether the body of an error is Anthropic's own."""
    if plain.status < 400:  # noqa: PLR2004
        return Judged("errors", "skip", NO_ERROR)
    found = plain.error
    inner = found.get("error") if isinstance(found, dict) else None
    if found is None:
        seen = f"an error comes as {plain.kind or 'something'} instead of JSON"
        return Judged("errors", "fail", seen, f"{ASK} pass errors on as they are.")
    if not isinstance(inner, dict) or "message" not in inner or found.get("type") != "error":
        seen = "errors are JSON, but not of Anthropic's form: Claude Code cannot tell why something failed"
        return Judged("errors", "warn", seen, f"{ASK} pass errors on as they are.")
    return Judged("errors", "ok", "errors have Anthropic's form")


def _stream(stream: Streamed | None) -> Judged:
    """Whether a streamed answer comes in pieces, and ends as it must."""
    if stream is None:
        return Judged("stream", "skip", "costs one small request: --paid")
    data = [(when, line[5:].strip()) for when, line in stream.lines if line.startswith("data:")]
    ends = any(_type(text) == "message_stop" for _, text in data)
    done = any(text == "[DONE]" for _, text in data)
    for holds, told, fix in (
        (
            stream.status != 200 or stream.kind != "text/event-stream",  # noqa: PLR2004
            f"HTTP {stream.status}, {stream.kind or 'no type'}, where a stream was asked for",
            f"{ASK} let streams pass.",
        ),
        (not ends and done, "ends with [DONE], as OpenAI's streams do, not with message_stop", f"{ASK} {UNCHANGED}"),
        (not ends, "breaks off: there is no message_stop", f"{ASK} {UNCHANGED}"),
        (
            _at_once([when for when, _ in data]),
            "the whole answer comes at once, at its end: it is buffered",
            f"{ASK} switch buffering off for text/event-stream.",
        ),
    ):
        if holds:
            return Judged("stream", "fail", told, fix)
    if done:
        return Judged("stream", "warn", "a [DONE] that is not Anthropic's follows message_stop", f"{ASK} {UNCHANGED}")
    short = len(data) < FEWEST or data[-1][0] < QUICK
    told = "is complete; too short to tell whether it is buffered" if short else "comes in pieces, and is complete"
    return Judged("stream", "ok", told)


def _at_once(times: Sequence[float]) -> bool:
    """Whether events that took their time all came within the last tenth of it."""
    return len(times) >= FEWEST and times[-1] >= QUICK and times[-1] - times[0] < times[-1] / 10


def _type(text: str) -> object:
    try:
        event = json.loads(text)
    except ValueError:
        return None
    return event.get("type") if isinstance(event, dict) else None


def _count(count: Answer) -> Judged:
    """Whether tokens can be counted, which Claude Code estimates otherwise."""
    found = count.error
    if count.status == 200 and isinstance(found, dict) and isinstance(found.get("input_tokens"), int):  # noqa: PLR2004
        return Judged("count_tokens", "ok", "tokens are counted")
    seen = f"HTTP {count.status} for /v1/messages/count_tokens: Claude Code estimates instead"
    return Judged("count_tokens", "warn", seen, f"{ASK} serve it too; nothing breaks without.")


def _token(seen: Seen) -> Judged:
    """Whether a wrong token is refused; let in is only who gets an answer, everything else tells nothing."""
    stranger = seen.entered or seen.stranger
    if stranger is None:
        return Judged("token", "skip", TAKEN)
    if refuses(stranger, seen.plain):
        odd = f", as HTTP {stranger.status}" if stranger.status not in (401, 403) else ""
        return Judged("token", "ok", f"a wrong token is refused{odd}")
    if completed(stranger) and _is_message(stranger):
        told = f"a token that nobody was given is treated as the right one (HTTP {stranger.status})"
        return Judged("token", "fail", told, f"{ASK} check tokens: anybody could use it.")
    told = f"cannot be told: HTTP {stranger.status} for a wrong token says neither that it is taken nor that it is not"
    return Judged("token", "skip", told, "" if seen.entered else "--paid asks with a wrong token for an answer.")


def _models(models: Answer, names: Sequence[str]) -> Judged:
    """Whether the models that Claude Code asks for are listed, where there is a list."""
    found = models.error
    listed = found.get("data") if models.status == 200 and isinstance(found, dict) else None  # noqa: PLR2004
    if not isinstance(listed, list):
        return Judged("models", "skip", f"it has no list of models (HTTP {models.status}); it need not have one")
    ids = {each.get("id") for each in listed if isinstance(each, dict)}
    if missing := [name for name in names if name not in ids]:
        fix = "Name what it serves: --opus, --sonnet, --haiku; a pattern of it may serve them unlisted."
        return Judged("models", "warn", f"not in its list: {', '.join(missing)}", fix)
    return Judged("models", "ok", f"{len(ids)} models are listed" + (", yours among them" if names else ""))


def failed(found: Sequence[Judged]) -> bool:
    """Whether Claude Code cannot work through it."""
    return any(each.state == "fail" for each in found)


def document(url: str, model: str, found: Sequence[Judged], *, paid: bool) -> Mapping[str, Any]:
    """The result as JSON values (templates/schemas/compat.schema.json)."""
    criteria = [each._asdict() for each in found]
    return {"url": url, "model": model, "paid": paid, "compatible": not failed(found), "criteria": criteria}
