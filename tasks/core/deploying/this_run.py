"""What this run is about, for the steps.

The command that chooses says so before any other step is made:

    deploy, use, plan, apply ──begin──► Run ──resolved, layout──► every step
    any other command ─────────────────► what was last chosen
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Concatenate, ParamSpec

from tasks.core.cli.steps import Task, fail
from tasks.core.deploying import choices_page, from_memory
from tasks.core.model.errors import GatewayError, from_system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.layout import Layout

P = ParamSpec("P")


class Run:
    """What this run resolved to."""

    def __init__(self) -> None:
        self._resolved: Resolved | None = None

    @property
    def resolved(self) -> Resolved:
        """What the steps deploy, or look at."""
        if self._resolved is None:
            self._resolved = from_memory.resolve_remembered()
        return self._resolved

    @property
    def layout(self) -> Layout:
        """Where it goes."""
        return self.resolved.layout

    @property
    def deployed(self) -> Resolved:
        """What is deployed, for the commands that look at it; where nothing is, what was chosen."""
        return from_memory.resolve_deployed(self.resolved)

    def begin(self, resolved: Resolved) -> None:
        """Go by *resolved*; once in a run, before the steps that it is about are made."""
        self._resolved = resolved

    def one(
        self,
        make: Callable[Concatenate[Resolved, P], Task],
        *more: P.args,
        **options: P.kwargs,
    ) -> Task:
        """The task that *make* gives; where there is no valid deployment, one that fails."""
        try:
            return make(self.resolved, *more, **options)
        except GatewayError as error:
            choices_page.explain(self.resolved.request, error)
            return {"actions": [(fail, [error])]}
        except OSError as error:
            return {"actions": [(fail, [from_system(error)])]}

    def each(self, make: Callable[[Resolved], Iterator[Task]]) -> Iterator[Task]:
        """The subtasks that *make* gives; where there is no valid deployment, one that fails."""
        try:
            yield from make(self.resolved)
        except GatewayError as error:
            choices_page.explain(self.resolved.request, error)
            yield {"name": "choices", "actions": [(fail, [error])]}
        except OSError as error:
            yield {"name": "choices", "actions": [(fail, [from_system(error)])]}
