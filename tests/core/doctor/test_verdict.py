"""Is it well? One answer: which check decides, which command fixes it, and nothing is claimed that was not seen."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tasks.core.doctor import verdict
from tasks.core.doctor.case import FAIL, OK, SKIP, WARN, Check
from tests.core.places import manifest_of

DEPLOYED = SimpleNamespace(manifest=manifest_of({}))
NOWHERE = SimpleNamespace(manifest=None)
MISSING = Check("program", FAIL, "LiteLLM is not found", fix="Install it: doit litellm", verb=("litellm",))
STOPPED = Check("process", FAIL, "the gateway does not run", fix="Start it: doit start", verb=("start",))
BEHIND = Check("process", WARN, "an earlier configuration", fix="Restart it: doit restart", verb=("restart",))
REMARK = Check("client", WARN, "Claude Code is not on PATH", fix="npm install")
OVERRULED = Check("settings", FAIL, "ANTHROPIC_BASE_URL is overruled", fix="Take it out there.")
ANSWERS = Check("readiness", OK, "it answers")
SERVES = Check("models", OK, "it serves demo")
REPLIED = Check("replies", OK, "demo answers")
UNASKED = Check("models", SKIP, "not asked")


@pytest.mark.parametrize(
    ("checks", "state", "link", "command"),
    [
        ([ANSWERS, SERVES], "ok", "", ()),
        ([REMARK, ANSWERS], "ok", "", ()),
        ([REMARK, BEHIND, ANSWERS], "warn", "process", ("restart",)),
        ([BEHIND, STOPPED], "fail", "process", ("start",)),
        ([MISSING, STOPPED], "fail", "program", ("doctor", "--fix")),
        ([MISSING, MISSING], "fail", "program", ("litellm",)),
        ([OVERRULED, STOPPED], "fail", "settings", ()),
    ],
)
def test_what_fails_first_decides_and_one_command_fixes_it(checks, state, link, command):
    found = verdict.judge(DEPLOYED, checks)
    assert (found.state, found.link, found.command) == (state, link, command)
    assert not command or "doit " + " ".join(command) in found.fix


@pytest.mark.parametrize(
    ("checks", "says"),
    [
        ([UNASKED], verdict.NOT_ASKED),
        ([ANSWERS, UNASKED], verdict.ANSWERS),
        ([ANSWERS, SERVES], verdict.SERVES),
        ([ANSWERS, SERVES, REPLIED], verdict.SERVES + verdict.REPLIES),
    ],
)
def test_only_what_was_seen_is_said(checks, says):
    assert verdict.judge(DEPLOYED, checks).says == says.format(url="http://127.0.0.1:4000")


def test_nothing_deployed_is_a_conclusion_too():
    found = verdict.judge(NOWHERE, [REMARK, UNASKED])
    assert (found.state, found.command, found.warnings) == ("none", ("deploy",), 1)
    assert verdict.judge(NOWHERE, [OVERRULED]).state == "fail"
