"""A conversation with somebody who deploys at a terminal; nothing is written until it has come to its end."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core.claude.ledger import BASE_URL
from tasks.core.cli import command_line
from tasks.core.console import console, diff, prompts
from tasks.core.deploying import plan as deploying_plan
from tasks.core.deploying import plan_page, situation
from tasks.core.deploying.resolve import resolve
from tasks.core.disk import files
from tasks.core.history import history
from tasks.core.litellm import litellm
from tasks.core.merge import conflicts
from tasks.core.model import choices as rules
from tasks.core.model import errors
from tasks.core.model.choices import Choices, Flags
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.model.secret import Secret
from tasks.core.profiles import named
from tasks.core.secrets import hide
from tasks.core.service import processes
from tasks.core.text import json_edit
from tasks.core.values import environment, value_checks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.core.console.prompts import Question
    from tasks.core.deploying.request import Request
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.deploying.situation import Known, Lack
    from tasks.core.model.catalogue import Variable

Plan = Callable[["Resolved"], tuple[dict[str, Any], list[str]]]
"""Makes the plan, and its diffs (see tasks.plan)."""

NOTHING = "Nothing was changed."
INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


class Conversation:
    """Asks what is open, one question after the other; each answer gives a new request."""

    def __init__(self, resolved: Resolved, given: Iterable[str]) -> None:
        """*given*: the options that were typed."""
        self.resolved = resolved
        self.settled = set(given)
        layout, profile = resolved.layout, resolved.request.profile
        profiled = profile is not None and named.exists(layout, profile)
        self.fresh = files.read(layout.choices) is None and not profiled
        self.begun = False
        self.values: dict[str, environment.Finding] = {}
        self.looked: tuple[Choices, tuple[Lack, ...]] | None = None
        if resolved.request.flags.ours or resolved.request.flags.theirs:
            self.settled.add("standing")

    @property
    def request(self) -> Request:
        """What is asked for so far."""
        return self.resolved.request

    def take(self, request: Request) -> None:
        """Go on with *request*."""
        self.resolved = resolve(request, self.resolved.context)

    def hold(self) -> None:
        """Ask until nothing is open."""
        catalogue = self.resolved.context.catalogue
        while question := situation.about_choices(self._known(), catalogue):
            self._put(question)
        while question := situation.about_this_machine(self._known(look=True), catalogue):
            self._put(question)
        request = replace(self.request, was_interviewed=self.begun)
        for value in self.values.values():
            request = request.with_answer(value)
        self.take(request)

    def _known(self, *, look: bool = False) -> Known:
        resolved, request = self.resolved, self.request
        known = situation.Known(
            request.choices,
            fresh=self.fresh,
            settled=frozenset(self.settled),
            start=request.flags.start,
            stands=self._stands(),
            foreign=self._foreign(),
            joined=self._joined(),
            owners=self._owners(),
            today=time.strftime("%Y-%m-%d"),
        )
        if not look:
            return known
        there = request.flags.yes or litellm.find(resolved.layout, os.environ, request.choices.litellm)
        installs = "" if there else litellm.TAKES
        runs = processes.running(resolved.layout) is not None
        return known._replace(lacks=self._lacks(), installs=installs, runs=runs)

    def _stands(self) -> str:
        """The gateway of ours in that folder, where this checkout knows nothing of it."""
        manifest = history.installed(self.resolved.layout) if self.fresh and not self.request.flags.yes else None
        if manifest is None:
            return ""
        models = f", {len(manifest.models)} models" if len(manifest.models) > 1 else ""
        preset = manifest.choices.get("preset", Choices().preset)
        return f"{preset}{models}, revision {manifest.revision} of {manifest.timestamp}"

    def _foreign(self) -> tuple[str, ...]:
        """Files with the names of ours in that folder, while nothing of ours is deployed there."""
        layout = self.resolved.layout
        if self.request.flags.yes or layout.manifest.exists() or not layout.gateway.is_dir():
            return ()
        gateways = self.resolved.context.catalogue.gateways.values()
        named = {each.file for gateway in gateways for each in gateway.artifacts}
        return tuple(sorted(name for name in named if (layout.gateway / name).exists()))

    def _joined(self) -> str:
        """The address of a gateway that is none of ours, to which Claude Code's settings lead."""
        layout = self.resolved.layout
        if self.request.flags.yes or layout.manifest.exists():
            return ""
        try:
            document = json_edit.parse(files.read(files.real_target(layout.settings)) or json_edit.NEW_FILE)
        except (GatewayError, OSError):
            return ""  # the plan says what is wrong
        address = document.value(BASE_URL)
        return hide.hide_value(BASE_URL[-1], address) if isinstance(address, str) else ""

    def _owners(self) -> tuple[tuple[str, str], ...]:
        """Other tools that own the settings and were not named with --force: how they are called there, and said."""
        forced = self.request.flags.force
        return tuple((tool.id, tool.name) for tool in self.resolved.context.neighbours if tool.id not in forced)

    def _lacks(self) -> tuple[Lack, ...]:
        """The values that are missing or cannot be right; looked for once for the choices as they are."""
        request = self.request
        if self.looked is None or self.looked[0] != request.choices:
            self.looked = request.choices, () if request.flags.allow_missing else tuple(_lacking(self.resolved))
        return tuple(each for each in self.looked[1] if each.variable.name not in self.values)

    def _put(self, question: Question) -> None:
        """Ask it, and take the answer."""
        self.begun = True
        self.settled.add(question.name)
        if not question.items:
            self._typed(question)
            return
        values = prompts.chosen(question)
        if question.name == "models":
            self._models(values)
        elif question.name in ("standing", "joined", "force"):
            self._standing(question.name, values[0])
        elif question.name == "tiers":
            self._tiers(values[0])
        elif question.name in Flags._fields:
            self._started(agreed=values[0] == situation.YES)
        else:
            self.take(self.request.with_options(**{question.name: values[0]}))

    def _typed(self, question: Question) -> None:
        if variable := question.variable:
            value = prompts.typed(question, lambda text: _fitting(variable, text))
            if value:
                self.values[variable.name] = _finding(variable, value)
            else:
                self.take(self.request.with_flags(allow_missing=True))
        elif text := prompts.typed(question, lambda text: rules.checked(question.name, text)):
            self.take(self.request.with_options(**{question.name: text}))

    def _models(self, values: tuple[str, ...]) -> None:
        """The models; those of the preset stay the preset's, also when that changes."""
        if set(values) != {model.id for model in self.resolved.deployment.models}:
            self.take(self.request.with_options(models=",".join(values)))

    def _standing(self, name: str, value: str) -> None:
        if value == situation.CANCEL:
            raise GatewayError(NOTHING)
        if value == situation.KEEP:
            self.fresh = False
        elif name == "standing":
            self.take(self.request.with_flags(ours=True))
        elif name == "force":
            self.take(self.request.forcing(value))

    def _tiers(self, value: str) -> None:
        if value == situation.YES:
            return
        for question in situation.tiers(self.resolved.deployment):
            self._put(question)

    def _started(self, *, agreed: bool) -> None:
        """Whether to start; and with that, to install what it takes."""
        if agreed and self._known(look=True).installs:
            self.take(self.request.with_flags(yes=True))
        self.take(self.request.with_flags(start=agreed))


def hold(resolved: Resolved, given: Iterable[str], make: Plan) -> Resolved:
    """Ask for what the options leave open, show the plan that *make* makes, and ask whether to do it, unless --yes.

    Whoever says no, or stops at any question, ends this process with nothing written.
    """
    talk = Conversation(resolved, given)
    yes = resolved.request.flags.yes
    with ending():
        try:
            talk.hold()
        except UsageError as error:
            raise command_line.refused(error) from None
        if talk.begun or not yes:
            _agree(talk, make, yes=yes)
    return talk.resolved


def _agree(talk: Conversation, make: Plan, *, yes: bool) -> None:
    """Show what will change, and ask whether to do it; where nothing will, there is nothing to ask."""
    try:
        plan, patch = make(talk.resolved)
    except (GatewayError, OSError) as error:
        if not talk.begun or isinstance(error, conflicts.MergeConflict):
            return  # the steps say why, before they write; and what was chosen is remembered
        raise error if isinstance(error, GatewayError) else errors.from_system(error) from None
    changes = deploying_plan.changes(plan)
    if changes or talk.begun:
        _show(plan_page.lines(plan, console.width(sys.stderr)))
    if changes and not yes and not prompts.agreed("Deploy this?", lambda: _show(diff.painted(patch, sys.stderr))):
        raise GatewayError(NOTHING)


def _show(lines: Iterable[str]) -> None:
    for line in lines:
        console.ask(line)


@contextmanager
def ending() -> Iterator[None]:
    """Around questions: Ctrl-C and Ctrl-D end the process as if it had never begun, and so does what is wrong."""
    try:
        yield
    except (KeyboardInterrupt, EOFError):
        console.ask("")
        console.say(NOTHING, "warn")
        raise SystemExit(INTERRUPTED) from None
    except GatewayError as error:
        console.say(str(error), "warn" if error.problem == NOTHING else "fail")
        raise SystemExit(error.exit_code) from None


def command(request: Request) -> str:
    """What would have done the same without a question; values that were typed have no place in it."""
    flags = [name for name in ("start", "yes", "ours", "allow_missing") if getattr(request.flags, name)]
    words = [*situation.as_words(request.choices), *(f"--{name.replace('_', '-')}" for name in flags), "--no-input"]
    return f"doit deploy {shlex.join(words)}"


def _lacking(resolved: Resolved) -> Iterator[Lack]:
    deployment, findings = resolved.deployment, resolved.findings
    needed = [name for name in deployment.needs if name in findings]
    known = {name: deployment.variable(name) for name in findings}
    for each in environment.problems(findings, known, needed):
        if each.severity == "error":
            place = resolved.request.choices.gateway_url if each.variable == deployment.credential else None
            shown = f" It is shown to {place} only." if place else ""
            yield situation.Lack(deployment.variable(each.variable), each.problem, f"{each.remedy}{shown}")


def _finding(variable: Variable, text: str) -> environment.Finding:
    """What was typed, as if it had been found."""
    value = _expanded(variable, text)
    return environment.Finding(variable.name, Secret(value) if variable.secret else value, "what was typed")


def _fitting(variable: Variable, text: str) -> None:
    """UsageError when *text* cannot be the value of *variable*."""
    for fault in value_checks.faults(variable, _expanded(variable, text)):
        if fault.fatal:
            raise UsageError(f"{variable.name} {fault.what}", fault.remedy)


def _expanded(variable: Variable, text: str) -> str:
    return str(Path(text).expanduser()) if variable.kind == "path" else text
