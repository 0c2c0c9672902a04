"""The links on this machine: the gateway's files, its program, its port, its process."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from tasks.core.claude import losses
from tasks.core.deploying import checks, drift
from tasks.core.disk import files, lock
from tasks.core.disk.targets import is_gone
from tasks.core.doctor.case import FAIL, OK, SKIP, WARN, Check
from tasks.core.litellm import litellm
from tasks.core.model import errors
from tasks.core.model.deployment import discloses
from tasks.core.model.release import PROGRAMS
from tasks.core.service import strays, traces
from tasks.core.service.state import NOT_RUNNING, START_IT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.doctor.case import Case
    from tasks.core.service.state import State
    from tasks.core.service.strays import Stray

DEPLOY = ("deploy",)
START = ("start",)
INSTALL = ("litellm",)
"""Our own commands that fix something."""

KILLED = " (what started it left its mark: it was killed, or the machine was)"

AGAIN = "Deploy again: doit deploy"

HAS = {"ours": "the gateway's", "free": "free"}

LOOPING = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE", "ANTHROPIC_AUTH_TOKEN")
"""With these in its own environment LiteLLM asks itself."""


def standing_files(case: Case) -> Iterator[Check]:
    """Whether the deployed files are as they were left, private where they must be, and valid."""
    lost = [*_find_losses(case)]
    yield from lost
    where = case.layers.shown(case.layout.gateway)
    if case.manifest is None:
        if not lost:
            says = "nothing is deployed"
            yield Check("files", SKIP, says, where, "To deploy: doit deploy", DEPLOY)
        return
    if is_gone(case.layout.gateway):
        yield Check("files", FAIL, "the gateway's folder is gone", where, AGAIN, DEPLOY)
        return
    lock.require_trust(case.layout)
    found = [*_drifted(case), *_rights(case), *_environment(case), *_room(case)]
    if not case.modes.is_brief:
        found += _contents(case)
    yield from found
    if not any(each.state == FAIL for each in found):
        count = len(case.manifest.files)
        yield Check("files", OK, f"revision {case.manifest.revision}, {count} files", where)


def _find_losses(case: Case) -> Iterator[Check]:
    """Our own files that are lost; a copy counts where there is one."""
    if case.manifest and is_gone(case.layout.gateway):
        return  # all of them are
    for loss in losses.find(case.layout):
        state = FAIL
        if loss.source:
            state = WARN
        where = case.layers.shown(loss.file)
        yield Check("files", state, str(loss), where, errors.FIX)


DRIFT = {
    "missing": (FAIL, "is missing"),
    "mode": (WARN, "has another mode than it was left with"),
    drift.MISMATCH: (FAIL, "is not what the choices give"),
}
"""Per state of a file: how bad that is, in words."""


def _drifted(case: Case) -> Iterator[Check]:
    assert case.manifest is not None
    for each in drift.find_drift(case.layout, case.manifest, case.comparison):
        where = case.layers.shown(case.layout.gateway / each.name)
        if each.name.startswith(case.layout.settings.name) or each.state == "clean":
            continue
        if each.state == drift.CHANGED and each.name.endswith(PROGRAMS):
            says = f"{each.name} is not what was deployed, and is not run"
            yield Check("files", FAIL, says, where, AGAIN, DEPLOY)
        elif each.state == drift.CHANGED:
            yield Check("files", WARN, f"{each.name} was changed by you; a deployment keeps your edits", where)
        else:
            state, says = DRIFT[each.state]
            yield Check("files", state, says, where, "Deploy again: doit deploy", DEPLOY)


def _rights(case: Case) -> Iterator[Check]:
    settings = case.layout.settings
    if case.deployment and discloses(case.deployment, case.env) and files.open_to_others(settings):
        says = f"other users of this machine can read {settings.name}, in which the token stands"
        yield Check("files", WARN, says, case.layers.shown(settings), f"chmod 600 {settings}")
    for path in (case.layout.env_file, case.layout.ledger):
        mode = files.mode_of(path)
        if mode is not None and mode & 0o077:
            yield Check(
                "files",
                FAIL,
                f"others can read {path.name} (mode {mode:04o})",
                case.layers.shown(path),
                f"chmod 600 {path}",
            )
        if mode is not None and path.stat().st_uid != os.getuid():
            yield Check(
                "files",
                FAIL,
                f"{path.name} belongs to another user",
                case.layers.shown(path),
                f"chown it to yourself: {path}",
            )


def _contents(case: Case) -> Iterator[Check]:
    """What cannot be read, or has not the form that it must have."""
    assert case.manifest is not None
    found = {name: data for name in case.manifest.files if (data := files.read(case.layout.gateway / name)) is not None}
    for each in checks.artifacts(found, case.layout, f"{case.layout.gateway}/"):
        where, _, says = each.partition(": ")
        yield Check("files", FAIL, says, where, "Mend it, or bring the last one back: doit rollback")


def _environment(case: Case) -> Iterator[Check]:
    for name in LOOPING if case.runs_here else ():
        if case.env.get(name):
            says = f"{name} is set in its .env: LiteLLM would ask itself"
            yield Check("files", WARN, says, case.layers.shown(case.layout.env_file), "Take the line out.")


def _room(case: Case) -> Iterator[Check]:
    where = case.layers.shown(case.layout.gateway)
    free = shutil.disk_usage(case.layout.gateway).free
    if free < files.LEAST_SPACE:
        yield Check(
            "files", WARN, f"{free // 2**20} MiB are free, 50 are needed", str(case.layout.gateway), "Make room."
        )
    if not os.access(case.layout.gateway, os.W_OK | os.X_OK):
        yield Check("files", WARN, "you may not write there, so nothing can be deployed", where, "Make it yours.")
    if holder := lock.holder(case.layout):
        says = f"`{holder.command}` is changing the deployment (pid {holder.pid}, since {holder.since})"
        yield Check("files", WARN, says, where, "Wait for it, then look again.")


def program(case: Case) -> Iterator[Check]:
    """Whether a LiteLLM is there that may be run and has what the models need."""
    if not case.runs_here:
        yield not_here("program", case)
        return
    assert case.deployment is not None
    found = litellm.find(case.layout, case.environ, case.deployment.choices.litellm)
    if found is None:
        state = WARN if case.instance else FAIL
        yield Check("program", state, "LiteLLM is not found", fix="Install it: doit litellm", verb=INSTALL)
        return
    where = str(found.executable)
    if refused := litellm.refusal(found):
        yield Check("program", FAIL, refused.problem, where, refused.remedy)
        return
    yield from (Check("program", WARN, each, where) for each in litellm.warnings(found))
    missing = litellm.missing_modules(found, case.deployment.modules)
    if missing:
        says = f"{', '.join(missing)} is missing beside LiteLLM, and the models need it"
        yield Check("program", FAIL, says, where, "Install one that has it: doit litellm", INSTALL)
    else:
        yield Check("program", OK, f"LiteLLM {found.version or 'of unknown version'}", where)


def not_here(link: str, case: Case) -> Check:
    """What to say of a link that this kind of gateway has not."""
    return Check(link, SKIP, "the gateway runs elsewhere" if case.manifest else "nothing is deployed")


def port(case: Case) -> Iterator[Check]:
    """Who has the gateway's port."""
    if not case.runs_here:
        yield not_here("port", case)
        return
    assert case.state is not None
    number = case.state.port
    listener = case.state.port_state
    assert number is not None
    assert listener is not None
    where = f"127.0.0.1:{number}"
    if listener.kind == "foreign":
        fix = f"Stop that program, or take another port: doit deploy --port {number + 1}"
        yield Check("port", FAIL, f"the port is {listener}", where, fix)
    else:
        yield Check("port", OK, f"the port is {HAS[listener.kind]}", where)


def process(case: Case) -> Iterator[Check]:
    """Whether the gateway runs, on its port, and with what was last deployed."""
    for stray in _find_strays(case):
        says = f"{stray} was left behind"
        if case.manifest is None:
            yield Check("process", WARN, says, fix="End it: doit uninstall")
        else:
            yield Check("process", WARN, says, fix="End it: doit start", verb=START)
    if not case.runs_here:
        yield not_here("process", case)
        return
    assert case.state is not None
    instance = case.state.instance
    if instance is None:
        says = NOT_RUNNING
        if case.layout.pid_file.exists():
            says += KILLED
        yield Check("process", FAIL, says, fix=START_IT, verb=START)
    elif case.state.lag:
        yield _lagging(case.state, instance.pid)
    else:
        says = f"runs, pid {instance.pid}, for {instance.uptime:.0f} s"
        yield Check("process", OK, says)


def _find_strays(case: Case) -> list[Stray]:
    """Gateways that were left behind; a brief look goes by their traces."""
    if case.modes.is_brief and not traces.are_there(case.layout):
        return []
    return strays.find(case.layout)


def _lagging(state: State, pid: int) -> Check:
    """Of a gateway that does not serve what is deployed; on another port it is not reached."""
    assert state.lag is not None
    says, fix, verb = state.lag
    grade = WARN
    if state.condition == "moved":
        grade = FAIL
    return Check("process", grade, says, f"pid {pid}", fix, verb)
