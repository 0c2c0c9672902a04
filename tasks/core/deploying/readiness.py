"""What is ready on this machine, a line each: the page with which a conversation begins."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.console import console
from tasks.core.deploying import place, prerequisites
from tasks.core.disk import programs
from tasks.core.litellm import litellm
from tasks.core.values import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.resolve import Resolved

INSTALL_CLAUDE = "npm install -g @anthropic-ai/claude-code"
LOGIN = "gcloud auth application-default login"
SET_PROJECT = "gcloud config set project PROJECT"


class Line(NamedTuple):
    """Something that is ready, or not: its *state* is a mark of the console (ok, warn, skip)."""

    state: str
    text: str


def report(resolved: Resolved) -> None:
    """Show what is ready; a GatewayError where nothing could be deployed at all."""
    for line in list_lines(resolved):
        console.say(
            line.text,
            line.state,
        )
    console.say("")
    place.check(resolved.layout)
    place.check_other_gateways(resolved.layout)
    prerequisites.check_settings(resolved.layout)


def list_lines(resolved: Resolved) -> Iterator[Line]:
    """What a person may need for any answer; no program is run."""
    python = sys.version.partition(" ")
    yield Line(
        "ok",
        f"Python {python[0]}",
    )
    yield _find_claude(resolved)
    yield _find_litellm(resolved)
    yield _find_gcloud(resolved)


def _find_claude(resolved: Resolved) -> Line:
    path = programs.find(
        "claude",
        resolved.context.environ,
    )
    if path:
        return Line("ok", f"Claude Code: {path}")
    return Line("warn", f"Claude Code is not on PATH; it can be installed later: {INSTALL_CLAUDE}")


def _find_litellm(resolved: Resolved) -> Line:
    found = litellm.find(
        resolved.layout,
        resolved.context.environ,
        resolved.request.choices.litellm,
    )
    if found is None:
        later = "you will be asked"
        if resolved.request.flags.yes:
            later = "the gateway gets its own"
        return Line("warn", f"LiteLLM is not installed; {later} ({litellm.TAKES})")
    refusal = litellm.refusal(found)
    if refusal:
        return Line("warn", f"LiteLLM: {refusal}")
    version = found.version or "of an unknown version"
    return Line(
        "ok",
        f"LiteLLM {version}: {found.executable}",
    )


def _find_gcloud(resolved: Resolved) -> Line:
    environ = resolved.context.environ
    home = places.home_of(environ)
    if not programs.find("gcloud", environ):
        return Line("skip", "gcloud is not on PATH; only Google Cloud needs it")
    if places.credentials(home, environ) is None:
        return Line("warn", f"gcloud has no credentials; for Google Cloud: {LOGIN}")
    _, source = places.project(home, environ)
    if not source:
        return Line("warn", f"gcloud has no project; for Google Cloud: {SET_PROJECT}")
    return Line("ok", f"gcloud: credentials, and a project ({source})")
