"""The choices of this run: the options given over what was chosen before."""

from __future__ import annotations

import json
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit import get_initial_workdir

from tasks.core.catalogue import catalogue
from tasks.core.claude import other_tools
from tasks.core.cli import command_line
from tasks.core.cli.steps import Task, fail
from tasks.core.disk import files
from tasks.core.model import choices as rules
from tasks.core.model import deployment as settling
from tasks.core.model import network
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.model.layout import Layout
from tasks.core.model.secret import Secret
from tasks.core.profiles import named
from tasks.core.values import environment, references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tasks.core.model.catalogue import Catalogue, Neighbour
    from tasks.core.model.choices import Choices, Flags
    from tasks.core.model.deployment import Deployment, Values
    from tasks.core.values.environment import Finding


UNKNOWN = "told-when-it-is-deployed"
"""Stands in a plan for a token that only a program of the user's can tell."""


class Asked:
    """Settled by task_deploy when it is the command; by what is remembered when any other step is."""

    def __init__(self) -> None:
        self._choices: Choices | None = None
        self.profile: str | None = None
        self.promise: dict[str, Any] | None = None
        self.installs_litellm = False
        self.looks_only = False
        self.answers: dict[str, Finding] = {}
        self.same = ""
        self.typed: dict[str, str] = {}
        self.same_needs: tuple[str, ...] = ()

    @cached_property
    def flags(self) -> Flags:
        """How this run goes; as nobody asked for anything, until settle()."""
        return rules.Flags()

    @property
    def choices(self) -> Choices:
        """What is to be deployed."""
        if self._choices is None:
            self._choices = remembered(Layout.of(os.environ))
        return self._choices

    @cached_property
    def layout(self) -> Layout:
        """Where it goes."""
        return placed(self.choices)

    @cached_property
    def catalogue(self) -> Catalogue:
        """All that can be chosen."""
        return catalogue.load(self.layout)

    @cached_property
    def deployment(self) -> Deployment:
        """What it comes to; raises a GatewayError when the choices or the catalogue do not allow one."""
        return settling.settle(self.choices, self.catalogue)

    @cached_property
    def findings(self) -> dict[str, Finding]:
        """Where the value of each needed variable comes from."""
        deployment = self.deployment
        names = (*deployment.needs, *deployment.optional, *(network.HINTS if deployment.proxied else ()))
        found = environment.find([deployment.variable(name) for name in names], self.layout, os.environ)
        found |= self.given | self.answers
        token = deployment.credential
        if self.unasked and found[token].value is None:
            found[token] = environment.Finding(token, Secret(UNKNOWN), f"{self.unasked}, when it is deployed")
        known = {name: each.plain for name, each in found.items() if each.plain is not None}
        made = network.derived(deployment, known, str(self.layout.certificates))
        kept = {name: each for name, each in found.items() if name not in network.HINTS}
        return kept | {name: environment.Finding(name, each.value, each.source) for name, each in made.items()}

    @property
    def unasked(self) -> str:
        """The reference of a token that only a program of the user's can tell, where this run only looks; else ""."""
        flags, reference = self.flags, self.choices.token or ""
        others = flags.token_stdin or flags.token_file or not (self.looks_only or flags.dry_run)
        return reference if reference.startswith(references.RUNNING) and not others else ""

    @cached_property
    def given(self) -> dict[str, Finding]:
        """The values that come with this command, or are where a choice says; read once, when the first is needed."""
        flags, token = self.flags, self.deployment.credential
        made: dict[str, Finding] = {}
        if flags.token_stdin:
            made[token] = environment.Finding(
                token, references.from_stdin(token, ask=not flags.no_input), "standard input"
            )
        elif flags.token_file:
            made[token] = environment.Finding(token, references.from_file(flags.token_file), flags.token_file)
        elif (reference := self.choices.token) and not self.unasked:
            made[token] = environment.Finding(token, references.resolved(reference, os.environ), reference)
        if name := flags.proxy_auth_file:
            user, password = references.user_and_password(references.from_file(name), name)
            for each, half in zip(network.HINTS, (user, password), strict=True):
                made[each] = environment.Finding(each, half, name)
        return made

    @cached_property
    def neighbours(self) -> list[Neighbour]:
        """Other tools that own Claude Code's settings at the moment."""
        return other_tools.present(self.layout, self.catalogue.neighbours.values())

    @property
    def values(self) -> Values:
        """The needed variables that have a value."""
        return {name: found.value for name, found in self.findings.items() if found.value is not None}

    @cached_property
    def complete_values(self) -> Values:
        """The values to install: as found, and a key made for this gateway when there is none yet."""
        made = {name: environment.generate_key() for name, found in self.findings.items() if found.needs_key}
        return {**self.values, **made}

    def settle(self, options: dict[str, Any], *, asking: bool = False) -> None:
        """Take the options of the command line; a wrong one ends doit with one sentence, exit 3.

        *asking*: what they leave open is asked for next, so it is not missed yet.
        """
        flags = {name: options.pop(name) for name in rules.Flags._fields if name in options and name != "force"}
        if flags["token_stdin"] and flags["token_file"]:
            raise command_line.refused("--token-stdin and --token-file cannot both be meant; choose one")
        for name in ("token_file", "proxy_auth_file"):
            flags[name] = _absolute(flags[name]) if flags[name] else None
        if flags["ours"] and flags["theirs"]:
            raise command_line.refused("--ours and --theirs cannot both be meant; choose one")
        forced = options.pop("force") or ""
        self.profile = options.pop("profile", None)
        given = {name: _joined(value) for name, value in options.items() if value not in (None, [])}
        self.typed = dict(given)
        try:
            self.flags = rules.Flags(**flags, force=rules.names(forced, "--force"))
            if self.profile:
                self._choices = self._named(self.profile, given)
            if given:
                self._choices = self._over(self.choices, given)
            if given or forced or self.profile:
                _ = None if asking else self.deployment
                self._check_forced()
        except UsageError as error:
            raise command_line.refused(error) from None
        except GatewayError:
            return  # the catalogue is damaged: the steps will say where

    def answer(
        self, options: Mapping[str, str] | None = None, values: Mapping[str, Finding] | None = None, **flags: bool
    ) -> None:
        """Take what was answered to a question, as if it had been an option, a flag or a value that was found."""
        self._choices = self.choices.asked(**(options or {}))
        self.typed |= options or {}
        self.flags = self.flags._replace(**flags)  # type: ignore[arg-type]
        self.answers |= values or {}
        for name in ("deployment", "findings", "complete_values"):  # worked out from what was known before
            self.__dict__.pop(name, None)

    def forced(self, name: str) -> None:
        """Take it that this deployment may go over the tool *name*."""
        self.flags = self.flags._replace(force=(*self.flags.force, name))

    def follow(self, promise: dict[str, Any], *, yes: bool) -> None:
        """Take choices and flags of a saved plan, to be held to (see tasks.apply)."""
        self._choices = rules.Choices.from_json(promise["choices"])
        flags = {name: value for name, value in promise["flags"].items() if name in rules.Flags._fields}
        self.flags = rules.Flags(**{**flags, "force": tuple(flags["force"]), "yes": yes})
        self.profile, self.promise = promise["profile"], promise

    def of_profile(self, name: str | None) -> Asked:
        """What would be asked for by choosing the profile *name* here; None: what is chosen."""
        return self.of_choices(named.read(self.layout, name).at(self.choices) if name else self.choices)

    def of_choices(self, choices: Choices) -> Asked:
        """What would be asked for by *choices*."""
        other = Asked()
        other._choices = choices
        return other

    def _named(self, name: str, given: dict[str, str]) -> Choices:
        """What to begin with for the profile *name*: its choices.

        For one that there is not yet: what was chosen; of that only what is of this machine, where a preset is named.
        """
        target = given.get("target")
        layout = Layout.of(os.environ, _absolute(target) if target else self.choices.target)
        if named.exists(layout, name):
            return named.read(layout, name).at(self.choices)
        return self.choices.of_this_machine() if "preset" in given else self.choices

    def _check_forced(self) -> None:
        known = {each.id: each.name for each in self.catalogue.neighbours.values()}
        for name in self.flags.force:
            if name not in known:
                raise rules.unknown("tool", name, known)

    def _over(self, before: Choices, given: dict[str, str]) -> Choices:
        add = rules.names(given.pop("add_models", ""), "--add-models")
        remove = rules.names(given.pop("remove_models", ""), "--remove-models")
        for option in given.keys() & {"target", "litellm", "ca_bundle", "client_cert", "client_key"}:
            given[option] = _absolute(given[option])
        if given.get("scope") == "project":
            given["scope"] = get_initial_workdir()
        after = before.asked(**given)
        if after.scope != before.scope:
            _refuse_to_move(placed(before._replace(target=after.target)))
        if add or remove:
            current = [m.id for m in settling.settle(_untiered(after), catalogue.load(Layout.of(os.environ))).models]
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


def placed(choices: Choices) -> Layout:
    """Where *choices* say that it goes."""
    return Layout.of(os.environ, choices.target).of_scope(choices.scope)


def remembered(layout: Layout) -> Choices:
    """What was last chosen here; in a fresh clone what the installed manifest says; else the embedded default.

    Whose Claude Code is joined only the manifest can tell: another clone may have joined it.
    """
    noted = files.read_line(layout.pointer)
    places = [layout.manifest, *([Path(noted) / layout.manifest.name] if noted else [])]
    installed = [found for path in places if (found := _choices(_manifest(path))) is not None]
    chosen = next(
        (found for found in (_choices(_json(layout.choices)), *installed) if found is not None), rules.Choices()
    )
    stands = _choices(_manifest(Path(chosen.target, layout.manifest.name) if chosen.target else layout.manifest))
    return chosen if stands is None else chosen._replace(scope=stands.scope)


def _choices(data: object) -> Choices | None:
    """The choices in *data*; of another version's: as if there were none."""
    try:
        return None if data is None else rules.Choices.from_json(data)
    except GatewayError:
        return None


def _manifest(path: Path) -> object:
    """The choices that a manifest tells; of a damaged one those of the last revision beside it."""
    data = _json(path)
    if isinstance(data, dict) and "choices" in data:
        return data["choices"]
    if not path.exists():
        return None
    from tasks.core.history import history

    kept = history.last(Layout.of(os.environ, str(path.parent)))
    return None if kept is None else kept.choices


def _refuse_to_move(layout: Layout) -> None:
    """The way back is known for one settings file only: it is gone before another one is joined."""
    if layout.manifest.exists():
        raise UsageError(
            f"Claude Code is joined through {layout.settings}",
            "Give that back first: doit uninstall. Then choose --scope.",
        )


def _untiered(choices: Choices) -> Choices:
    return choices._replace(opus=None, sonnet=None, haiku=None)


def _json(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        return json.loads(files.read(path) or b"null")
    except (OSError, ValueError):
        return None


def _joined(value: str | list[str]) -> str:
    """An option that may be given several times, as one text."""
    return value if isinstance(value, str) else "\n".join(value)


def _absolute(text: str) -> str:
    """A path as typed, from where it was typed."""
    return (
        os.path.normpath(Path(get_initial_workdir(), Path(text).expanduser())) if ".." not in text.split("/") else text
    )
