"""Rules about values: secrets that stand in the file, and references to variables.

No text that is made here holds a value that may be a secret, or a part of one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasks.core.lint.config import REFERENCE, variable_of
from tasks.core.lint.findings import Mend, Place, Problem
from tasks.core.model import secret_patterns
from tasks.core.values import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.lint.config import Config
    from tasks.core.lint.facts import Facts

_BRACED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?-[^}]*)?\}")
_BARE = re.compile(r"\$([A-Z][A-Z0-9_]*)")
_ALMOST = re.compile(
    r"""\s*(?:os\.environ|os\.getenv|environ|getenv|env)\s*(?:\.get)?\s*[\[(./:]\s*['"]?([A-Z][A-Z0-9_]*)['"]?\s*[\])]?\s*"""
)
"""Other ways to write a reference, none of which LiteLLM has."""

_REFERENCE = re.compile(r"os\.environ/.*|(?i:bearer |basic )os\.environ/\w+|oidc/.*", re.DOTALL)
"""Forms that LiteLLM resolves: of everything, of headers to pass through, of tokens that are made out."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_SETTINGS = ("general_settings", "litellm_settings", "router_settings")

_WHOLE = ("AWS_", "AZURE_", "DATABASE_", "VERTEX_", "LANGFUSE_")
"""Parameters that begin so are called like LiteLLM's own variables for them."""


def problems(config: Config) -> Iterator[Problem]:
    """Everything about texts that are secrets, or should stand for one."""
    names = _Names(config)
    for place, text in config.texts:
        yield from _text(config, place, text, names)
    yield from _numbers(config)


def is_secret(facts: Facts, place: Place, text: str) -> bool:
    """Whether a text is a secret that stands in the file itself."""
    if _REFERENCE.fullmatch(text) or _BRACED.search(text) or _BARE.fullmatch(text) or _ALMOST.fullmatch(text):
        return False
    if text.strip().lower() in facts.no_secrets or environment.is_placeholder(text):
        return False
    return secret_patterns.holds_secret(text) or (_told(place, text) and not _is_path(text))


def _told(place: Place, text: str) -> bool:
    """Whether the names that lead to a text tell that it is a secret."""
    *around, name = [step for step in place if isinstance(step, str)] or [""]
    if name.lower().endswith("headers"):
        return secret_patterns.hold_secret_headers(text)
    if any("webhook" in step.lower() and secret_patterns.is_secret_name(step) for step in (*around, name)):
        return "://" in text
    in_headers = any(step.lower().endswith("headers") for step in around)
    return secret_patterns.is_secret_header(name) if in_headers else secret_patterns.is_secret_name(name)


def hidden(text: str) -> str:
    """A text that is to be shown, without what looks like a secret."""
    return secret_patterns.replace_secrets(text, lambda _: "[hidden]")


def _is_path(text: str) -> bool:
    return text.startswith(("/", "~/", "./", "../")) and "\n" not in text


def _text(config: Config, place: Place, text: str, names: _Names) -> Iterator[Problem]:
    name = variable_of(text)
    if name is not None and _NAME.fullmatch(name):
        yield from _missing(config, place, name)
    elif name is not None or _ALMOST.fullmatch(text):
        yield from _almost(place, text)
    elif found := _BARE.fullmatch(text) or _BRACED.search(text):
        mends = (Mend("set", place, value=REFERENCE + found[1]),) if found[0] == text else ()
        yield Problem("not-expanded", place, f"the variable {found[1]} is not expanded here", mends=mends)
    elif place in names.secrets:
        yield _literal(config, place, text, names)
    elif text and environment.is_placeholder(text) and place[-1] not in ("model_name", "model"):
        yield Problem("placeholder", place, "still holds a placeholder")


def _almost(place: Place, text: str) -> Iterator[Problem]:
    found = _ALMOST.fullmatch(text)
    mends = (Mend("set", place, value=REFERENCE + found[1]),) if found else ()
    yield Problem("reference-form", place, "is no reference that LiteLLM resolves", mends=mends)


def _missing(config: Config, place: Place, name: str) -> Iterator[Problem]:
    values = config.around.values
    if values is not None and environment.is_placeholder(values.get(name, "")):
        own = config.section("environment_variables").get(name)
        if not isinstance(own, str) or variable_of(own) == name:
            yield Problem("missing-variable", place, f"{name} is not set")


def _literal(config: Config, place: Place, text: str, names: _Names) -> Problem:
    if place[-1] in ("model_name", "model") or "prompt" in str(place[-1]):
        return Problem("literal-secret", place, "holds what looks like a secret")
    name = names.of(place, text)
    if place[0] == "environment_variables" and place[1:] == (name,):
        mend = Mend("remove", place, variable=name)
    else:
        mend = Mend("set", place, value=REFERENCE + name, variable=name)
    weak = config.facts.rules["literal-secret"]
    return Problem("literal-secret", place, "holds a secret itself", fix=weak.fix.replace("NAME", name), mends=(mend,))


def _numbers(config: Config) -> Iterator[Problem]:
    """Secrets that YAML takes for numbers."""
    spots = [(place, params) for place, params in config.params]
    spots.append((("general_settings",), config.section("general_settings")))
    for place, found in spots:
        for key, value in found.items():
            if (
                secret_patterns.is_secret_name(str(key))
                and isinstance(value, int | float)
                and not isinstance(value, bool)
            ):
                yield Problem(
                    "wrong-type", (*place, str(key)), f"{key} must be a text; put it into quotes, or better .env"
                )


class _Names:
    """Names of variables for secrets: those that LiteLLM's providers use, one for each value."""

    def __init__(self, config: Config) -> None:
        self.entries = {place[:2]: params for place, params in config.params}
        self.taken = {name for _, text in config.texts if (name := variable_of(text))}
        self.given = dict(config.around.named)
        self.numbers: dict[str, int] = {}
        self.secrets = {place: text for place, text in config.texts if is_secret(config.facts, place, text)}
        for place in sorted(self.secrets, key=_rank):
            self.of(place, self.secrets[place])

    def of(self, place: Place, text: str) -> str:
        """The variable for the secret at *place*: the same for the same value, never one that stands for another."""
        wanted, value = self._wanted(place), text.strip()
        if place[0] == "environment_variables" and _NAME.fullmatch(wanted):  # what reads it knows it by this name
            self.given.setdefault(value, wanted)
            self.taken.add(wanted)
            return wanted
        if value not in self.given:
            self.given[value] = self._free(wanted if _NAME.fullmatch(wanted) else f"KEY_{wanted}")
        return self.given[value]

    def _free(self, wanted: str) -> str:
        """*wanted*, with a number where it is another's."""
        name = wanted
        while name in self.taken:
            self.numbers[wanted] = self.numbers.get(wanted, 1) + 1
            name = f"{wanted}_{self.numbers[wanted]}"
        self.taken.add(name)
        return name

    def _wanted(self, place: Place) -> str:
        steps = [_upper(step) for step in place if isinstance(step, str)]
        if place[-1] == "master_key" and place[0] in _SETTINGS:
            return "LITELLM_MASTER_KEY"
        if place[-1] == "api_base":  # OPENAI_API_BASE and the like would lead all models of the provider there
            return f"{self._provider(place) or steps[0]}_ADDRESS"
        if place[0] == "environment_variables" or steps[-1].startswith(_WHOLE) or len(steps) == 1:
            return steps[-1]
        return f"{self._provider(place) or steps[-2]}_{steps[-1]}"

    def _provider(self, place: Place) -> str:
        """The provider of the entry that *place* is in."""
        provider, slash, _ = str(self.entries.get(place[:2], {}).get("model", "")).partition("/")
        return _upper(provider) if slash else ""


def _rank(place: Place) -> int:
    """Whose name a secret gets that stands in several places: the first of these."""
    return {"environment_variables": 0, "general_settings": 1, "model_list": 2}.get(str(place[0]), 3)


def _upper(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_") or "SECRET"
