"""Is it well? The one answer, in one line with the one command that fixes what is wrong.

status shows it below what it knows, doctor below every link. The order of the links decides: what
fails first is what Claude Code meets first.

    ok      all that was looked at is well
    warn    it works, and one of our commands makes it better; or an earlier configuration is served
    fail    Claude Code gets no answer, or not the deployed gateway's
    none    nothing is deployed
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tasks.core.doctor.case import FAIL, OK, WARN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.core.doctor.case import Case, Check

NONE = "none"

RUNS = "process"
"""The link at which a warning means that something else is served than what is deployed."""

FIX_ALL = ("doctor", "--fix")
FIX_ALL_SAYS = "Fix it all: doit doctor --fix"

NOTHING = "nothing is deployed"
DEPLOY = "To deploy: doit deploy"

SERVES = "all is well: claude asks {url}, which serves all that was deployed"
ANSWERS = "all is well: claude asks {url}, which answers"
NOT_ASKED = "claude asks {url}, which another machine runs; whether it answers: doit doctor"
REPLIES = ", and each model answers"


class Verdict(NamedTuple):
    """A state of the list above, what is said of it, at which link, and the fix.

    *command*: the words behind `doit` that fix it; none where it is fixed by hand.
    *warnings*: how many things are worth knowing besides.
    """

    state: str
    says: str
    link: str = ""
    fix: str = ""
    command: tuple[str, ...] = ()
    warnings: int = 0

    def to_json(self) -> dict[str, Any]:
        """As it is printed for a program."""
        values = self._asdict()
        values["command"] = list(self.command)
        return values


NOT_DEPLOYED = Verdict(NONE, NOTHING, fix=DEPLOY, command=("deploy",))


def judge(case: Case, checks: Sequence[Check]) -> Verdict:
    """What *checks* come to together."""
    failed = [check for check in checks if check.state == FAIL]
    warned = [check for check in checks if check.state == WARN]
    number = len(warned)
    if failed:
        found = _of_failures(failed)
        return found._replace(warnings=number)
    if case.manifest is None:
        return NOT_DEPLOYED._replace(warnings=number)
    for check in warned:
        if check.verb or check.link == RUNS:
            found = _of(check)
            return found._replace(warnings=number - 1)
    sentence = _find_sentence(checks)
    says = sentence.format(url=case.manifest.gateway_url)
    return Verdict(OK, says, warnings=number)


def _of(check: Check) -> Verdict:
    """What one check comes to."""
    return Verdict(
        check.state,
        check.says,
        check.link,
        check.fix,
        check.verb,
    )


def _of_failures(failed: Sequence[Check]) -> Verdict:
    """The first of them, and a fix; where several commands are needed, the one that runs them."""
    first = failed[0]
    commands = {check.verb for check in failed}
    commands.discard(())
    found = _of(first)
    if first.verb and len(commands) > 1:
        return found._replace(fix=FIX_ALL_SAYS, command=FIX_ALL)
    return found


def _find_sentence(checks: Sequence[Check]) -> str:
    """What the evidence allows to say: nothing is called served that was not asked."""
    well = {check.link for check in checks if check.state == OK}
    sentence = NOT_ASKED
    if "readiness" in well:
        sentence = ANSWERS
    if "models" in well:
        sentence = SERVES
    if "replies" in well:
        sentence += REPLIES
    return sentence
