"""What the doctor finds: one check per link of the way of a request, and what they come to together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.catalogue import catalogue
from tasks.core.claude import asked_page
from tasks.core.deploying import drift
from tasks.core.deploying.context import Context
from tasks.core.deploying.request import Request
from tasks.core.deploying.resolve import resolve
from tasks.core.disk import programs
from tasks.core.doctor import probe, reach
from tasks.core.doctor import remote as doctor_remote
from tasks.core.doctor.remote import Remote
from tasks.core.history import history
from tasks.core.http import gateway
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import Deployment, settle
from tasks.core.model.errors import Unhealthy
from tasks.core.service import replies
from tasks.core.service.state import State
from tasks.core.values import env_file

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from tasks.core.claude.layers import Layers
    from tasks.core.deploying.drift import Comparison
    from tasks.core.deploying.expected import Memo
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.doctor.probe import Run
    from tasks.core.http.gateway import Key as AccessKey
    from tasks.core.http.probe import Reached
    from tasks.core.model.catalogue import Catalogue
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest
    from tasks.core.model.secret import Secret
    from tasks.core.service.processes import Instance


OK, WARN, FAIL, SKIP = "ok", "warn", "fail", "skip"

LINKS = {
    "client": "is Claude Code installed?",
    "settings": "do its settings say what was deployed, and does nobody overrule them?",
    "starters": "do editors, shells and wrappers start it as deployed?",
    "credentials": "does it show exactly one credential?",
    "address": "does it ask the gateway, and nobody else?",
    "network": "does the network let it through: proxy, certificates?",
    "files": "is the gateway's folder as it was left?",
    "program": "is there a LiteLLM that may be run?",
    "port": "is the gateway's port free, or its own?",
    "process": "does the gateway run, with what was last deployed?",
    "readiness": "does it answer?",
    "key": "does it take its key, and no other?",
    "models": "does it serve what was deployed?",
    "names": "does it know every name that Claude Code asks for?",
    "providers": "does it have what its providers want to see?",
    "hosts": "can each provider be reached from here? Only with --providers",
    "replies": "does the model of each tier answer? Only with --deep, which may cost money",
    "probe": "what does the installed Claude Code really ask, and show? Only with --probe",
}
"""The links in the order in which a request meets them, each with its question."""


class Check(NamedTuple):
    """What was found at one link: a state, a line, where, how to mend it, and our own command that does (its words)."""

    link: str
    state: str
    says: str
    where: str = ""
    fix: str = ""
    verb: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is printed for a program."""
        return {**self._asdict(), "verb": list(self.verb)}


def broken(checks: Iterable[Check]) -> Check | None:
    """The first broken link."""
    return next((each for each in checks if each.state == FAIL), None)


class Modes(NamedTuple):
    """How deeply to look: at the models too (*deep*), at the hosts of the *providers* too.

    *probe*: at what the installed Claude Code does, which is run for that.
    *is_brief*: only what costs status next to nothing. No program is run, no other machine asked.
    """

    deep: bool = False
    providers: bool = False
    is_brief: bool = False
    probe: bool = False


USUAL = Modes()
BRIEF = Modes(is_brief=True)


def next_verb(checks: Iterable[Check], offered: Container[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The first of our own commands that fixes something and was not *offered* yet."""
    for verb in verbs(checks):
        if verb not in offered:
            return verb
    return None


def verbs(checks: Iterable[Check]) -> list[tuple[str, ...]]:
    """Our own commands that mend something, in the order of the links, each once; what failed comes first."""
    odd = sorted((each for each in checks if each.state in (FAIL, WARN)), key=lambda each: each.state != FAIL)
    return list(dict.fromkeys(each.verb for each in odd if each.verb))


@dataclass(frozen=True)
class Case:
    """What is looked at: read when it is first needed, and once; a case is for one walk."""

    layout: Layout
    layers: Layers
    environ: Mapping[str, str] = field(repr=False)
    modes: Modes = USUAL
    given: Resolved | None = None
    """What is deployed, where that is known already."""
    memo: Memo | None = None

    @cached_property
    def manifest(self) -> Manifest | None:
        """What is deployed; None when nothing is."""
        return history.look(self.layout).manifest

    @cached_property
    def comparison(self) -> Comparison:
        """What is deployed beside what its choices give."""
        if self.manifest is None:
            return drift.NOT_COMPARED
        return drift.compare(self.resolved, self.manifest, self.memo)

    @cached_property
    def resolved(self) -> Resolved:
        """What is deployed, with its values."""
        if self.given is not None:
            return self.given
        choices = Choices()
        if self.manifest is not None:
            choices = Choices.from_json(self.manifest.choices)
        context = Context(self.layout, self.environ)
        return resolve(Request(choices), context)

    @cached_property
    def catalogue(self) -> Catalogue:
        """All that can be chosen."""
        return catalogue.load(self.layout)

    @cached_property
    def deployment(self) -> Deployment | None:
        """What the deployed choices come to; GatewayError when the catalogue does not know them any more."""
        return settle(Choices.from_json(self.manifest.choices), self.catalogue) if self.manifest else None

    @cached_property
    def wanted(self) -> dict[str, str]:
        """What a deployment writes into settings.json in plain text, by the name of the key."""
        if self.deployment is None:
            return {}
        return asked_page.find_wanted(self.deployment)

    @cached_property
    def state(self) -> State | None:
        """Whether the deployed gateway runs, and what it serves; None when nothing is deployed."""
        if self.manifest is None:
            return None
        return State(self.layout, self.manifest, self.token)

    @property
    def runs_here(self) -> bool:
        """Whether the deployed gateway is a process of this machine."""
        return self.state is not None and self.state.is_local

    @property
    def instance(self) -> Instance | None:
        """The running gateway."""
        if self.state is None:
            return None
        return self.state.instance

    @cached_property
    def env(self) -> dict[str, str]:
        """The gateway's .env."""
        return env_file.deployed(self.layout)

    @cached_property
    def served(self) -> list[str] | Unhealthy:
        """The names that the gateway lists, or why it lists none: asked once."""
        assert self.state is not None
        if self.runs_here:
            return self.state.served
        try:
            return doctor_remote.listed(self.remote)
        except Unhealthy as error:
            return error

    @cached_property
    def hosts(self) -> list[Reached]:
        """How far a request to each provider comes; none where that is not looked at."""
        if not self.modes.providers:
            return []
        return reach.reach_hosts(self.resolved, self.environ)

    @cached_property
    def replies(self) -> list[replies.Facts]:
        """What the model of each tier answered; none where that is not looked at."""
        if not self.modes.deep or self.deployment is None:
            return []
        assert self.manifest is not None
        key: AccessKey = self.token
        if not self.runs_here:
            key = gateway.build_caller(self.deployment, self.env)
        state = State(self.layout, self.manifest, key)
        return replies.ask_models(state, replies.find_tiers(self.deployment))

    @cached_property
    def runs(self) -> list[Run]:
        """What the installed Claude Code did; none where it is not there, or is not run."""
        program = programs.find("claude", self.environ)
        if not self.modes.probe or program is None:
            return []
        return probe.run(program, self.layers)

    @property
    def remote(self) -> Remote:
        """The deployed gateway as Claude Code reaches it, where another machine runs it."""
        assert self.manifest is not None
        return Remote(self.manifest.gateway_url, self.layers, self.token)

    @property
    def token(self) -> Secret:
        """What the gateway wants to be shown."""
        variable = self.manifest.token_variable if self.manifest else ""
        return gateway.own_key(self.layout, variable)
