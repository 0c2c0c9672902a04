"""The choices of this run: the options given over what was chosen before."""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit import get_initial_workdir, get_var
from doit.exceptions import InvalidCommand

from tasks.model import choices as rules
from tasks.model.choices import Choices, Flags
from tasks.model.deployment import Deployment, Values, settle
from tasks.model.errors import GatewayError, UsageError
from tasks.model.layout import Layout
from tasks.tools import catalogue, environment, files, neighbours
from tasks.tools.steps import Task, fail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tasks.model.catalogue import Catalogue, Neighbour
    from tasks.tools.environment import Finding


class Asked:
    """Settled by task_deploy when it is the command; by what is remembered when any other step is."""

    def __init__(self) -> None:
        self.flags = Flags()
        self._choices: Choices | None = None
        self.installs_litellm = False

    @property
    def choices(self) -> Choices:
        """What is to be deployed."""
        if self._choices is None:
            self._choices = remembered(Layout.of(os.environ))
        return self._choices

    @cached_property
    def layout(self) -> Layout:
        """Where it goes."""
        return Layout.of(os.environ, self.choices.target)

    @cached_property
    def catalogue(self) -> Catalogue:
        """All that can be chosen."""
        return catalogue.load(self.layout)

    @cached_property
    def deployment(self) -> Deployment:
        """What it comes to; raises a GatewayError when the choices or the catalogue do not allow one."""
        return settle(self.choices, self.catalogue)

    @cached_property
    def findings(self) -> dict[str, Finding]:
        """Where the value of each needed variable comes from."""
        deployment = self.deployment
        needed = [deployment.variables[name] for name in deployment.needs]
        return environment.find(needed, self.layout, os.environ)

    @cached_property
    def neighbours(self) -> list[Neighbour]:
        """Other tools that own Claude Code's settings at the moment."""
        return neighbours.present(self.layout, self.catalogue.neighbours.values())

    @property
    def values(self) -> Values:
        """The needed variables that have a value."""
        return {name: found.value for name, found in self.findings.items() if found.value is not None}

    @cached_property
    def complete_values(self) -> Values:
        """The values to install: as found, and a key made for this gateway when there is none yet."""
        made = {name: environment.generate_key() for name, found in self.findings.items() if found.needs_key}
        return {**self.values, **made}

    def settle(self, options: dict[str, Any]) -> None:
        """Take the options of the command line; a wrong one ends doit with one sentence, exit 3."""
        _refuse_assignments(options)
        flags = {name: options.pop(name) for name in Flags._fields if name in options and name != "force"}
        if flags["ours"] and flags["theirs"]:
            raise InvalidCommand("--ours and --theirs cannot both be meant; choose one")
        forced = options.pop("force") or ""
        given = {name: value for name, value in options.items() if value is not None}
        try:
            self.flags = Flags(**flags, force=rules.names(forced, "--force"))
            if given:
                self._choices = self._over(self.choices, given)
            if given or forced:
                _ = self.deployment
                self._check_forced()
        except UsageError as error:
            raise InvalidCommand(str(error)) from None
        except GatewayError:
            return  # the catalogue is damaged: the steps will say where

    def _check_forced(self) -> None:
        known = {each.id: each.name for each in self.catalogue.neighbours.values()}
        for name in self.flags.force:
            if name not in known:
                raise rules.unknown("tool", name, known)

    def _over(self, before: Choices, given: dict[str, str]) -> Choices:
        add = rules.names(given.pop("add_models", ""), "--add-models")
        remove = rules.names(given.pop("remove_models", ""), "--remove-models")
        for option in given.keys() & {"target", "litellm"}:
            given[option] = _absolute(given[option])
        after = before.asked(**given)
        if add or remove:
            current = [m.id for m in settle(_untiered(after), catalogue.load(Layout.of(os.environ))).models]
            after = rules.with_models(after, current, add, remove)
        return after

    def one(self, make: Callable[[Asked], Task]) -> Task:
        """The task that *make* gives; when there is no valid deployment, one that fails and says why."""
        try:
            return make(self)
        except GatewayError as error:
            return {"actions": [(fail, [error])]}

    def each(self, make: Callable[[Asked], Iterator[Task]]) -> Iterator[Task]:
        """The subtasks that *make* gives; when there is no valid deployment, one that fails and says why."""
        try:
            yield from make(self)
        except GatewayError as error:
            yield {"name": "choices", "actions": [(fail, [error])]}


def remembered(layout: Layout) -> Choices:
    """What was last chosen here; in a fresh clone what the installed manifest says; else the embedded default."""
    noted = files.read_line(layout.pointer)
    manifests = [layout.manifest, *([Path(noted) / layout.manifest.name] if noted else [])]
    installed = [data.get("choices") for path in manifests if isinstance(data := _json(path), dict)]
    for found in (_json(layout.choices), *installed):
        if found is not None:
            try:
                return Choices.from_json(found)
            except GatewayError:  # made by another version: as if nothing was remembered
                continue
    return Choices()


def _untiered(choices: Choices) -> Choices:
    return choices._replace(opus=None, sonnet=None, haiku=None)


def _json(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        return json.loads(files.read(path) or b"null")
    except (OSError, ValueError):
        return None


def _absolute(text: str) -> str:
    """A path as typed, from where it was typed."""
    return (
        os.path.normpath(Path(get_initial_workdir(), Path(text).expanduser())) if ".." not in text.split("/") else text
    )


def _refuse_assignments(options: Iterable[str]) -> None:
    """`doit deploy models=a`: doit takes it for a variable of its own, and the old choice would be deployed."""
    for name in options:
        if get_var(name) is not None:
            raise InvalidCommand(f"'{name}=…' is not an option; write --{name.replace('_', '-')} …")
