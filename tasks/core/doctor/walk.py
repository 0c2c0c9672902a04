"""The doctor's walk: everything that a request of Claude Code meets on its way. Reads, and asks for free."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tasks.core.doctor import (
    answers,
    client,
    credentials,
    gateway,
    hosts,
    models,
    network,
    probed,
    providers,
    starters,
)
from tasks.core.doctor.case import FAIL, LINKS, SKIP, Case, Check
from tasks.core.model import errors
from tasks.core.model.errors import GatewayError

Look = Callable[[Case], Iterator[Check]]


LOOKS: dict[str, Look] = {
    "client": client.client,
    "settings": client.settings,
    "starters": starters.starters,
    "credentials": credentials.credentials,
    "address": network.address,
    "network": network.network,
    "files": gateway.standing_files,
    "program": gateway.program,
    "port": gateway.port,
    "process": gateway.process,
    "readiness": answers.readiness,
    "key": answers.key,
    "models": answers.models,
    "names": answers.names,
    "providers": providers.providers,
    "hosts": hosts.hosts,
    "replies": models.models_of_tiers,
    "probe": probed.probed,
}
"""Who looks at each link."""


NOT_BRIEF = ("client", "starters", "network", "key", "hosts", "replies", "probe")
"""The links that a brief look leaves out."""


def walk(case: Case) -> Iterator[Check]:
    """Every check, in the order of the links; whatever goes wrong while looking is a finding too."""
    for link in LINKS:
        if case.modes.is_brief and link in NOT_BRIEF:
            continue
        yield from looked(link, case) or [Check(link, SKIP, "nothing to look at")]


def looked(link: str, case: Case) -> list[Check]:
    """The checks of one link."""
    found: list[Check] = []
    try:
        found.extend(LOOKS[link](case))
    except GatewayError as error:
        found.append(Check(link, FAIL, error.problem, error.where, error.remedy))
    except OSError as error:
        seen = errors.from_system(error)
        found.append(Check(link, FAIL, seen.problem, seen.where, seen.remedy))
    return found
