"""check: can Claude Code work through a gateway, any or the deployed one? Free, unless --paid."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, WORDS, Task, action, text_option
from tasks.core.console import console, prompts
from tasks.core.history import history
from tasks.core.http import client, compat_page, compat_requests, compatibility
from tasks.core.model import choices
from tasks.core.model.deployment import settle
from tasks.core.model.errors import Unhealthy, UsageError
from tasks.core.service.state import NOT_RUNNING, START_IT, State
from tasks.core.values import env_file, references

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.http.compat_requests import Target

FLAG = {"type": bool, "default": False}
OPTIONS = [
    JSON,
    {"name": "paid", "long": "paid", **FLAG, "help": "also small requests that cost, five at most"},
    {"name": "yes", "long": "yes", "short": "y", **FLAG, "help": "without asking first"},
    {"name": "token_stdin", "long": "token-stdin", **FLAG, "help": "read the token for URL"},
    text_option("auth", "HOW", "for URL: bearer or x-api-key", "bearer"),
    text_option("model", "MODEL", "the model to ask for"),
    WORDS,
]


def task(resolved: Resolved) -> Task:
    """`doit check [URL] [--json] [--paid [--yes]] [--model NAME] [--token-stdin] [--auth …]`."""
    return {"actions": [(examine, [resolved])], "params": OPTIONS, "pos_arg": "words", "meta": {"quiet": True}}


@action
def examine(
    resolved: Resolved,
    words: Sequence[str],
    *,
    as_json: bool,
    paid: bool,
    yes: bool,
    token_stdin: bool,
    auth: str,
    model: str,
) -> None:
    """Print what is seen of each criterion; Unhealthy when Claude Code cannot work through it."""
    if len(words) > 1:
        raise UsageError("more than one address was given", "One at a time: doit check URL")
    target = find_named(resolved, words[0], auth, token_stdin, model) if words else find_deployed(resolved, model)
    agreed = target.free or (paid and agrees(target, yes=yes))
    found = compatibility.judge(compat_requests.ask_all(target, paid=agreed), target.names)
    if as_json:
        console.document(compatibility.document(target.url, target.model, found, paid=agreed))
    else:
        console.tell("\n".join(compat_page.lines(target, found)))
    if compatibility.has_failed(found):
        raise compat_page.find_verdict(target.url, found)


def agrees(target: Target, *, yes: bool) -> bool:
    """Whether the requests that cost may be made; UsageError when there is nobody to ask."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("--paid asks first, and there is nobody to ask", "Agree with --yes.")
    cost = f"Up to five small requests to {target.model} at {target.url}"
    console.say(f"{cost} will cost what they cost there.", "warn")
    return prompts.wanted("Make them?")


def find_deployed(resolved: Resolved, model: str) -> Target:
    """What is deployed here, as Claude Code asks it; Unhealthy when it does not run."""
    manifest = history.current(resolved.layout)
    deployment = settle(choices.Choices.from_json(manifest.choices), resolved.context.catalogue)
    values = env_file.deployed(resolved.layout)
    if not values.get(manifest.token_variable):
        problem = f"there is no token to show: {manifest.token_variable} has no value"
        raise UsageError(problem, "Set it there, then deploy again.", where=str(resolved.layout.env_file))
    state = State(resolved.layout, manifest)
    if state.is_silent:
        raise Unhealthy(NOT_RUNNING, START_IT, where=state.url)
    return compat_requests.find_target(deployment, state.url, values, model)


def find_named(resolved: Resolved, address: str, auth: str, token_stdin: bool, model: str) -> Target:
    """Any gateway, with a token from standard input; network and certificates as chosen here."""
    url, how = choices.url(address, "the address"), choices.checked("auth", auth)
    if not token_stdin:
        raise UsageError("a token is needed", f"Give it on standard input: doit check {url} --token-stdin")
    route = client.choose_route(resolved.request.choices, {})
    return compat_requests.make_target(url, route, how, references.from_stdin("token"), model)
