"""The doctor's walk: everything that a request of Claude Code meets on its way. Reads, and asks for free."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tasks.model import errors
from tasks.model.checkup import FAIL, LINKS, SKIP, Check
from tasks.model.errors import GatewayError
from tasks.tools import (
    doctoring_answers,
    doctoring_client,
    doctoring_gateway,
    doctoring_network,
    doctoring_providers,
)
from tasks.tools.doctoring_case import Case

Look = Callable[[Case], Iterator[Check]]


LOOKS: dict[str, Look] = {
    "client": doctoring_client.client,
    "settings": doctoring_client.settings,
    "credentials": doctoring_client.credentials,
    "address": doctoring_network.address,
    "network": doctoring_network.network,
    "files": doctoring_gateway.standing_files,
    "program": doctoring_gateway.program,
    "port": doctoring_gateway.port,
    "process": doctoring_gateway.process,
    "readiness": doctoring_answers.readiness,
    "key": doctoring_answers.key,
    "models": doctoring_answers.models,
    "names": doctoring_answers.names,
    "providers": doctoring_providers.providers,
}
"""Who looks at each link."""


def walk(case: Case) -> Iterator[Check]:
    """Every check, in the order of the links; whatever goes wrong while looking is a finding too."""
    for link in LINKS:
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
