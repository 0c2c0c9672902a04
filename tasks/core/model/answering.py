"""Which of the deployed models answers for a name that Claude Code asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasks.core.model import upstream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.core.model.deployment import Deployment
    from tasks.core.model.upstream import Groups


def find_patterns(deployment: Deployment) -> Groups:
    """What Claude Code may ask for by itself, and who answers.

    Those of its tier come first, then their stand-ins.
    """
    made = {}
    for tier, name in deployment.names.items():
        pattern = deployment.gateway.patterns.format(tier=tier)
        made[pattern] = deployment.answering(name)
    rest = deployment.gateway.patterns.replace("{tier}-", "")
    made[rest] = deployment.answering(deployment.names["sonnet"])
    return made


def find_answering(
    deployment: Deployment,
    name: str,
) -> str | None:
    """The first model that answers for *name*: "" when none does.

    None where the gateway is another machine's: then only that one knows.
    """
    if deployment.upstream:
        return find_upstream(deployment, name)
    if not deployment.gateway.process:
        if name in deployment.served:
            return name
        return None
    turns = deployment.answering(name)
    if not turns:
        patterns = find_patterns(deployment)
        turns = patterns.get(find_match(name, patterns), ())
    if not turns:
        return ""
    return turns[0].model.id


def find_upstream(
    deployment: Deployment,
    name: str,
) -> str | None:
    """What the gateway behind ours calls it; None where it gets the name as it is."""
    names = upstream.served(deployment.names)
    pattern = find_match(name, names)
    called = names.get(pattern, "")
    if "*" in called:
        return None
    return called


def find_match(
    name: str,
    patterns: Iterable[str],
) -> str:
    """The most specific of *patterns* that *name* fits; "" when it fits none."""
    found = ""
    for pattern in patterns:
        parts = map(re.escape, pattern.split("*"))
        is_longer = len(pattern) > len(found)
        if is_longer and re.fullmatch(".*".join(parts), name):
            found = pattern
    return found
