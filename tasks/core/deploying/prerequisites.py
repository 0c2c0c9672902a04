"""Whether a deployment can be made here: values, programs, disk space, permissions."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.claude import git_ignore, ledger, other_tools, settings_types, token_binding
from tasks.core.console import console
from tasks.core.deploying import caveats, install, place
from tasks.core.disk import atomic, files
from tasks.core.http import tls
from tasks.core.litellm import litellm
from tasks.core.model.deployment import PASSPHRASE
from tasks.core.model.errors import Conflict, GatewayError, UsageError
from tasks.core.service import processes
from tasks.core.text import json_edit
from tasks.core.values import environment

if TYPE_CHECKING:
    from tasks.core.deploying.request import Request
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.layout import Layout
    from tasks.core.values.environment import Finding


MISSING = "{0.variable}: {0.problem}\n    {0.remedy}"


def list_facts(resolved: Resolved) -> list[object]:
    """Everything that can change the outcome, for the up-to-date check."""
    request = resolved.request
    return [
        request.choices.to_json(),
        request.is_guess,
        _list_values(resolved),
        _list_program_facts(resolved),
        _list_surroundings(resolved),
        str(resolved.layout.claude),
        _list_port(resolved),
        request.flags.allow_missing,
        time.strftime("%Y-%m-%d"),
    ]


def check(resolved: Resolved) -> None:
    """Raise the first reason why this cannot be deployed here."""
    check_place_and_settings(resolved)
    check_port(resolved)
    check_values(resolved)


def check_place_and_settings(resolved: Resolved) -> None:
    """The same without the values and the port, for which only deploying stops."""
    layout = resolved.layout
    request = resolved.request
    place.check(layout)
    check_chosen(request)
    check_process(resolved)
    check_settings(layout)
    git_ignore.refuse(layout)
    check_certificates(resolved.deployment)
    tls.check_client_certificate(
        request.choices,
        resolved.values.get(PASSPHRASE),
    )
    other_tools.refuse(
        layout,
        resolved.context.neighbours,
        request.flags.force,
    )
    token_binding.check(
        layout,
        resolved.context.catalogue,
        resolved.deployment,
        resolved.findings,
    )
    install.plan_settings(resolved).check_settings()


def check_chosen(request: Request) -> None:
    """UsageError where nothing says what to deploy: the demo is for tasting, not for scripts."""
    if request.is_guess:
        raise UsageError(
            "nothing is deployed or chosen here yet, so it is not clear what to deploy",
            "Name a preset: doit deploy --preset demo. All there are: docs/models.md",
        )


def describe_origin(
    found: Finding,
    *,
    is_secret: bool,
) -> str:
    """Where a value comes from, and the value itself when it is no secret."""
    note = ""
    if found.note:
        note = f" ({found.note})"
    if found.value is None:
        text = "not found"
        if found.needs_key:
            text = "made for this gateway"
        return text + note
    via = ""
    if found.via:
        via = f" (as {found.via})"
    value = "set"
    if not is_secret:
        value = str(found.value)
    return f"{value}, from {found.source}{via}{note}"


def check_process(resolved: Resolved) -> None:
    """Conflict when a gateway would go on running without the scripts that stop it."""
    gateway = resolved.deployment.gateway
    layout = resolved.layout
    if gateway.process:
        return
    if processes.running(layout):
        running = "the gateway of this machine still runs"
        raise Conflict(
            f"{running}, and {gateway.name} takes its place",
            "Stop it first: doit stop",
            where=str(layout.gateway),
        )


def check_port(resolved: Resolved) -> None:
    """Whether another program has the gateway's port: an error for a deployment that starts it."""
    problem = find_port_problem(resolved)
    if problem and resolved.request.flags.start:
        raise GatewayError(problem, processes.FREE_PORT)
    warn_of_port(resolved)


def warn_of_port(resolved: Resolved) -> None:
    """Warn of another program that has the gateway's port."""
    problem = find_port_problem(resolved)
    if problem:
        console.warn(f"{problem}; the gateway cannot start before that ends. {processes.FREE_PORT}")


def find_port_problem(resolved: Resolved) -> str:
    """Which other program has the gateway's port; "" when none has."""
    deployment = resolved.deployment
    if not deployment.gateway.process:
        return ""
    listener = processes.listener(deployment.port, resolved.layout)
    if listener.kind != "foreign":
        return ""
    return f"port {deployment.port} is {listener}"


def check_settings(layout: Layout) -> None:
    """Whether Claude Code's settings can be edited, and are read by it.

    InvalidInput before anything is written: they are never started afresh.
    """
    path = files.real_target(layout.settings)
    data = files.read(path)
    if data is not None:
        where = str(layout.settings)
        document = json_edit.parse(data, where)
        document.edited({ledger.BASE_URL: ""})
        atomic.examine(path)
        settings_types.check(
            document,
            layout.templates,
            where,
        )


def check_certificates(deployment: Deployment) -> None:
    """Whether the network's certificates can be read; warns when they have ended."""
    bundle = deployment.choices.ca_bundle
    if not bundle:
        return
    certificates = tls.read_bundle(Path(bundle))
    ended = tls.find_expired(certificates, bundle)
    if ended:
        console.warn(f"{bundle}: {ended.says}")


def check_values(resolved: Resolved) -> None:
    """Whether every needed variable has a usable value; with --allow-missing a warning."""
    missing = find_missing(resolved)
    errors = [MISSING.format(problem) for problem in missing]
    if errors:
        needs = resolved.deployment.needs
        count = f"{len(errors)} of {len(needs)}"
        listing = "\n  ".join(errors)
        raise GatewayError(
            f"{count} values are not usable\n  {listing}",
            "To go on without and fill in .env later: doit deploy --allow-missing",
        )


def find_missing(resolved: Resolved) -> list[environment.Problem]:
    """The values without which deploying stops; warns of what is only doubtful.

    With --allow-missing it stops for none.
    """
    allows_missing = resolved.request.flags.allow_missing
    missing = []
    for problem in _find_problems(resolved):
        if allows_missing or problem.severity != "error":
            console.warn(f"{problem.variable}: {problem.problem}. {problem.remedy}")
        else:
            missing.append(problem)
    return missing


def _find_problems(resolved: Resolved) -> list[environment.Problem]:
    """What is wrong with the values."""
    deployment = resolved.deployment
    # These certificates are not there yet: they are deployed with the rest.
    deployed = str(resolved.layout.certificates)
    findings = {}
    variables = {}
    for name, found in resolved.findings.items():
        if found.plain != deployed:
            findings[name] = found
            variables[name] = deployment.variable(name)
    needed = [name for name in deployment.needs if name in findings]
    return environment.problems(
        findings,
        variables,
        needed,
    )


def _list_values(resolved: Resolved) -> list[object]:
    """Each value, and where it comes from."""
    listed: list[object] = []
    for name, found in resolved.findings.items():
        origin = _find_origin(found, resolved.layout)
        listed.append([name, origin, found.note])
    return listed


def _find_origin(found: Finding, layout: Layout) -> tuple[object, str]:
    """A value and where it comes from.

    One that is, or is going to be, in the gateway's .env is as it should be.
    """
    stored = f"{layout.gateway.name}/{layout.env_file.name}"
    if found.needs_key or found.source.endswith(stored):
        return None, "the gateway"
    return found.value, found.source


def _list_program_facts(resolved: Resolved) -> list[object]:
    """What LiteLLM lacks, and why it is refused.

    A LiteLLM without faults is the same as none: it may come after the deployment.
    """
    located = litellm.find(
        resolved.layout,
        os.environ,
        resolved.request.choices.litellm,
    )
    if not located:
        return [[], ""]
    missing = litellm.missing_modules(
        located,
        resolved.deployment.modules,
    )
    return [missing, str(litellm.refusal(located) or "")]


def _list_port(resolved: Resolved) -> list[object]:
    """The port, where the gateway is to start and a program answers there already."""
    deployment = resolved.deployment
    if not resolved.request.flags.start or not deployment.gateway.process:
        return []
    if not processes.is_answered(deployment.port):
        return []
    return [deployment.port]


def _list_surroundings(resolved: Resolved) -> list[str]:
    """Other tools, git, the network."""
    tools = [tool.id for tool in resolved.context.neighbours]
    listed = [
        *tools,
        git_ignore.seen(resolved.layout),
        *caveats.find_network_caveats(resolved),
    ]
    bundle = resolved.request.choices.ca_bundle
    if bundle:
        listed.append(str(files.read(Path(bundle))))
    return listed
