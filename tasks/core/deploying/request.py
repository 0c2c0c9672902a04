"""What this run was asked to do: frozen; an answer gives a new one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tasks.core.model.choices import Choices, Flags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.core.values.environment import Finding


@dataclass(frozen=True)
class Request:
    """What to deploy, and how this run goes about it.

    *typed*: the options that were typed, as text. *answers*: values given in answer to a question. *saved_plan*: the
    plan that this run has to match. *is_read_only*: nothing is deployed, so no program is run to get a token.
    """

    choices: Choices
    flags: Flags = field(default_factory=Flags)
    profile: str | None = None
    typed: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Finding] = field(default_factory=dict, repr=False)
    saved_plan: Mapping[str, Any] | None = None
    is_read_only: bool = False
    was_interviewed: bool = False

    @classmethod
    def of_saved_plan(cls, plan: Mapping[str, Any], *, yes: bool) -> Request:
        """The choices and flags of a saved plan, which the run then has to match (see tasks.apply)."""
        flags = {name: value for name, value in plan["flags"].items() if name in Flags._fields}
        return cls(
            choices=Choices.from_json(plan["choices"]),
            flags=Flags(**{**flags, "force": tuple(flags["force"]), "yes": yes}),
            profile=plan["profile"],
            saved_plan=plan,
        )

    def with_options(self, **options: str) -> Request:
        """With *options* as if they had been typed; UsageError when one is invalid."""
        choices = self.choices.asked(**options)
        return replace(self, choices=choices, typed={**self.typed, **options})

    def with_flags(self, **flags: bool) -> Request:
        """With *flags* in place of those that were given."""
        return replace(self, flags=self.flags._replace(**flags))  # type: ignore[arg-type]

    def with_answer(self, finding: Finding) -> Request:
        """With a value that was given in answer to a question."""
        return replace(self, answers={**self.answers, finding.name: finding})

    def forcing(self, tool: str) -> Request:
        """With the permission to deploy over the settings of *tool*."""
        return replace(self, flags=self.flags._replace(force=(*self.flags.force, tool)))
