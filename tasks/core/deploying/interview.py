"""An interview with a person who deploys at a terminal; nothing is written until it has ended.

what is ready ──► a conversation ──► the plan in short ──► "Deploy this?" ──► resolved, to deploy
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tasks.core.cli import command_line
from tasks.core.console import console, diff, prompts
from tasks.core.console.question import WentBack
from tasks.core.deploying import plan as deploying_plan
from tasks.core.deploying import (
    plan_file,
    plan_summary,
    readiness,
    situation,
)
from tasks.core.deploying.conversation import NOTHING, Conversation
from tasks.core.deploying.options import resolve_options
from tasks.core.merge import conflicts
from tasks.core.model import errors
from tasks.core.model.errors import GatewayError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.layout import Layout

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


def can_ask(*, no_input: bool) -> bool:
    """Whether there is a person at a terminal who may be asked."""
    if no_input:
        return False
    streams = (sys.stdin, sys.stderr)
    return all(
        stream is not None and stream.isatty()  # None: it was closed
        for stream in streams
    )


def hold(
    resolved: Resolved,
    given: Iterable[str],
) -> Resolved:
    """Ask for what the options leave open, show the plan, and ask whether to do it.

    With --yes the last question is left out. A person who says no, or stops at any question, ends
    this process with nothing written.
    """
    with ending():
        conversation = _begin(resolved, given)
        is_agreed = False
        while not is_agreed:
            _ask_all(conversation, about_machine=True)
            is_agreed = _agree(conversation)
    return conversation.resolved


def choose(
    options: Iterable[Mapping[str, Any]],
    given: Mapping[str, Any],
) -> Resolved:
    """What was *given* of the options of deploy; where nothing was, ask. Nothing is deployed."""
    values = {}
    for option in options:
        name = option["name"]
        values[name] = given.get(name, option["default"])
    is_typed = any(given.values())
    resolved = resolve_options(values, asking=not is_typed)
    if is_typed:
        return resolved
    with ending():
        conversation = _begin(resolved, ())
        _ask_all(conversation, about_machine=False)
    return conversation.resolved


def _begin(
    resolved: Resolved,
    given: Iterable[str],
) -> Conversation:
    """The conversation; what is ready comes first, where every choice is going to be asked for."""
    conversation = Conversation(resolved, given)
    if conversation.situation.asks_all:
        readiness.report(resolved)
    return conversation


def _ask_all(conversation: Conversation, *, about_machine: bool) -> None:
    try:
        conversation.hold(about_machine=about_machine)
    except UsageError as error:
        raise command_line.refused(error) from None


def _agree(conversation: Conversation) -> bool:
    """Whether to go on; False where a person goes back to the last question."""
    yes = conversation.is_agreed
    has_begun = conversation.has_begun
    if yes and not has_begun:
        return True
    plan = _make_plan(conversation)
    if plan is None:
        return True
    document, patch = plan
    number = deploying_plan.changes(document)
    width = console.width(sys.stderr)
    if number or has_begun:
        _show(plan_summary.lines(document, width))
    if not number or yes or document["missing"]:
        return True  # for missing values the steps stop

    def show_details() -> None:
        details = plan_summary.list_details(document, patch, width)
        _show(diff.painted(details, sys.stderr))

    try:
        is_agreed = prompts.agreed("Deploy this?", show_details, can_go_back=has_begun)
    except WentBack:
        conversation.go_back()
        return False
    if not is_agreed:
        raise GatewayError(NOTHING)
    return True


def _make_plan(conversation: Conversation) -> tuple[dict[str, Any], list[str]] | None:
    """The plan and its diff; None where the steps say what is wrong.

    They say why, before they write; and what was chosen is remembered.
    """
    try:
        key = plan_file.key_of(conversation.resolved.layout)
        return deploying_plan.make_plan(conversation.resolved, key)
    except (GatewayError, OSError) as error:
        if not conversation.has_begun or isinstance(error, conflicts.MergeConflict):
            return None
        if isinstance(error, OSError):
            raise errors.from_system(error) from None
        raise


def agree_to_litellm(resolved: Resolved) -> None:
    """Where LiteLLM has to be installed for the start, go on only if that is wanted.

    UsageError where there is no one to ask. A person who says no ends this process with nothing
    written.
    """
    flags = resolved.request.flags
    if flags.yes:
        return
    if not situation.has_to_install_litellm(resolved):
        return
    if flags.no_input or not sys.stdin.isatty():
        other = "install it first: doit litellm"
        # Only deploy takes options for choices: a saved plan and a profile have theirs.
        is_deploy = command_line.behind("deploy") is not None
        if is_deploy:
            other = "name yours: --litellm PATH"
        raise UsageError(
            "LiteLLM is not installed",
            f"Agree to installing it with --yes, or {other}",
        )
    with ending():
        offer_litellm(resolved.layout)


def offer_litellm(layout: Layout) -> None:
    """Ask whether to install LiteLLM; GatewayError when a person says no."""
    console.say(
        f"LiteLLM is not installed. It goes to {layout.venv} (about 700 MB).",
        "warn",
    )
    if not prompts.agreed("Install it now?"):
        raise GatewayError(NOTHING)


def _show(lines: Iterable[str]) -> None:
    for line in lines:
        console.ask(line)


@contextmanager
def ending() -> Iterator[None]:
    """Around questions: Ctrl-C, Ctrl-D and what is wrong end the process with nothing changed."""
    try:
        yield
    except (KeyboardInterrupt, EOFError):
        console.ask("")
        console.say(NOTHING, "warn")
        raise SystemExit(INTERRUPTED) from None
    except GatewayError as error:
        is_choice = error.problem == NOTHING
        console.say(
            str(error),
            "warn" if is_choice else "fail",
        )
        raise SystemExit(error.exit_code) from None
