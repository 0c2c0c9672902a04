"""The questions of an interview one after the other; Esc goes back to the one before.

resolved ──assess──► situation ──► question ──answer──► request ──► resolved ──► …

Each answer gives a new request and a new situation, so going back is taking the former ones again.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.console import prompts
from tasks.core.console.question import WentBack
from tasks.core.deploying import machine_questions, model_questions, questions, situation
from tasks.core.deploying.resolve import resolve
from tasks.core.model import choices as rules
from tasks.core.model.catalogue import TIERS
from tasks.core.model.choices import Flags
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.model.secret import Secret
from tasks.core.profiles import named
from tasks.core.values import value_checks
from tasks.core.values.environment import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.core.console.question import Question
    from tasks.core.deploying.request import Request
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.deploying.situation import Situation
    from tasks.core.model.catalogue import Variable

NOTHING = "Nothing was changed."


class _Step(NamedTuple):
    """What was before an answer: the question, and the items that were chosen, if it has any."""

    resolved: Resolved
    situation: Situation
    name: str
    values: tuple[str, ...] = ()


class Conversation:
    """Asks what is open, one question after the other; each answer gives a new request."""

    def __init__(
        self,
        resolved: Resolved,
        given: Iterable[str],
    ) -> None:
        """*given*: the options that were typed; without any, every choice is asked for."""
        settled = frozenset(given)
        flags = resolved.request.flags
        asks_all = not settled or _is_fresh(resolved)
        if flags.ours or flags.theirs:
            settled |= {"standing"}
        self.resolved = resolved
        self.is_agreed = flags.yes
        """Whether --yes was typed: an answer that LiteLLM may be installed is less than that."""
        self.has_begun = False
        self.situation = situation.assess(
            resolved,
            settled,
            asks_all=asks_all,
        )
        self._past: list[_Step] = []
        self._undone: _Step | None = None

    @property
    def request(self) -> Request:
        """What is asked for so far."""
        return self.resolved.request

    def take(self, request: Request) -> None:
        """Go on with *request*."""
        self.resolved = resolve(request, self.resolved.context)
        self.situation = self.situation.with_request(request)

    def hold(self, *, about_machine: bool = True) -> None:
        """Ask until nothing is open; without *about_machine*, only what to deploy."""
        while question := self._find_question(about_machine=about_machine):
            try:
                self._ask(question)
            except WentBack:
                self.go_back()
        self.take(
            replace(
                self.request,
                was_interviewed=self.has_begun,
            )
        )

    def go_back(self) -> None:
        """Before the last answer; at the first question nothing is there to go back to."""
        if self._past:
            step = self._past.pop()
            self.resolved = step.resolved
            self.situation = step.situation
            self._undone = step

    def _find_question(self, *, about_machine: bool) -> Question | None:
        catalogue = self.resolved.context.catalogue
        question = questions.about_choices(self.situation, catalogue)
        if question or not about_machine:
            return question
        # What is missing depends on the choices, and one of the questions changes them: the
        # address of the proxy. Otherwise it is looked for once, since that may run gcloud.
        if self.situation.assessed != self.request.choices:
            self.situation = situation.assess_machine(
                self.situation,
                self.resolved,
            )
        return machine_questions.about_machine(self.situation, catalogue)

    def _ask(self, question: Question) -> None:
        """Ask it, and take the answer."""
        before = _Step(
            self.resolved,
            self.situation,
            question.name,
        )
        self.has_begun = True
        if question.variable:
            self._take_value(question, question.variable)
        elif question.items:
            values = prompts.chosen(self._mark(question))
            before = before._replace(values=values)
            self._take_items(question.name, values)
        else:
            self._take_text(question)
        self.situation = self.situation.settling(question.name)
        self._past.append(before)

    def _mark(self, question: Question) -> Question:
        """*question*; where a person has just gone back to it, with the former answer marked."""
        step = self._undone
        self._undone = None
        if step is None:
            return question
        if step.name != question.name:
            return question
        items = [
            item._replace(chosen=item.value in step.values)
            for item in question.items  # in order
        ]
        return question._replace(items=tuple(items))

    def _take_value(
        self,
        question: Question,
        variable: Variable,
    ) -> None:
        """The value of a variable; an empty answer leaves it for later."""
        text = prompts.typed(
            question,
            lambda text: _check_value(variable, text),
        )
        if text:
            self.take(self.request.with_answer(_as_finding(variable, text)))
            self.situation = self.situation.without_lack(variable.name)
        else:
            self.take(self.request.with_flags(allow_missing=True))

    def _take_text(self, question: Question) -> None:
        """An option; an empty answer, or the one that there was, leaves it as it is."""
        name = question.name
        text = prompts.typed(
            question,
            lambda text: rules.checked(name, text),
        )
        is_kept = text == question.default and getattr(self.request.choices, name) is None
        if name in TIERS and is_kept:
            return
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
        elif name == "have":
            self._take_offer(values[0])
        elif name in {"standing", "joined", "force"}:
            self._take_permission(
                name,
                values[0],
            )
        elif name == "tiers":
            is_asked = values[0] == model_questions.NO
            self.situation = self.situation._replace(asks_tiers=is_asked)
        elif name in Flags._fields:
            self._take_start(agreed=values[0] == model_questions.YES)
        elif name not in TIERS or not self._is_suggested(name, values[0]):
            self.take(self.request.with_options(**{name: values[0]}))

    def _is_suggested(self, tier: str, model: str) -> bool:
        """Whether *tier* has that model anyway: then it stays the preset's."""
        return self.resolved.deployment.names.get(tier) == model

    def _take_offer(self, value: str) -> None:
        """The preset and the options that what a person has leads to."""
        for offer in self.situation.offers:
            if offer.id != value:
                continue
            options = {"preset": offer.preset.id, **offer.answer.options}
            self.take(self.request.with_options(**options))
            for name in options:
                self.situation = self.situation.settling(name)

    def _take_models(
        self,
        values: tuple[str, ...],
    ) -> None:
        """The models.

        Those of the preset stay the preset's, also when that changes.
        """
        deployment = self.resolved.deployment
        if set(values) == {model.id for model in deployment.models}:
            return
        models = ",".join(values)
        if set(values) == {*deployment.preset.models}:
            models = rules.NONE
        self.take(self.request.with_options(models=models))

    def _take_permission(
        self,
        name: str,
        value: str,
    ) -> None:
        """What to do with what is there already."""
        if value == questions.CANCEL:
            raise GatewayError(NOTHING)
        if value == questions.KEEP:
            self.situation = self.situation._replace(asks_all=False)
        elif value == questions.OVERWRITE:
            self.take(self.request.with_flags(ours=True))
        elif name == "force":
            self.take(self.request.forcing(value))

    def _take_start(self, *, agreed: bool) -> None:
        """Whether to start; and with that, to install what it takes."""
        request = self.request.with_flags(start=agreed)
        if agreed and self.situation.install_size:
            request = request.with_flags(yes=True)
            self.situation = self.situation.settling("yes")
        self.take(request)


def _is_fresh(resolved: Resolved) -> bool:
    """Whether nothing was chosen before: in this checkout, or by a profile."""
    request = resolved.request
    if request.remembered and not request.remembered.is_fresh:
        return False
    return request.profile is None or not named.exists(
        resolved.layout,
        request.profile,
    )


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
    """UsageError when *text* cannot be the value of *variable*.

    How to get a value was said before it was asked for.
    """
    value = _expand(variable, text)
    for fault in value_checks.faults(variable, value):
        if not fault.fatal:
            continue
        remedy = fault.remedy
        if remedy == variable.how:
            remedy = ""
        raise UsageError(
            f"{variable.name} {fault.what}",
            remedy,
        )


def _expand(
    variable: Variable,
    text: str,
) -> str:
    if variable.kind == "path":
        return str(Path(text).expanduser())
    return text
