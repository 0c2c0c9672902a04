"""Whether a deployment can be made here: values, programs, disk space, permissions.

A check raises the first reason not to deploy, and yields what is doubtful. That also decides
whether preflight looks again: each deployment makes all checks, and preflight runs when one raises,
or finds something else than last time. So nothing that a check reads can be left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.claude import git_ignore, ledger, other_tools, settings_types, token_binding
from tasks.core.console import console
from tasks.core.deploying import caveats, install, place
from tasks.core.disk import atomic, files
from tasks.core.model.deployment import PASSPHRASE
from tasks.core.model.errors import Conflict, GatewayError, UsageError
from tasks.core.service import processes
from tasks.core.text import json_edit
from tasks.core.values import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.request import Request
    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.layout import Layout
    from tasks.core.values.environment import Finding


MISSING = "{0.variable}: {0.problem}\n    {0.remedy}"


def list_facts(resolved: Resolved) -> list[object]:
    """What preflight shows and finds, for the up-to-date check; a GatewayError where it stops."""
    return [
        resolved.request.choices.to_json(),
        str(resolved.layout.claude),
        _list_values(resolved),
        [*find_doubts(resolved)],
    ]


def find_doubts(resolved: Resolved) -> Iterator[str]:
    """Make every check; raise the first reason why this cannot be deployed here."""
    yield from caveats.find_lasting_caveats(resolved)
    yield from caveats.find_program_faults(resolved)
    yield from find_place_doubts(resolved)
    check_port(resolved)
    yield from check_values(resolved)


def find_place_doubts(resolved: Resolved) -> Iterator[str]:
    """The same without the values, the port and LiteLLM, for which only deploying stops."""
    layout = resolved.layout
    request = resolved.request
    place.check(layout)
    check_chosen(request)
    check_process(resolved)
    check_settings(layout)
    git_ignore.refuse(layout)
    yield from find_certificate_doubts(resolved.deployment)
    check_client_certificate(resolved)
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


def check_client_certificate(resolved: Resolved) -> None:
    """InvalidInput when the chosen certificate and key cannot be used."""
    choices = resolved.request.choices
    if choices.client_cert or choices.client_key:
        from tasks.core.http import tls  # no other deployment needs ssl

        passphrase = resolved.values.get(PASSPHRASE)
        tls.check_client_certificate(choices, passphrase)


def check_chosen(request: Request) -> None:
    """UsageError where nothing says what to deploy: the demo is for tasting, not for scripts."""
    if request.is_guess:
        raise UsageError(
            "nothing is deployed or chosen here yet, so it is not clear what to deploy",
            "Name a preset: doit deploy --preset demo. All there are: doit help deploy",
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
    """GatewayError when the gateway is to start, and another program has its port."""
    if not resolved.request.flags.start:
        return
    problem = find_port_problem(resolved)
    if problem:
        raise GatewayError(problem, processes.FREE_PORT)


def find_port_doubts(resolved: Resolved) -> Iterator[str]:
    """That another program has the gateway's port, which may end before the gateway starts."""
    problem = find_port_problem(resolved)
    if problem:
        yield f"{problem}; the gateway cannot start before that ends. {processes.FREE_PORT}"


def find_port_problem(resolved: Resolved) -> str:
    """Which other program has the gateway's port; "" when none has."""
    deployment = resolved.deployment
    if not deployment.gateway.process:
        return ""
    listener = processes.listener(
        deployment.port,
        resolved.layout,
    )
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


def find_certificate_doubts(deployment: Deployment) -> Iterator[str]:
    """Whether the network's certificates can be read, and that they have ended."""
    bundle = deployment.choices.ca_bundle
    if not bundle:
        return
    from tasks.core.http import tls

    certificates = tls.read_bundle(Path(bundle))
    ended = tls.find_expired(certificates, bundle)
    if ended:
        yield f"{bundle}: {ended.says}"


def check_values(resolved: Resolved) -> list[str]:
    """What is doubtful of the values; GatewayError where a needed one is not usable.

    With --allow-missing that is doubtful, too.
    """
    missing, doubts = sort_problems(resolved)
    errors = [MISSING.format(problem) for problem in missing]
    if errors:
        for text in doubts:
            console.warn(text)
        needs = resolved.deployment.needs
        count = f"{len(errors)} of {len(needs)}"
        listing = "\n  ".join(errors)
        raise GatewayError(
            f"{count} values are not usable\n  {listing}",
            "To go on without and fill in .env later: doit deploy --allow-missing",
        )
    return doubts


def sort_problems(resolved: Resolved) -> tuple[list[environment.Problem], list[str]]:
    """The values without which deploying stops, and what is only doubtful.

    With --allow-missing it stops for none.
    """
    allows_missing = resolved.request.flags.allow_missing
    missing, doubts = [], []
    for problem in _find_problems(resolved):
        if allows_missing or problem.severity != "error":
            doubts.append(f"{problem.variable}: {problem.problem}. {problem.remedy}")
        else:
            missing.append(problem)
    return missing, doubts


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
