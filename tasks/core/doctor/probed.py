"""The link that only --probe looks at: what the installed Claude Code really asks, and shows there.

It is compared with what is deployed, and with what we say of its settings. Where those differ it is
right, and the difference is a fault of this project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.claude import asked_page, expected_use
from tasks.core.claude.private_copy import ManagedElsewhere
from tasks.core.claude.stand_ins import find_bare
from tasks.core.disk import programs
from tasks.core.doctor import network
from tasks.core.doctor.case import FAIL, OK, SKIP, WARN, Check
from tasks.core.doctor.client import INSTALL
from tasks.core.model.catalogue import PLACEHOLDER
from tasks.core.model.deployment import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.doctor.case import Case
    from tasks.core.doctor.probe import Credential, Request, Run

LINK = "probe"

NOT_RUN = "Claude Code was not run: --probe runs it against a recorder on this machine"
NO_CLIENT = "Claude Code is not on PATH, so there is nothing to run"
MANAGED = "Claude Code was not run: {}"

ASKS = "{run}: it asks {address} for {model}, with {shown}"
ASKS_NOBODY = "{run}: it asks no model: {said}"
ELSEWHERE = "{run}: it asks {address}, which is not the deployed gateway"
OTHER_KEY = "{run}: it sends {source} in {header} to {address}"
FIRST = "{run}: first it asks {question}"
BESIDES = "{run}: for other things than models it wants to reach {hosts}; nothing was let through"
DIFFERS = "{run}: {what} is {seen}, and we say {said}: a fault of gatehand, not of your settings"

NOTHING = "no credential"
NO_ADDRESS = "an address that its settings do not hold"
TOKEN = "the gateway's token"  # noqa: S105 - what it is called

CANCEL = "See who says so: doit explain ANTHROPIC_BASE_URL"
REPORT = "Please report it: doit doctor --report FILE"
DEPLOY_AGAIN = "Deploy again: doit deploy"


def probed(case: Case) -> Iterator[Check]:
    """What the installed Claude Code does here, with -p and in a terminal."""
    if not case.modes.probe:
        yield Check(LINK, SKIP, NOT_RUN)
        return
    if programs.find("claude", case.environ) is None:
        yield Check(
            LINK,
            SKIP,
            NO_CLIENT,
            fix=INSTALL,
        )
        return
    try:
        runs = case.runs
    except ManagedElsewhere as error:
        yield Check(
            LINK,
            SKIP,
            MANAGED.format(error.problem),
            error.where,
        )
        return
    for run in runs:
        yield from judge(case, run)


def judge(case: Case, run: Run) -> Iterator[Check]:
    """What one run shows."""
    for question in run.questions:
        says = FIRST.format(
            run=run.name,
            question=question,
        )
        yield Check(LINK, WARN, says)
    if not run.requests:
        says = ASKS_NOBODY.format(
            run=run.name,
            said=run.said,
        )
        yield Check(
            LINK,
            FAIL,
            says,
            fix=DEPLOY_AGAIN,
        )
        return
    wrong = [*find_wrong(case, run)]
    yield from wrong
    first = run.requests[0]
    if not wrong:
        says = ASKS.format(
            run=run.name,
            address=show_address(first),
            model=first.model,
            shown=show_credentials(case, first),
        )
        yield Check(LINK, OK, says)
    if run.hosts:
        hosts = ", ".join(run.hosts)
        says = BESIDES.format(
            run=run.name,
            hosts=hosts,
        )
        yield Check(LINK, OK, says)
    yield from find_differences(case, run)


def find_wrong(case: Case, run: Run) -> Iterator[Check]:
    """Requests past the deployed gateway, and credentials that are not for it; each once."""
    if case.deployment is None:
        return
    addresses = find_addresses(case)
    own = find_own_values(case)
    fixes: dict[str, str] = {}
    for request in run.requests:
        address = show_address(request)
        asked = request.address.rstrip("/")
        if asked not in addresses:
            says = ELSEWHERE.format(
                run=run.name,
                address=address,
            )
            fixes.setdefault(says, CANCEL)
        for credential in request.credentials:
            value = find_bare(credential.value)
            if value in own:
                continue
            says = OTHER_KEY.format(
                run=run.name,
                source=credential.source,
                header=credential.header,
                address=address,
            )
            fixes.setdefault(says, DEPLOY_AGAIN)
    for says, fix in fixes.items():
        yield Check(
            LINK,
            FAIL,
            says,
            fix=fix,
        )


def find_differences(case: Case, run: Run) -> Iterator[Check]:
    """Where what we say of the settings is not what Claude Code does."""
    first = run.requests[0]
    expected = expected_use.find(case.layers)
    pairs = {
        "the address": (first.address.rstrip("/"), expected.address.rstrip("/")),
        "the model": (first.model, expected.model),
    }
    seen = {each.header: find_bare(each.value) for each in first.credentials}
    for header, value in expected.credentials.items():
        is_same = seen.get(header, "") == find_bare(value)
        pairs[header] = ("another value", "one of its settings") if not is_same else ("", "")
    if run.questions:
        pairs = {}  # the answers decide too
    for what, (found, said) in pairs.items():
        if found != said:
            says = DIFFERS.format(
                run=run.name,
                what=what,
                seen=found or "none",
                said=said or "none",
            )
            yield Check(
                LINK,
                WARN,
                says,
                fix=REPORT,
            )


def find_addresses(case: Case) -> set[str]:
    """The addresses of the deployed gateway, in each form in which it is asked."""
    assert case.deployment is not None
    found = set()
    for name, text in asked_page.find_wanted(case.deployment).items():
        if name.endswith("_BASE_URL") and text:
            found.add(text.rstrip("/"))
    return found


def find_own_values(case: Case) -> set[str]:
    """What a deployment itself writes: its credential and the values of its headers."""
    assert case.deployment is not None
    found = {case.token.reveal()}
    for setting in settings_of(case.deployment):
        text = setting.text or setting.template or f"{{{setting.variable}}}"
        filled = PLACEHOLDER.sub(
            lambda match: case.env.get(
                match[1],
                "",
            ),
            text,
        )
        found.add(filled)
        for line in filled.split("\n"):
            _, _, value = line.partition(":")
            found.add(find_bare(value))
    if case.deployment.auth == "apikeyhelper":
        found.add(case.layers.text("apiKeyHelper"))
    return found - {""}


def show_address(request: Request) -> str:
    """The address of a request, without credentials, and whether a proxy passes it on."""
    address = network.shown(request.address) or NO_ADDRESS
    if request.is_proxied:
        address += " through the proxy"
    return address


def show_credentials(case: Case, request: Request) -> str:
    """The headers with a credential, and where each is from."""
    shown = []
    for credential in request.credentials:
        source = name_source(case, credential)
        shown.append(f"{source} in {credential.header}")
    return ", ".join(shown) or NOTHING


def name_source(case: Case, credential: Credential) -> str:
    """What a credential is called."""
    if case.manifest and find_bare(credential.value) == case.token.reveal():
        return TOKEN
    return credential.source
