"""The credential that Claude Code shows: one, the right one, to the gateway and to nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.catalogue import client_facts
from tasks.core.claude import logins
from tasks.core.doctor import subscription
from tasks.core.doctor.case import FAIL, OK, SKIP, WARN, Check
from tasks.core.doctor.client import DEPLOY
from tasks.core.model.catalogue import Variable
from tasks.core.model.upstream import SUBSCRIPTION
from tasks.core.values import value_checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.catalogue.client_facts import ClientKey
    from tasks.core.claude.layers import Held
    from tasks.core.doctor.case import Case

SLOTS = {"bearer": "ANTHROPIC_AUTH_TOKEN", "x-api-key": "ANTHROPIC_API_KEY", "apikeyhelper": "apiKeyHelper"}
"""Per way of showing the token, the key that holds it."""


def credentials(case: Case) -> Iterator[Check]:
    """Whether exactly one credential is shown, the right one, and to the gateway."""
    found = [*_past_the_gateway(case), *_logins(case), *_console_key(case)]
    if case.deployment and case.deployment.auth == SUBSCRIPTION:
        yield from [*found, *subscription.check(case, SLOTS.values())]
        return
    found += _shown(case)
    yield from found
    if not any(each.state in (FAIL, WARN) for each in found):
        slots = [name for name in SLOTS.values() if case.layers.text(name)]
        if slots:
            winner = case.layers.winner(slots[0])
            yield Check("credentials", OK, f"one credential: {slots[0]}", winner.where if winner else "")
        else:
            yield Check("credentials", SKIP, "no credential of a gateway is set; Claude Code uses its own login")


def _past_the_gateway(case: Case) -> Iterator[Check]:
    """What leads past the gateway: a switch to a provider, a socket, a program that manages the provider."""
    known = client_facts.known(case.layout.templates)
    for name, address in client_facts.switches(case.layout.templates).items():
        held = case.layers.winner(name)
        on = held is not None and held.plain.lower() not in client_facts.OFF
        if held and on and not case.wanted.get(name):
            yield from _switched(case, held, known[name], address)
        elif case.wanted.get(name) and not on:
            says = f"{name} is not set, and the gateway is to be asked in that way"
            yield Check("credentials", FAIL, says, held.where if held else "", "Deploy again: doit deploy", DEPLOY)
    for name in (client_facts.SOCKET, client_facts.HOST):
        if case.manifest and case.environ.get(name, "").lower() not in client_facts.OFF:
            yield Check("credentials", FAIL, f"{name} is set: {known[name].what}", "environment", f"unset {name}")


def _switched(case: Case, held: Held, key: ClientKey, address: str) -> Iterator[Check]:
    """A switch that is on and not ours: with an address of its own it leads to another gateway."""
    if case.manifest:
        yield Check("credentials", FAIL, f"{key.name} is set: {key.what}", held.where, f"Unset {key.name} there.")
    elif not case.layers.text(address):
        yield Check("credentials", WARN, f"{key.name} is set: {key.what}", held.where, f"Unset {key.name} there.")


def _logins(case: Case) -> Iterator[Check]:
    for name in ("forceLoginMethod", "forceLoginOrgUUID"):
        held = case.layers.winner(name)
        if held and held.layer == "managed":
            says = f"{name} is managed: Claude Code takes no gateway's credential"
            yield Check("credentials", FAIL, says, held.where, "Ask whoever manages this machine.")
    saved = case.layout.claude / ".credentials.json"
    if case.layers.text("ANTHROPIC_AUTH_TOKEN") and saved.exists():
        says = "a login at Anthropic is saved too; requests use the token, but Claude Code warns of it"
        yield Check("credentials", WARN, says, case.layers.shown(saved), "claude auth logout, or leave it.")


def _console_key(case: Case) -> Iterator[Check]:
    """The key of a Console login, which Claude Code sends beside a token unless a header has its place."""
    path = logins.find_console_key(case.layout)
    if path is None or case.layers.text("apiKeyHelper") or not case.layers.text("ANTHROPIC_AUTH_TOKEN"):
        return
    where = case.layers.shown(path)
    if "x-api-key" in case.layers.text("ANTHROPIC_CUSTOM_HEADERS").lower():
        says = "a login at Anthropic's Console is saved too; its key is not sent, but Claude Code warns of it"
        yield Check("credentials", WARN, says, where, "claude auth logout, or leave it.")
        return
    says = "a login at Anthropic's Console is saved, and its key is sent to the gateway as x-api-key"
    fix = "Deploy again: doit deploy" if case.manifest else "claude auth logout"
    yield Check("credentials", FAIL, says, where, fix, DEPLOY if case.manifest else ())


def _shown(case: Case) -> Iterator[Check]:
    """What goes out in the headers."""
    held = {name: each for name in SLOTS.values() if (each := case.layers.winner(name)) and each.plain}
    wanted = SLOTS[case.deployment.auth] if case.deployment else next(iter(held), "")
    if case.deployment and wanted not in held:
        says = f"{wanted} is not set: Claude Code says 'Not logged in' and asks nobody"
        yield Check("credentials", FAIL, says, fix="Deploy again: doit deploy", verb=DEPLOY)
    for name, each in held.items():
        if name != wanted:
            says = f"{name} is set beside {wanted}, and is sent along"
            yield Check("credentials", WARN, says, each.where, f"Remove it there: doit explain {name}")
    if wanted in held and wanted != "apiKeyHelper":
        yield from _of_token(case, held[wanted], wanted)


def _of_token(case: Case, held: Held, name: str) -> Iterator[Check]:
    """Whether the token can be one, and is the one of the deployed gateway."""
    for fault in value_checks.faults(Variable(name, "", "Set the token itself.", secret=True), held.plain):
        yield Check("credentials", FAIL if fault.fatal else WARN, f"{name} {fault.what}", held.where, fault.remedy)
    if case.manifest and held.plain != case.token.reveal():
        says = f"{name} is not the token of the deployed gateway"
        yield Check("credentials", FAIL, says, held.where, "Deploy again: doit deploy", DEPLOY)
