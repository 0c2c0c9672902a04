"""The credentials where a Claude login is sent: that, and the gateway's token in a header."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tasks.core.claude import logins
from tasks.core.doctor.case import FAIL, OK, WARN, Check
from tasks.core.doctor.client import DEPLOY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tasks.core.doctor.case import Case

LINK = "credentials"

HEADERS = "ANTHROPIC_CUSTOM_HEADERS"

OAUTH_TOKEN = "CLAUDE_CODE_OAUTH_TOKEN"  # noqa: S105 - a name


def check(case: Case, others: Iterable[str]) -> Iterator[Check]:
    """Whether the login goes to the gateway, with the gateway's token beside it.

    *others*: the keys of settings with another credential, which would be sent in its place.
    """
    yield from _check_token(case)
    for name in others:
        held = case.layers.winner(name)
        if held and held.plain:
            yield Check(
                LINK,
                FAIL,
                f"{name} is set, and is sent in place of your Claude login",
                held.where,
                f"Remove it there: doit explain {name}",
            )
    yield _find_login(case)


def _check_token(case: Case) -> Iterator[Check]:
    headers = case.layers.winner(HEADERS)
    if headers and case.token.reveal() in headers.plain:
        return
    where = ""
    if headers:
        where = headers.where
    yield Check(
        LINK,
        FAIL,
        f"{HEADERS} does not have the token of the deployed gateway",
        where,
        "Deploy again: doit deploy",
        DEPLOY,
    )


def _find_login(case: Case) -> Check:
    saved = logins.find_login(case.layout)
    if saved:
        where = case.layers.shown(saved)
    elif case.layers.text(OAUTH_TOKEN):
        where = OAUTH_TOKEN
    else:
        return _report_no_login()
    return Check(
        LINK,
        OK,
        "your Claude login goes to the gateway, as you chose",
        where,
    )


def _report_no_login() -> Check:
    """Without one Claude Code asks nothing; on macOS it is in the keychain, which is not read."""
    state = FAIL
    if sys.platform == "darwin":
        state = WARN
    return Check(
        LINK,
        state,
        "no Claude login is found; without one Claude Code says 'Not logged in'",
        fix="claude auth login",
    )
