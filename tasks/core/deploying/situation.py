"""What is known before the next question of an interview.

That is what was typed, what is on the disk, and what is missing.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from tasks.core.claude.ledger import BASE_URL
from tasks.core.deploying import detection
from tasks.core.disk import files
from tasks.core.history import history
from tasks.core.litellm import litellm
from tasks.core.model.choices import Choices
from tasks.core.model.errors import GatewayError
from tasks.core.secrets import hide
from tasks.core.service import processes
from tasks.core.text import json_edit
from tasks.core.values import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.context import Context
    from tasks.core.deploying.detection import Offer
    from tasks.core.deploying.request import Request
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.catalogue import Variable
    from tasks.core.model.layout import Layout


class Lack(NamedTuple):
    """A variable without a value that can be used: why, and how to get one."""

    variable: Variable
    problem: str
    remedy: str


class Situation(NamedTuple):
    """What is known before the next question.

    - *asks_all*: every choice is asked for, beginning with what there is now
    - *has_choice*: it was chosen before what to deploy, or something is deployed
    - *settled*: the questions that have their answer, by an option or typed
    - *deployed*: in one line, the gateway of this project in that folder
    - *foreign_files*: other files there that have the names of ours
    - *other_gateway*: the address of another gateway that the settings point at
    - *other_tools*: that own the settings; each with its name for --force and its own
    - *offers*: the answers to "What do you have?"
    - *asks_tiers*: the suggested tiers are not wanted
    - *assessed*: the choices that *lacks* and *install_size* are of
    - *lacks*, *install_size* ("" where LiteLLM is installed): of the choices as they are now
    """

    choices: Choices
    asks_all: bool = True
    has_choice: bool = False
    settled: frozenset[str] = frozenset()
    start: bool = False
    deployed: str = ""
    foreign_files: tuple[str, ...] = ()
    other_gateway: str = ""
    other_tools: tuple[tuple[str, str], ...] = ()
    offers: tuple[Offer, ...] = ()
    asks_tiers: bool = False
    assessed: Choices | None = None
    lacks: tuple[Lack, ...] = ()
    install_size: str = ""
    is_running: bool = False
    today: str = ""

    def with_request(self, request: Request) -> Situation:
        """With the choices and flags of *request*."""
        return self._replace(
            choices=request.choices,
            start=request.flags.start,
        )

    def settling(self, question: str) -> Situation:
        """With an answer to *question*."""
        return self._replace(settled=self.settled | {question})

    def without_lack(self, name: str) -> Situation:
        """With a value for the variable *name*."""
        lacks = [lack for lack in self.lacks if lack.variable.name != name]
        return self._replace(lacks=tuple(lacks))


def assess(
    resolved: Resolved,
    settled: frozenset[str],
    *,
    asks_all: bool,
) -> Situation:
    """What is known before the first question: what was typed, and what is where this goes."""
    request = resolved.request
    layout = resolved.layout
    situation = Situation(
        request.choices,
        asks_all=asks_all,
        has_choice=request.known_choices is not None,
        settled=settled,
        start=request.flags.start,
        other_tools=_other_tools(
            request,
            resolved.context,
        ),
        today=time.strftime("%Y-%m-%d"),
    )
    if asks_all:
        situation = situation._replace(offers=detection.find_offers(resolved.context))
    if request.flags.yes:
        return situation
    if not layout.manifest.exists():
        return situation._replace(
            foreign_files=tuple(_foreign_files(resolved.context)),
            other_gateway=find_other_gateway(layout),
        )
    if asks_all:
        return situation._replace(deployed=_describe_deployed(layout))
    return situation


def assess_machine(
    situation: Situation,
    resolved: Resolved,
) -> Situation:
    """With what is missing on this machine for the choices as they are now."""
    install_size = litellm.TAKES
    if resolved.request.flags.yes or has_litellm(resolved):
        install_size = ""
    return situation._replace(
        assessed=resolved.request.choices,
        lacks=tuple(_find_lacks(resolved)),
        install_size=install_size,
        is_running=processes.running(resolved.layout) is not None,
    )


def has_litellm(resolved: Resolved) -> bool:
    """Whether there is a LiteLLM to run the gateway with."""
    chosen = resolved.request.choices.litellm
    return (
        litellm.find(
            resolved.layout,
            os.environ,
            chosen,
        )
        is not None
    )


def lacks_litellm(resolved: Resolved) -> bool:
    """Whether the gateway would run here, and there is nothing to run it with."""
    return bool(resolved.deployment.gateway.process) and not has_litellm(resolved)


def has_to_install_litellm(resolved: Resolved) -> bool:
    """Whether a deployment that starts the gateway has to install LiteLLM first."""
    return resolved.request.flags.start and lacks_litellm(resolved)


def _describe_deployed(layout: Layout) -> str:
    """The gateway in that folder, which this checkout knows nothing of."""
    manifest = history.installed(layout)
    if manifest is None:
        return ""
    preset = manifest.choices.get(
        "preset",
        Choices().preset,
    )
    number = len(manifest.models)
    models = f", {number} models" if number > 1 else ""
    return f"{preset}{models}, revision {manifest.revision} of {manifest.timestamp}"


def _foreign_files(context: Context) -> list[str]:
    """The files in that folder that have names of ours."""
    folder = context.layout.gateway
    if not folder.is_dir():
        return []
    names = set()
    for gateway in context.catalogue.gateways.values():
        names |= {artifact.file for artifact in gateway.artifacts}
    return sorted(name for name in names if (folder / name).exists())


def find_other_gateway(layout: Layout) -> str:
    """The address that Claude Code's settings point at."""
    try:
        data = files.read(files.real_target(layout.settings))
        settings = json_edit.parse(data or json_edit.NEW_FILE)
    except (GatewayError, OSError):
        return ""  # the plan says what is wrong
    address = settings.value(BASE_URL)
    if not isinstance(address, str):
        return ""
    return hide.hide_value(
        BASE_URL[-1],
        address,
    )


def _other_tools(
    request: Request,
    context: Context,
) -> tuple[tuple[str, str], ...]:
    """The other tools that own the settings and were not named with --force."""
    forced = request.flags.force
    tools = [tool for tool in context.neighbours if tool.id not in forced]
    return tuple((tool.id, tool.name) for tool in tools)


def _find_lacks(resolved: Resolved) -> Iterator[Lack]:
    """The values that are missing or invalid."""
    if resolved.request.flags.allow_missing:
        return
    deployment, findings = resolved.deployment, resolved.findings
    variables = {name: deployment.variable(name) for name in findings}
    needed = [name for name in deployment.needs if name in findings]
    address = resolved.request.choices.gateway_url
    for problem in environment.problems(
        findings,
        variables,
        needed,
    ):
        if problem.severity != "error":
            continue
        remedy = problem.remedy
        if address and problem.variable == deployment.credential:
            remedy += f" It is shown to {address} only."
        yield Lack(
            variables[problem.variable],
            problem.problem,
            remedy,
        )
