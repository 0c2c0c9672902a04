"""The environment of a worker: what it inherits, what .env adds, what LiteLLM needs."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DRAIN_SECONDS = 600
NAME = re.compile(r"(?!gw_)[A-Za-z_][A-Za-z0-9_]*")
INHERITED = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH"
    r"|GATEWAY_DRAIN_SECONDS"
)
"""What a worker takes from the shell: little, so that it is the same from any, and at login."""
LOOPS = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE", "ANTHROPIC_AUTH_TOKEN")
"""Claude Code's: with them LiteLLM would call itself."""
DEFAULTS = {
    # Nothing is downloaded or reported at the start.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
    "LITELLM_TELEMETRY_DISABLED": "true",
    # In its mode DEV, LiteLLM reads .env a second time, by rules of its own.
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "WARNING",
    "LITELLM_DONT_SHOW_FEEDBACK_BOX": "True",
    "LITELLM_SUPPRESS_STARTUP_OUTPUT": "true",
    "NO_DOCS": "True",
    "NO_REDOC": "True",
    "NO_OPENAPI": "True",
    "DISABLE_ADMIN_UI": "True",
    "NO_PROXY": "",
    "PYTHONUNBUFFERED": "1",
}
"""What a variable is when neither the shell nor .env gives it a value."""


def env_values(text: str) -> dict[str, str]:
    """The variables of a .env; a line that is not NAME=value counts as a comment.

    Nothing is executed or expanded: this is how every reader of .env in this project reads it.
    Names that begin with gw_ are left to the scripts, which use them themselves.
    """
    values = {}
    for line in text.split("\n"):
        assignment = line.removesuffix("\r").removeprefix("export ")
        name, equals, value = assignment.partition("=")
        if equals and NAME.fullmatch(name) and "\0" not in value:
            values[name] = _unquote(value)
    return values


def _unquote(value: str) -> str:
    """What is between quotes, or before a comment.

    'a b' # c  ->  a b
    a b # c    ->  a b
    a#b        ->  a#b
    """
    quote = value[:1]
    if quote in ("'", '"'):
        return value[1:].split(quote, 1)[0]
    return re.split(r"[ \t]#", value, maxsplit=1)[0].rstrip(" \t")


def worker_environment(inherited: Mapping[str, str], text: str, config: Path) -> dict[str, str]:
    """The whole environment of a worker that serves *config*; *text* is the content of .env.

    .env wins over the shell, and both over the defaults, except where the gateway would call
    itself.
    """
    environment = {name: inherited[name] for name in inherited if INHERITED.fullmatch(name)}
    environment |= env_values(text)
    _fill_in_defaults(environment)
    _reach_this_machine_directly(environment)
    environment["CONFIG_FILE_PATH"] = str(config)
    environment["GRACEFUL_SHUTDOWN_TIMEOUT"] = str(drain_seconds(environment))
    _add_bearers(environment, config)
    for name in LOOPS:
        environment.pop(name, None)
    return environment


def _fill_in_defaults(environment: dict[str, str]) -> None:
    """Give the variables of DEFAULTS a value where they have none."""
    for name, value in DEFAULTS.items():
        # Empty counts as not set: `NO_DOCS=` in .env does not switch the pages on.
        if not environment.get(name):
            environment[name] = value


def _reach_this_machine_directly(environment: dict[str, str]) -> None:
    """Take this machine out of what is reached through a proxy, in either spelling."""
    for name in ("NO_PROXY", "no_proxy"):
        if name in environment:
            hosts = f"{environment[name]},127.0.0.1,localhost"
            environment[name] = hosts.lstrip(",")


def _add_bearers(environment: dict[str, str], config: Path) -> None:
    """Add BEARER_NAME, `Bearer ` and the value of NAME, for each NAME that *config* wants it of."""
    for name in bearers(config):
        if environment.get(name):
            environment[f"BEARER_{name}"] = f"Bearer {environment[name]}"


def bearers(config: Path) -> set[str]:
    """The variables whose BEARER_ form *config* names: LiteLLM cannot add a prefix to a value.

    {"GATEWAY_TOKEN"} for a header that is os.environ/BEARER_GATEWAY_TOKEN.
    """
    try:
        text = config.read_text(errors="replace")
    except OSError:
        return set()
    return set(re.findall(r"os\.environ/BEARER_([A-Z][A-Z0-9_]*)", text))


def drain_seconds(environment: Mapping[str, str]) -> int:
    """How long answers may take to finish.

    What is no number is ignored: a mistake in .env must not cut answers off.
    """
    given = environment.get("GATEWAY_DRAIN_SECONDS", "")
    if re.fullmatch(r"[0-9]{1,6}", given):
        return int(given)
    return DRAIN_SECONDS


@contextlib.contextmanager
def use_environment(environment: Mapping[str, str]) -> Iterator[None]:
    """Give what is started within *environment*, and this process its own back afterwards."""
    own = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environment)
        yield
    finally:
        os.environ.clear()
        os.environ.update(own)
