"""What may surprise of a deployment, a sentence each; a plan shows them as well."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from tasks.core.claude import git_ignore, logins
from tasks.core.deploying import situation
from tasks.core.disk import files, programs
from tasks.core.history import history
from tasks.core.litellm import litellm
from tasks.core.model import network
from tasks.core.model.catalogue import TIERS
from tasks.core.model.deployment import discloses
from tasks.core.model.upstream import SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.litellm.litellm import Found
    from tasks.core.model.catalogue import Model
    from tasks.core.model.deployment import Deployment


def find_caveats(resolved: Resolved) -> Iterator[str]:
    """Everything that may surprise, except for what concerns programs of this machine."""
    yield from find_lasting_caveats(resolved)
    yield from find_breaks(resolved)


def find_lasting_caveats(resolved: Resolved) -> Iterator[str]:
    """What surprises as long as this is deployed."""
    yield from find_model_caveats(resolved.deployment)
    yield from find_network_caveats(resolved)
    yield from git_ignore.doubts(resolved.layout)
    yield from _find_login_caveats(resolved)
    settings = resolved.layout.settings
    if _discloses_token(resolved) and files.open_to_others(settings):
        yield (
            f"other users of this machine can read {settings}, in which the gateway's token "
            "stands; chmod 600 it, or have a helper print the token: --auth apikeyhelper"
        )


def _find_former_gateway(resolved: Resolved) -> Iterator[str]:
    """That Claude Code was connected by other means, which a first deployment ends."""
    address = situation.find_other_gateway(resolved.layout)
    if not address or address == resolved.deployment.url:
        return
    yield (
        f"Claude Code's settings point at another gateway, {address}, until this is deployed; "
        "doit uninstall brings it back"
    )


def _find_login_caveats(resolved: Resolved) -> Iterator[str]:
    """That a login of the user's is sent, and whether there is one."""
    deployment = resolved.deployment
    if deployment.auth != SUBSCRIPTION:
        return
    yield f"Claude Code sends your Claude login to {deployment.url}, with every request"
    if logins.find_login(resolved.layout) is None and sys.platform != "darwin":
        yield "no Claude login is found; Claude Code needs one: claude auth login"


def find_model_caveats(deployment: Deployment) -> Iterator[str]:
    """What may surprise of the models.

    Models past their end; tiers without a model, or with one that cannot call tools.
    """
    today = time.strftime("%Y-%m-%d")
    for model in deployment.models:
        if model.retired(today):
            yield _describe_end(model)
    yield from _find_name_caveats(deployment)
    yield from _find_tool_caveats(deployment)


def find_network_caveats(resolved: Resolved) -> list[str]:
    """What may surprise of the way out of this network.

    It depends on the proxy that was found, and on the variables of the shell.
    """
    known = {}
    for name, found in resolved.findings.items():
        if found.plain:
            known[name] = found.plain
    doubts = network.doubts(
        resolved.deployment,
        known,
        os.environ,
    )
    return [*doubts]


def find_absent_programs(resolved: Resolved) -> Iterator[str]:
    """What is missing on this machine and can be installed later.

    Programs are looked for; none is run. Only absolute folders of PATH count.
    """
    claude = programs.find("claude")
    if not claude:
        install = "npm install -g @anthropic-ai/claude-code"
        yield f"Claude Code is not on PATH; it can be installed later: {install}"
    # With --start it is installed by this very command.
    if resolved.request.flags.start or not resolved.deployment.gateway.process:
        return
    if _find_litellm(resolved) is None:
        yield "LiteLLM is not installed; it is needed to start the gateway: doit litellm"


def find_program_faults(resolved: Resolved) -> Iterator[str]:
    """What a LiteLLM that is installed lacks; one that is refused is an error.

    None is as good as one without faults: it may come after the deployment.
    """
    if not resolved.deployment.gateway.process:
        return
    found = _find_litellm(resolved)
    if found is None:
        return
    refusal = litellm.refusal(found)
    if refusal:
        raise refusal
    yield from litellm.warnings(found)
    missing = litellm.missing_modules(
        found,
        resolved.deployment.modules,
    )
    for module in missing:
        lack = f"lacks {module}, which these models need"
        yield f"LiteLLM at {found.executable} {lack}: doit litellm"


def _find_litellm(resolved: Resolved) -> Found | None:
    return litellm.find(
        resolved.layout,
        os.environ,
        resolved.request.choices.litellm,
    )


def _discloses_token(resolved: Resolved) -> bool:
    """Whether the token is going to be in settings.json.

    A helper that prints it keeps it out of there.
    """
    known = []
    for name, found in resolved.findings.items():
        has_value = found.value is not None
        if has_value or found.needs_key:
            known.append(name)
    return discloses(
        resolved.deployment,
        known,
    )


def _describe_end(model: Model) -> str:
    """That a model was to end; and which takes its place, if one does."""
    text = f"{model.id} was to end on {model.retires_on} and may not answer any more"
    if model.replacement:
        text += f"; {model.replacement} takes its place"
    return text


def _find_name_caveats(deployment: Deployment) -> Iterator[str]:
    """That Claude Code asks for its own names, where no tier, or not each, has a model."""
    gateway = deployment.gateway
    if deployment.upstream:
        gateway = deployment.upstream.gateway
    if gateway.model_names and not deployment.names:
        yield (
            "Claude Code will ask for its own model names; "
            "to name others: --opus, --sonnet, --haiku. "
            f"{gateway.model_names}"
        )
    missing = [f"--{tier}" for tier in TIERS if tier not in deployment.names]
    if deployment.names and missing:
        yield (
            "only some tiers have a model of the gateway; for the others Claude Code asks "
            f"its own names ({', '.join(missing)})"
        )


def _find_tool_caveats(deployment: Deployment) -> Iterator[str]:
    """Which tiers have a model that cannot call tools, and what to do; a model once."""
    tiers: dict[str, list[str]] = {}
    for tier, model in deployment.tiers.items():
        tiers.setdefault(
            model.id,
            [],
        ).append(tier)
    for model in deployment.tiers.values():
        served = tiers.pop(
            model.id,
            None,
        )
        if served is None or model.tools == "yes":
            continue
        if model.id == deployment.answered_here:
            continue
        lack = "is not known to call tools"
        if model.tools == "no":
            lack = "cannot call tools"
        names = ", ".join(served)
        fix = f"choose another with --{served[0]} MODEL"
        yield f"{model.id} serves {names}, but {lack}; {fix}"


def find_breaks(resolved: Resolved) -> Iterator[str]:
    """What works now and will not work as before."""
    manifest = history.installed(resolved.layout)
    if manifest is None:
        yield from _find_former_gateway(resolved)
        return
    url = resolved.deployment.url
    if manifest.gateway_url != url:
        move = f"from {manifest.gateway_url} to {url}"
        yield f"the gateway moves {move}; restart a claude that is open"
    served = resolved.deployment.served
    gone = [name for name in manifest.models if name not in served]
    if gone:
        names = ", ".join(gone)
        fix = "a session that uses one must choose another (/model)"
        yield f"no longer served: {names}; {fix}"
