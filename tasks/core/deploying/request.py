"""What this run was asked to do: frozen; an answer gives a new one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tasks.core.model.choices import Choices, Flags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.deploying.remembered import Remembered
    from tasks.core.values.environment import Finding


SAY_WHAT = frozenset({"preset", "gateway_type", "models"})
"""The choices that say what to deploy; the others only say how."""


@dataclass(frozen=True)
class Request:
    """What to deploy, and how this run goes about it.

    - *typed*: the options that were typed, by name, as text; kept to repeat them in a message
    - *answers*: the values that were given in answer to a question, by the name of their variable
    - *saved_plan*: the plan that this run has to match
    - *remembered*: what the choices went on with, where they did
    - *is_step_alone*: it goes on with what a deployment that failed has tried, too
    - *is_read_only*: nothing is deployed, so no program is run to get a token
    """

    choices: Choices
    flags: Flags = field(default_factory=Flags)
    profile: str | None = None
    typed: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Finding] = field(default_factory=dict, repr=False)
    saved_plan: Mapping[str, Any] | None = None
    remembered: Remembered | None = None
    is_step_alone: bool = False
    is_read_only: bool = False
    was_interviewed: bool = False

    @property
    def is_guess(self) -> bool:
        """Whether nothing says what to deploy: the preset is only the embedded default."""
        known = self.remembered
        if known is None or self.profile:
            return False
        if SAY_WHAT.intersection(self.typed):
            return False
        chosen = known.kept
        if self.is_step_alone:
            chosen = known.chosen
        return not (known.deployed or chosen)

    @property
    def known_choices(self) -> Choices | None:
        """The choices; None where they are only a guess."""
        return None if self.is_guess else self.choices

    @classmethod
    def of_saved_plan(
        cls,
        plan: Mapping[str, Any],
        *,
        yes: bool,
    ) -> Request:
        """The choices and flags of a saved plan, which this run has to match (see tasks.apply)."""
        choices = Choices.from_json(plan["choices"])
        # A plan of an earlier version may have a flag that is gone.
        known = {}
        for name in Flags._fields:
            if name in plan["flags"]:
                known[name] = plan["flags"][name]
        known["force"] = tuple(known["force"])
        known["yes"] = yes
        return cls(
            choices,
            Flags(**known),
            profile=plan["profile"],
            saved_plan=plan,
        )

    def with_options(self, **options: str) -> Request:
        """With *options* as if they had been typed; UsageError when one is invalid."""
        return replace(
            self,
            choices=self.choices.asked(**options),
            typed={**self.typed, **options},
        )

    def with_flags(self, **flags: bool) -> Request:
        """With *flags* in place of those that were given."""
        changed = self.flags._replace(**flags)  # type: ignore[arg-type]
        return replace(self, flags=changed)

    def with_answer(self, finding: Finding) -> Request:
        """With a value that was given in answer to a question."""
        answers = {**self.answers, finding.name: finding}
        return replace(self, answers=answers)

    def forcing(self, tool: str) -> Request:
        """With the permission to deploy over the settings of *tool*."""
        forced = (*self.flags.force, tool)
        return replace(self, flags=self.flags._replace(force=forced))
