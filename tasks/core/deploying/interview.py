"""An interview with a person who deploys at a terminal; nothing is written until it has ended.

resolved ──assess──► situation ──► question ──answer──► request ──► resolved ──► …
nothing left to ask ──► the plan ──► "Deploy this?" ──► resolved, to deploy
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.cli import command_line
from tasks.core.console import console, diff, prompts
from tasks.core.deploying import (
    machine_questions,
    plan_file,
    plan_page,
    questions,
    situation,
)
from tasks.core.deploying import plan as deploying_plan
from tasks.core.deploying.resolve import resolve
from tasks.core.merge import conflicts
from tasks.core.model import choices as rules
from tasks.core.model import errors
from tasks.core.model.choices import Flags
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.model.secret import Secret
from tasks.core.profiles import named
from tasks.core.values import value_checks
from tasks.core.values.environment import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.core.console.prompts import Question
    from tasks.core.deploying.request import Request
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.catalogue import Variable
    from tasks.core.model.layout import Layout

NOTHING = "Nothing was changed."
INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


class Interview:
    """Asks what is open, one question after the other; each answer gives a new request."""

    def __init__(
        self,
        resolved: Resolved,
        given: Iterable[str],
    ) -> None:
        """*given*: the options that were typed."""
        settled = frozenset(given)
        flags = resolved.request.flags
        if flags.ours or flags.theirs:
            settled |= {"standing"}
        self.resolved = resolved
        self.has_begun = False
        self.situation = situation.assess(
            resolved,
            settled,
            is_fresh=_is_fresh(resolved),
        )

    @property
    def request(self) -> Request:
        """What is asked for so far."""
        return self.resolved.request

    def take(self, request: Request) -> None:
        """Go on with *request*."""
        self.resolved = resolve(request, self.resolved.context)
        self.situation = self.situation.with_request(request)

    def hold(self) -> None:
        """Ask until nothing is open."""
        self._ask_about_choices()
        self._ask_about_machine()
        self.take(replace(self.request, was_interviewed=self.has_begun))

    def _ask_about_choices(self) -> None:
        catalogue = self.resolved.context.catalogue
        while question := questions.about_choices(self.situation, catalogue):
            self._ask(question)

    def _ask_about_machine(self) -> None:
        catalogue = self.resolved.context.catalogue
        assessed = None
        while True:
            # What is missing depends on the choices, and one of the questions changes them: the
            # address of the proxy. Otherwise it is looked for once, since that may run gcloud.
            if assessed != self.request.choices:
                assessed = self.request.choices
                self.situation = situation.assess_machine(self.situation, self.resolved)
            question = machine_questions.about_machine(self.situation, catalogue)
            if question is None:
                return
            self._ask(question)

    def _ask(self, question: Question) -> None:
        """Ask it, and take the answer."""
        self.has_begun = True
        self.situation = self.situation.settling(question.name)
        if question.variable:
            self._take_value(question, question.variable)
        elif question.items:
            self._take_items(question.name, prompts.chosen(question))
        else:
            self._take_text(question)

    def _take_value(
        self,
        question: Question,
        variable: Variable,
    ) -> None:
        """The value of a variable; an empty answer leaves it for later."""
        text = prompts.typed(question, lambda text: _check_value(variable, text))
        if text:
            self.take(self.request.with_answer(_as_finding(variable, text)))
            self.situation = self.situation.without_lack(variable.name)
        else:
            self.take(self.request.with_flags(allow_missing=True))

    def _take_text(self, question: Question) -> None:
        """An option; an empty answer leaves it as it is."""
        name = question.name
        text = prompts.typed(question, lambda text: rules.checked(name, text))
        if text:
            self.take(self.request.with_options(**{name: text}))

    def _take_items(
        self,
        name: str,
        values: tuple[str, ...],
    ) -> None:
        """The items that were chosen."""
        if name == "models":
            self._take_models(values)
        elif name in {"standing", "joined", "force"}:
            self._take_permission(name, values[0])
        elif name == "tiers":
            self._take_tiers(values[0])
        elif name in Flags._fields:
            self._take_start(agreed=values[0] == questions.YES)
        else:
            self.take(self.request.with_options(**{name: values[0]}))

    def _take_models(self, values: tuple[str, ...]) -> None:
        """The models.

        Those of the preset stay the preset's, also when that changes.
        """
        suggested = {model.id for model in self.resolved.deployment.models}
        if set(values) != suggested:
            self.take(self.request.with_options(models=",".join(values)))

    def _take_permission(
        self,
        name: str,
        value: str,
    ) -> None:
        """What to do with what is there already."""
        if value == questions.CANCEL:
            raise GatewayError(NOTHING)
        if value == questions.KEEP:
            self.situation = self.situation._replace(is_fresh=False)
        elif name == "standing":
            self.take(self.request.with_flags(ours=True))
        elif name == "force":
            self.take(self.request.forcing(value))

    def _take_tiers(self, value: str) -> None:
        """Whether the suggested tiers are right; if not, each is asked for."""
        if value == questions.YES:
            return
        for question in questions.about_tiers(self.resolved.deployment):
            self._ask(question)

    def _take_start(self, *, agreed: bool) -> None:
        """Whether to start; and with that, to install what it takes."""
        request = self.request.with_flags(start=agreed)
        if agreed and self.situation.install_size:
            request = request.with_flags(yes=True)
        self.take(request)


def _is_fresh(resolved: Resolved) -> bool:
    """Whether nothing was chosen before: in this checkout, or by a profile."""
    request = resolved.request
    if request.remembered and not request.remembered.is_fresh:
        return False
    return request.profile is None or not named.exists(resolved.layout, request.profile)


def hold(resolved: Resolved, given: Iterable[str]) -> Resolved:
    """Ask for what the options leave open, show the plan, and ask whether to do it.

    With --yes the last question is left out. A person who says no, or stops at any question, ends
    this process with nothing written.
    """
    yes = resolved.request.flags.yes
    with ending():
        interview = Interview(resolved, given)
        try:
            interview.hold()
        except UsageError as error:
            raise command_line.refused(error) from None
        if interview.has_begun or not yes:
            _agree(interview, yes=yes)
    return interview.resolved


def _agree(interview: Interview, *, yes: bool) -> None:
    """Show what will change, and ask whether to do it; where nothing will, do not ask."""
    try:
        key = plan_file.key_of(interview.resolved.layout)
        plan, patch = deploying_plan.make_plan(interview.resolved, key)
    except (GatewayError, OSError) as error:
        # The steps say why, before they write; and what was chosen is remembered.
        if not interview.has_begun or isinstance(error, conflicts.MergeConflict):
            return
        if isinstance(error, OSError):
            raise errors.from_system(error) from None
        raise
    changes = deploying_plan.changes(plan)
    if changes or interview.has_begun:
        _show(plan_page.lines(plan, console.width(sys.stderr)))
    if not changes or yes or plan["missing"]:
        return  # for missing values the steps stop
    if not prompts.agreed("Deploy this?", lambda: _show_patch(patch)):
        raise GatewayError(NOTHING)


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


def _show_patch(patch: list[str]) -> None:
    _show(diff.painted(patch, sys.stderr))


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
        console.say(str(error), "warn" if is_choice else "fail")
        raise SystemExit(error.exit_code) from None


def _as_finding(
    variable: Variable,
    text: str,
) -> Finding:
    """What was typed, as if it had been found."""
    value = _expand(variable, text)
    if variable.secret:
        return Finding(
            variable.name,
            Secret(value),
            "what was typed",
        )
    return Finding(
        variable.name,
        value,
        "what was typed",
    )


def _check_value(
    variable: Variable,
    text: str,
) -> None:
    """UsageError when *text* cannot be the value of *variable*."""
    for fault in value_checks.faults(variable, _expand(variable, text)):
        if fault.fatal:
            raise UsageError(f"{variable.name} {fault.what}", fault.remedy)


def _expand(
    variable: Variable,
    text: str,
) -> str:
    if variable.kind == "path":
        return str(Path(text).expanduser())
    return text
