"""What was asked for: the few decisions that shape a deployment, and the flags that shape one run of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from tasks.core.model import endpoints, secret_patterns
from tasks.core.model.catalogue import PLACEHOLDER, TIERS
from tasks.core.model.errors import UsageError

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}(\[1m\])?")
"""A model as a gateway elsewhere may call it: account/claude-sonnet@v2, or with Claude Code's own suffix [1m]."""
AUTHS = {
    "bearer": "the token as Authorization: Bearer",
    "x-api-key": "the token as x-api-key",
    "apikeyhelper": "a small program prints the token; settings.json never holds it",
    "subscription": "your own Claude login is sent, and the token in a header of the gateway's own",
}
"""How Claude Code shows the gateway who it is."""
TOPOLOGIES = {
    "direct": "Claude Code talks to the gateway itself",
    "local-proxy": "a LiteLLM on this machine stands in between",
}
LOWEST_PORT, HIGHEST_PORT = 1024, 65535


_NETWORK = ("proxy", "ca_bundle", "client_cert", "client_key")
OF_THIS_MACHINE = (*_NETWORK, "listen", "port", "target", "litellm", "scope", "templates")
"""The choices that have nothing to do with which gateway it is."""

NONE = "none"
"""In place of any choice: back to what the preset, the kind of gateway or this machine has."""

PLACES = ("target", "scope")
"""Those that say where it goes, and are no part of a profile."""

_OPTIONS = {"headers": "header"}
"""The options that are not called like their choice: each time one more is given."""

_SEPARATORS = {"headers": "\n"}
"""Between the items of a list, where they can hold a comma."""


class Choices(NamedTuple):
    """What shapes the result. None means: as the preset or the kind of gateway has it."""

    preset: str = "demo"
    gateway_type: str | None = None
    gateway_url: str | None = None
    models: tuple[str, ...] | None = None
    opus: str | None = None
    sonnet: str | None = None
    haiku: str | None = None
    topology: str | None = None
    auth: str | None = None
    token: str | None = None
    headers: tuple[str, ...] | None = None
    proxy: str | None = None
    ca_bundle: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    listen: str | None = None
    port: int | None = None
    target: str | None = None
    litellm: str | None = None
    scope: str | None = None
    templates: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Only what was chosen, as JSON values."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in self._asdict().items() if v is not None}

    @classmethod
    def from_json(cls, data: object) -> Choices:
        """The choices that to_json() wrote, checked again as if they had been typed."""
        if not isinstance(data, Mapping):
            raise UsageError("remembered choices are not an object", "Name a preset: doit deploy --preset demo")
        lists = [value for value in data.values() if isinstance(value, list)]
        if not all(isinstance(each, str) for value in lists for each in value):
            raise UsageError("remembered choices hold a list of something else than names", "Name the models anew.")
        texts = {
            k: _SEPARATORS.get(k, ",").join(v) if isinstance(v, list) else str(v)
            for k, v in data.items()
            if v is not None
        }
        return cls().asked(**texts)

    def asked(self, **options: str | None) -> Choices:
        """These choices with *options* (texts as typed) in place of what was chosen before.

        Naming another preset forgets the models, tiers and kind of gateway chosen with the former one; naming another
        kind of gateway forgets what was chosen for that. This machine and its network stay.
        """
        given = {name: checked(name, text) for name, text in options.items() if text is not None}
        before = self
        if any(given.get(name, getattr(self, name)) != getattr(self, name) for name in ("preset", "gateway_type")):
            before = self.of_this_machine()
        if given.get("models"):  # a tier that points elsewhere is free again
            tiers = [tier for tier in TIERS if getattr(before, tier) not in given["models"]]
            before = before._replace(**dict.fromkeys(tiers))  # type: ignore[arg-type]
        return before._replace(**given)

    def of_this_machine(self) -> Choices:
        """What of these choices has nothing to do with which gateway it is; and the preset."""
        return Choices(preset=self.preset, **{name: getattr(self, name) for name in OF_THIS_MACHINE})

    def at(self, other: Choices) -> Choices:
        """These choices for the place of *other*."""
        return self._replace(**{name: getattr(other, name) for name in PLACES})


class Flags(NamedTuple):
    """What shapes this run only; never remembered, never part of an up-to-date check."""

    dry_run: bool = False
    start: bool = False
    yes: bool = False
    allow_missing: bool = False
    backup: bool = False
    include_secrets: bool = False
    ours: bool = False
    theirs: bool = False
    token_stdin: bool = False
    token_file: str | None = None
    proxy_auth_file: str | None = None
    no_input: bool = False
    force: tuple[str, ...] = ()


def checked(option: str, text: str) -> Any:  # noqa: ANN401 - each option has its own type
    """The value of one option, None for none; UsageError when it cannot be meant."""
    check = _CHECKS.get(option)
    if check is None:
        known = ", ".join(map(option_of, Choices._fields))
        raise UsageError(f"there is no choice {option!r}", f"There are {known}.")
    if not text.strip():
        raise UsageError(f"{option_of(option)} is empty", "Give it a value, or leave it out.")
    if text.strip() == NONE:
        return _none(option)
    return check(text.strip(), option_of(option))


def _none(option: str) -> None:
    """What taking back a choice leaves; there is always a preset."""
    if option == "preset":
        raise UsageError("--preset none leaves nothing to deploy", "Remove it: doit uninstall")


def quote(text: str) -> str:
    """*text* as a message repeats it; not when it may be a secret."""
    if secret_patterns.holds_secret(text):
        return "[hidden]"
    return repr(text)


def option_of(name: str) -> str:
    """The option that gives a choice."""
    return f"--{_OPTIONS.get(name, name).replace('_', '-')}"


def unknown(kind: str, name: str, described: Mapping[str, str]) -> UsageError:
    """The error for a name that is not in the catalogue: the nearest one, and all there are with what they are."""
    import difflib

    near = difflib.get_close_matches(name, described, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]}?" if near else ""
    width = max((len(known) for known in described), default=0)
    listing = "\n".join(f"    {known:{width}}  {text}" for known, text in described.items())
    return UsageError(f"there is no {kind} {quote(name)}.{hint}", f"There are:\n{listing}")


def _name(text: str, option: str) -> str:
    if not NAME.fullmatch(text):
        raise UsageError(
            f"{option} {quote(text)} is not a name", "Names are made of a-z, 0-9, dot, dash and underscore."
        )
    return text


def names(text: str, option: str) -> tuple[str, ...]:
    """A comma list of names, in order, each once."""
    found = tuple(dict.fromkeys(_name(part.strip(), option) for part in text.split(",") if part.strip()))
    if text and not found:
        raise UsageError(f"{option} names nothing", f"Give a comma list: {option} a,b")
    return found


def _model(text: str, option: str) -> str:
    if not MODEL.fullmatch(text):
        raise UsageError(
            f"{option} {quote(text)} is not the name of a model", "Write it as the gateway lists it: /v1/models."
        )
    return text


def _one_of(known: Mapping[str, str]) -> Callable[[str, str], str]:
    def check(text: str, option: str) -> str:
        if text not in known:
            raise unknown(option, text, known)
        return text

    return check


def _headers(text: str, option: str) -> tuple[str, ...]:
    """One per line, as `Name: value`; {VARIABLE} in a value is filled in from the gateway's .env."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines:
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[ -~]*[!-~]", line):
            raise UsageError(f"{option} is not of the form 'Name: value'", "A value in plain ASCII, on one line.")
        name, _, value = line.partition(":")
        if (secret_patterns.is_secret_header(name) or secret_patterns.holds_secret(value)) and not PLACEHOLDER.search(
            value
        ):
            problem = f"{option} {name} is no place for a secret: the shell's history and the manifest would hold it"
            raise UsageError(problem, f"Export it, and name its variable: --header '{name}: {{NAME}}'")
    return tuple(lines)


def _address(text: str, option: str) -> str:
    import ipaddress

    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise UsageError(
            f"{option} {quote(text)} is not an address", "Such as 127.0.0.1, or 0.0.0.0 for all."
        ) from None


def _port(text: str, option: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not LOWEST_PORT <= int(text) <= HIGHEST_PORT:
        raise UsageError(
            f"{option} {quote(text)} is not a port", f"Give a number from {LOWEST_PORT} to {HIGHEST_PORT}."
        )
    return int(text)


_EXAMPLES = {"--proxy": "http://proxy.example.com:8080"}
"""Addresses of another kind than that of a gateway."""


def url(text: str, option: str) -> str:
    """An http or https URL with a host and without credentials, what clients add themselves taken off its end."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(f"{option} holds a blank, a control character or a non-ASCII one", "Encode it: xn--…, %20.")
    example = f"Write it like {_EXAMPLES.get(option, 'https://gateway.example.com')}."
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        raise UsageError(f"{option} is not a URL", example) from None
    if "@" in text:
        instead = "Leave them out: they would end up in settings and logs."
        if option == "--proxy":
            instead = "Leave them out; set PROXY_USERNAME and PROXY_PASSWORD, or name a file: --proxy-auth-file FILE."
        raise UsageError(f"{option} holds a user or a password", instead)
    if parts.scheme.startswith("socks"):
        raise UsageError(
            f"{option} {quote(text)}: SOCKS is not supported, LiteLLM and Claude Code do not speak it", example
        )
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"{option} {quote(text)} needs http:// or https:// and a host", example)
    _refuse_port(parts, text, option)
    if parts.query or parts.fragment:
        raise UsageError(f"{option} has a query or a fragment", "Give the address only.")
    if base := endpoints.find_base(parts):
        problem = f"{option} {quote(text)} is of OpenAI's API; Claude Code asks /v1/messages"
        raise UsageError(problem, f"If it has that too, give its base: {base}")
    return parts._replace(path=re.sub(r"/*(/v1(/messages)?)?/*\Z", "", parts.path)).geturl()


def _refuse_port(parts: SplitResult, text: str, option: str) -> None:
    try:
        _ = parts.port
    except ValueError:
        raise UsageError(
            f"{option} {quote(text)} has a port that there is not", f"Ports are numbers up to {HIGHEST_PORT}."
        ) from None


def _reference(text: str, option: str) -> str:
    """Where a secret is to be had; never the secret itself, which would stand in the history of the shell."""
    if not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*|(file|cmd|keyring):.*[^ ].*", text) or not text.isprintable():
        raise UsageError(
            f"{option} is no place to find a token",
            "Name one: env:NAME, file:PATH, cmd:COMMAND or keyring:SERVICE/NAME; or give it with --token-stdin.",
        )
    return text


def _path(text: str, option: str) -> str:
    if not text.isprintable():
        raise UsageError(f"{option} holds a control character", "Give an ordinary path.")
    if ".." in text.split("/"):
        raise UsageError(f"{option} {quote(text)} climbs with '..'", "Give the path without '..'.")
    return text


def _scope(text: str, option: str) -> str | None:
    """Whose Claude Code is joined: None for all of the user's projects, else the folder of one."""
    if text == "user":
        return None
    if not text.startswith("/"):
        raise UsageError(f"{option} {quote(text)} is no scope", "Write user, or, in the folder of a project, project.")
    return _path(text, option)


_CHECKS: Mapping[str, Callable[[str, str], Any]] = {
    "preset": _name,
    "gateway_type": _name,
    "gateway_url": url,
    "models": names,
    "opus": _model,
    "sonnet": _model,
    "haiku": _model,
    "topology": _one_of(TOPOLOGIES),
    "auth": _one_of(AUTHS),
    "token": _reference,
    "headers": _headers,
    "proxy": url,
    "ca_bundle": _path,
    "client_cert": _path,
    "client_key": _path,
    "listen": _address,
    "port": _port,
    "target": _path,
    "litellm": _path,
    "scope": _scope,
    "templates": _path,
}


def with_models(choices: Choices, current: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> Choices:
    """*choices* serving *current* plus *add* minus *remove*; a tier that pointed at a removed model is free again."""
    gone = set(remove)
    if missing := gone - set(current):
        raise UsageError(
            f"--remove-models: {', '.join(sorted(missing))} is not deployed",
            f"Deployed are: {', '.join(current)}.",
        )
    kept = tuple(dict.fromkeys(name for name in (*current, *add) if name not in gone))
    if not kept:
        raise UsageError("--remove-models leaves no model", "Keep one, or take everything down with: doit uninstall")
    tiers = {tier: None for tier in TIERS if getattr(choices, tier) in gone}
    return choices._replace(models=kept, **tiers)  # type: ignore[arg-type]
