"""Rules about values: secrets that stand in the file, and references to variables.

No text that is made here holds a value that may be a secret, or a part of one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasks.model.lint import Mend, Place, Problem
from tasks.tools import environment
from tasks.tools.lintconfig import REFERENCE, variable_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.tools.lintconfig import Config
    from tasks.tools.lintfacts import Facts

TELLING = re.compile(
    r"(?i)(?:^|[_-])(?:api[_-]?key|secret|secret[_-]?key|password|passphrase|credentials?|access[_-]?key(?:[_-]?id)?"
    r"|(?:access|session|auth|ad|bearer|refresh)[_-]?token|authorization|master[_-]?key|private[_-]?key)$"
    r"|^(?:key|token|cookie)$"
)
"""Names whose value is a secret."""

LOOKS = re.compile(
    r"\bsk-[A-Za-z0-9_-]{16,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\bAIza[\w-]{30,}"
    r"|\b(?:ghp|gho|glpat|xox[bp])[_-][\w-]{20,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.|://[^/\s:@]*:(?!\*+@)[^@\s/]+@"
)
"""What is a secret by its looks, wherever it stands."""

_BRACED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?-[^}]*)?\}")
_BARE = re.compile(r"\$([A-Z][A-Z0-9_]*)")
_ALMOST = re.compile(
    r"""\s*(?:os\.environ|os\.getenv|environ|getenv|env)\s*(?:\.get)?\s*[\[(./:]\s*['"]?([A-Z][A-Z0-9_]*)['"]?\s*[\])]?\s*"""
)
"""Other ways to write a reference, none of which LiteLLM has."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_WHOLE = ("AWS_", "AZURE_", "DATABASE_", "VERTEX_", "LANGFUSE_")
"""Parameters that begin so are called like LiteLLM's own variables for them."""


def problems(config: Config) -> Iterator[Problem]:
    """Everything about texts that are secrets, or should stand for one."""
    names = _Names(config)
    for place, text in config.texts:
        yield from _text(config, place, text, names)
    yield from _numbers(config)


def secret(facts: Facts, place: Place, text: str) -> bool:
    """Whether a text is a secret that stands in the file itself."""
    if variable_of(text) is not None or _BRACED.search(text) or _BARE.fullmatch(text) or _ALMOST.fullmatch(text):
        return False
    if LOOKS.search(text):
        return True
    name = next((str(step) for step in reversed(place) if isinstance(step, str)), "")
    harmless = text.strip().lower() in facts.no_secrets or environment.is_placeholder(text) or _is_path(text)
    return bool(TELLING.search(name)) and not harmless


def hidden(text: str) -> str:
    """A text that is to be shown, without what looks like a secret."""
    return LOOKS.sub("[hidden]", text)


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
    elif secret(config.facts, place, text):
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
            if TELLING.search(str(key)) and isinstance(value, int | float) and not isinstance(value, bool):
                yield Problem(
                    "wrong-type", (*place, str(key)), f"{key} must be a text; put it into quotes, or better .env"
                )


class _Names:
    """Names of variables for secrets: those that LiteLLM's providers use, one for each value."""

    def __init__(self, config: Config) -> None:
        self.entries = {place[:2]: params for place, params in config.params}
        self.taken = {name for _, text in config.texts if (name := variable_of(text))}
        self.given: dict[tuple[str, str], str] = {}
        self.numbers: dict[str, int] = {}

    def of(self, place: Place, text: str) -> str:
        """The variable for the secret at *place*: the same for the same value, never one that stands for another."""
        wanted = self._wanted(place)
        wanted = wanted if _NAME.fullmatch(wanted) else f"KEY_{wanted}"
        if (wanted, text) not in self.given:
            name = wanted
            while name in self.taken:
                self.numbers[wanted] = self.numbers.get(wanted, 1) + 1
                name = f"{wanted}_{self.numbers[wanted]}"
            self.taken.add(name)
            self.given[wanted, text] = name
        return self.given[wanted, text]

    def _wanted(self, place: Place) -> str:
        steps = [_upper(step) for step in place if isinstance(step, str)]
        if place == ("general_settings", "master_key"):
            return "LITELLM_MASTER_KEY"
        if place[0] == "environment_variables" or steps[-1].startswith(_WHOLE) or len(steps) == 1:
            return steps[-1]
        return f"{self._provider(place) or steps[-2]}_{steps[-1]}"

    def _provider(self, place: Place) -> str:
        """The provider of the entry that *place* is in."""
        provider, slash, _ = str(self.entries.get(place[:2], {}).get("model", "")).partition("/")
        return _upper(provider) if slash else ""


def _upper(text: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_") or "SECRET"
