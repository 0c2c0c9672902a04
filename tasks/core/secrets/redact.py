"""Texts made safe to paste: every secret that is known here, whatever looks like one, and who and where you are."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tasks.core.disk import files
from tasks.core.model import secret_patterns
from tasks.core.model.secret import Secret
from tasks.core.secrets import hide
from tasks.core.values import env_file, shell_profiles, value_checks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.core.model.layout import Layout


SOMEBODY = re.compile(r"\b(?:pk-lf-[\w-]{8,}|[\w.+-]+@[\w-]+\.[A-Za-z][\w.-]+)")
"""What is no secret and tells who somebody is: a public key, the address of a person."""

COMMON = frozenset({"admin", "claude", "doit", "gateway", "litellm", "localhost", "model", "python", "root", "user"})
"""Names of users and machines that tell nothing and stand in every report: taken out as whole words only."""

SHORTEST_NAME = 3


def anonymize(text: str, secrets: Iterable[str], homes: Iterable[str], names: Iterable[str]) -> str:
    """*text* without *secrets* and what looks like one, with ~ for *homes* and without *names* of user and host."""
    known = sorted(set(secrets), key=len, reverse=True)
    text = hide_values(text, [Secret(each) for each in known])
    for short in known:
        text = text.replace(short, HIDDEN)
    text = secret_patterns.replace_named_secrets(SOMEBODY.sub(HIDDEN, text), lambda _: HIDDEN)
    for home in sorted(set(homes) - {"/"}, key=len, reverse=True):
        text = text.replace(home, "~")
    for name in sorted(set(names), key=len, reverse=True):
        plain = re.escape(name)
        whole = name.lower() in COMMON or len(name) < SHORTEST_NAME
        text = re.sub(rf"(?i)(?<![\w.-]){plain}(?![\w.-])" if whole else rf"(?i){plain}", "[name]", text)
    return text


def secrets(layout: Layout, documents: Iterable[Any], environ: Mapping[str, str]) -> set[str]:
    """Every secret in the environment, .env, settings *documents*, the shell profiles and LiteLLM's configuration."""
    pairs = [*environ.items(), *_in_env(layout), *_in_documents(documents)]
    pairs += [*_in_profiles(layout, environ), *_in_config(layout)]
    plain = {value for name, value in pairs if secret_patterns.is_secret_name(name)}
    plain |= {part for _, value in pairs for part in _password(value)}
    return {value.strip() for value in plain if len(value.strip()) >= value_checks.SHORTEST_SECRET}


def _password(value: str) -> Iterator[str]:
    """The password in an address."""
    if "://" in value and "@" in value:
        try:
            yield urlsplit(value).password or ""
        except ValueError:
            return


def _in_env(layout: Layout) -> Iterator[tuple[str, str]]:
    """Line by line, for also what is not well written there is a secret."""
    for path in (layout.env_file, layout.claude / ".env"):
        for line in (files.read(path) or b"").decode("utf-8", "replace").splitlines():
            name, _, value = line.partition("=")
            yield name, value.strip().strip("\"'")


def _in_documents(documents: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for document in documents:
        yield from _texts("", document)


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON value
    """Every text in a document under the name of its member; one in a list of {"name", "value"} under that name."""
    if isinstance(value, dict):
        named = str(value.get("name", "")) if "value" in value else ""
        for key, each in value.items():
            yield from _texts(named if key == "value" and named else str(key), each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(name, each)
    elif isinstance(value, str):
        yield name, value


def _in_profiles(layout: Layout, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for path, shell in shell_profiles.files(layout.home, environ):
        text, _ = shell_profiles.text_of(path, "replace")
        for name, each in shell_profiles.assignments(text or "", shell, str(layout.home)).items():
            yield name, each.value or ""


def _in_config(layout: Layout) -> Iterator[tuple[str, str]]:
    for match in hide.find_secrets(files.read(layout.config) or b""):
        yield "key", match["value"].decode("utf-8", "replace").strip().strip("\"'")


SHORTEST = 8
"""Characters: a shorter value is not hidden, it would be found in words that have nothing to do with it."""

HIDDEN = "[hidden]"


def secrets_of(layout: Layout) -> list[Secret]:
    """The values of .env whose names tell that they are not to be shown."""
    text = (files.read(layout.env_file) or b"").decode("utf-8", "surrogateescape")
    told = env_file.parse(text)
    return [Secret(value) for name, value in told.items() if secret_patterns.is_secret_name(name)]


def hide_values(text: str, secrets: Iterable[Secret]) -> str:
    """*text* without *secrets*, and without what is a credential by its looks."""
    pattern = _pattern(tuple(secrets))
    text = pattern.sub(HIDDEN, text) if pattern else text
    return hide.hide_text(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


@functools.lru_cache(maxsize=1)
def _pattern(secrets: tuple[Secret, ...]) -> re.Pattern[str] | None:
    """What finds any of them, the longest first; None when there are none."""
    values = [each.reveal() for each in secrets if len(each.reveal()) >= SHORTEST]
    found = {spelling for value in values for spelling in _spellings(value) if len(spelling) >= SHORTEST}
    return re.compile("|".join(map(re.escape, sorted(found, key=len, reverse=True)))) if found else None


def _spellings(value: str) -> Iterator[str]:
    """How programs write *value*: as it is, in JSON, in an address, in hexadecimal, within base64."""
    import base64
    import json
    from urllib.parse import quote

    data = value.encode("utf-8", "surrogateescape")
    yield from (value, json.dumps(value)[1:-1], quote(data, safe=""), data.hex(), data.hex().upper())
    for before in range(3):  # at each place that it can have in a longer text, without what its neighbours change
        first, whole = (before * 8 + 5) // 6, (before + len(data)) * 8 // 6
        yield base64.b64encode(bytes(before) + data).decode()[first:whole]
