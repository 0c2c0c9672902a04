"""Texts made safe to paste: every secret that is known here, whatever looks like one, and who and where you are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tasks.model import telling
from tasks.model.secret import Secret
from tasks.tools import diffs, files, hiding, plausible, profiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.model.layout import Layout

SOMEBODY = re.compile(r"\b(?:pk-lf-[\w-]{8,}|[\w.+-]+@[\w-]+\.[A-Za-z][\w.-]+)")
"""What is no secret and tells who somebody is: a public key, the address of a person."""

COMMON = frozenset({"admin", "claude", "doit", "gateway", "litellm", "localhost", "model", "python", "root", "user"})
"""Names of users and machines that tell nothing and stand in every report: taken out as whole words only."""

SHORTEST_NAME = 3


def hidden(text: str, secrets: Iterable[str], homes: Iterable[str], names: Iterable[str]) -> str:
    """*text* without *secrets* and what looks like one, with ~ for *homes* and without *names* of user and host."""
    known = sorted(set(secrets), key=len, reverse=True)
    text = hiding.hidden(text, [Secret(each) for each in known])
    for short in known:
        text = text.replace(short, hiding.SHOWN)
    text = telling.struck_pairs(SOMEBODY.sub(hiding.SHOWN, text), lambda _: hiding.SHOWN)
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
    plain = {value for name, value in pairs if telling.tells(name)}
    plain |= {part for _, value in pairs for part in _password(value)}
    return {value.strip() for value in plain if len(value.strip()) >= plausible.SHORTEST_SECRET}


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
    for path, shell in profiles.files(layout.home, environ):
        text, _ = profiles.text_of(path, "replace")
        for name, each in profiles.assignments(text or "", shell, str(layout.home)).items():
            yield name, each.value or ""


def _in_config(layout: Layout) -> Iterator[tuple[str, str]]:
    for match in diffs.named(files.read(layout.config) or b""):
        yield "key", match["value"].decode("utf-8", "replace").strip().strip("\"'")
