"""The link that only --providers looks at: can the providers be reached from here? Costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.doctor.case import FAIL, OK, SKIP, Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.doctor.case import Case
    from tasks.core.http.probe import Reached

NOT_ASKED = "no provider was asked: --providers asks whether each can be reached"
NOBODY = "no provider is asked: LiteLLM answers by itself"


def hosts(case: Case) -> Iterator[Check]:
    """Whether each host answers, on the path that the gateway would use; any answer will do."""
    if not case.modes.providers:
        yield Check("hosts", SKIP, NOT_ASKED)
        return
    if case.manifest is None:
        yield Check("hosts", SKIP, "nothing is deployed")
        return
    for host in case.hosts:
        yield describe(host)
    if not case.hosts:
        yield Check("hosts", SKIP, NOBODY)


def describe(host: Reached) -> Check:
    """How far the request to one host came."""
    path = host.url
    if host.via:
        path += f" through {host.via}"
    state = FAIL
    if host.state == "ok":
        state = OK
    return Check("hosts", state, f"{path}: {host.said}", fix=host.fix)
