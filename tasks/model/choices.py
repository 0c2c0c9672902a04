"""What was asked for: the few decisions that shape a deployment, and the flags that shape one run of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tasks.model.catalogue import TIERS
from tasks.model.errors import UsageError

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
HIGHEST_PORT = 65535
LOWEST_PORT = 1024


class Choices(NamedTuple):
    """What shapes the result. None means: as the preset or the kind of gateway has it."""

    preset: str = "demo"
    gateway_type: str | None = None
    gateway_url: str | None = None
    models: tuple[str, ...] | None = None
    opus: str | None = None
    sonnet: str | None = None
    haiku: str | None = None
    port: int | None = None
    target: str | None = None
    litellm: str | None = None

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
        texts = {k: ",".join(v) if isinstance(v, list) else str(v) for k, v in data.items() if v is not None}
        return cls().asked(**texts)

    def asked(self, **options: str | None) -> Choices:
        """These choices with *options* (texts as typed) in place of what was chosen before.

        Naming another preset forgets the models, tiers and kind of gateway chosen with the former one.
        """
        given = {name: checked(name, text) for name, text in options.items() if text is not None}
        before = self
        if given.get("preset", self.preset) != self.preset:
            before = Choices(port=self.port, target=self.target, litellm=self.litellm)
        if "models" in given:  # a tier that points elsewhere is free again
            tiers = [tier for tier in TIERS if getattr(before, tier) not in given["models"]]
            before = before._replace(**dict.fromkeys(tiers))  # type: ignore[arg-type]
        return before._replace(**given)


class Flags(NamedTuple):
    """What shapes this run only; never remembered, never part of an up-to-date check."""

    dry_run: bool = False
    start: bool = False
    yes: bool = False
    allow_missing: bool = False
    include_secrets: bool = False
    ours: bool = False
    theirs: bool = False
    force: tuple[str, ...] = ()


def checked(option: str, text: str) -> Any:  # noqa: ANN401 - each option has its own type
    """The value of one option as it is used; UsageError in one sentence when it cannot be meant."""
    check = _CHECKS.get(option)
    if check is None:
        known = ", ".join(f"--{name.replace('_', '-')}" for name in Choices._fields)
        raise UsageError(f"there is no choice {option!r}", f"There are {known}.")
    if not text.strip():
        raise UsageError(f"--{option.replace('_', '-')} is empty", "Give it a value, or leave it out.")
    return check(text.strip(), f"--{option.replace('_', '-')}")


def unknown(kind: str, name: str, described: Mapping[str, str]) -> UsageError:
    """The error for a name that is not in the catalogue: the nearest one, and all there are with what they are."""
    import difflib

    near = difflib.get_close_matches(name, described, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]}?" if near else ""
    width = max((len(known) for known in described), default=0)
    listing = "\n".join(f"    {known:{width}}  {text}" for known, text in described.items())
    return UsageError(f"there is no {kind} {name!r}.{hint}", f"There are:\n{listing}")


def _name(text: str, option: str) -> str:
    if not NAME.fullmatch(text):
        raise UsageError(f"{option} {text!r} is not a name", "Names are made of a-z, 0-9, dot, dash and underscore.")
    return text


def names(text: str, option: str) -> tuple[str, ...]:
    """A comma list of names, in order, each once."""
    return tuple(dict.fromkeys(_name(part.strip(), option) for part in text.split(",") if part.strip()))


def _models(text: str, option: str) -> tuple[str, ...]:
    if not (found := names(text, option)):
        raise UsageError(f"{option} names no model", "Give a comma list: --models a,b")
    return found


def _port(text: str, option: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not LOWEST_PORT <= int(text) <= HIGHEST_PORT:
        raise UsageError(f"{option} {text!r} is not a port", f"Give a number from {LOWEST_PORT} to {HIGHEST_PORT}.")
    return int(text)


def url(text: str, option: str) -> str:
    """An http or https URL with a host and without credentials, `/v1` and the closing slash taken off."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(f"{option} holds a blank, a control character or a non-ASCII one", "Encode it: xn--…, %20.")
    try:
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise UsageError(f"{option} is not a URL", "Write it like https://gateway.example.com.") from None
    if "@" in text:
        raise UsageError(
            f"{option} holds a user or a password", "Leave them out: they would end up in settings and logs."
        )
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(
            f"{option} {text!r} needs http:// or https:// and a host",
            "Write it like https://gateway.example.com.",
        )
    if parts.query or parts.fragment:
        raise UsageError(f"{option} {text!r} has a query or a fragment", "Give the address only.")
    return text.rstrip("/").removesuffix("/v1").rstrip("/")


def _path(text: str, option: str) -> str:
    if not text.isprintable():
        raise UsageError(f"{option} holds a control character", "Give an ordinary path.")
    if ".." in text.split("/"):
        raise UsageError(f"{option} {text!r} climbs with '..'", "Give the path without '..'.")
    return text


_CHECKS: Mapping[str, Callable[[str, str], Any]] = {
    "preset": _name,
    "gateway_type": _name,
    "gateway_url": url,
    "models": _models,
    "opus": _name,
    "sonnet": _name,
    "haiku": _name,
    "port": _port,
    "target": _path,
    "litellm": _path,
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
