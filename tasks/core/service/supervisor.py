"""Having the running gateway serve what stands now.

    SIGHUP ─► serve.py starts another worker with what stands ─┬─ ready: it serves, the former one finishes and ends
                                                               └─ not: the former one goes on; we say why
    another port ─► another gateway is started beside it ─┬─ it serves: the former one ends
                                                          └─ not: what runs was not touched
    another program ─► tried on a port of its own ─┬─ it serves: stopped and started anew
                                                   └─ not: what runs was not touched

serve.py tells in gateway.status.json which worker serves which configuration. The new configuration is validated by the
real LiteLLM: the new worker loads it, and is not let in when anything of it cannot be served.
"""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.disk import files
from tasks.core.http import gateway
from tasks.core.litellm import litellm
from tasks.core.model.errors import GatewayError, Unhealthy
from tasks.core.service import handover, logs, processes, scripts, state, trial, units
from tasks.core.service.leash import Leash
from tasks.core.text import documents

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.history.session import Session
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest
    from tasks.core.service.processes import Instance
    from tasks.core.service.state import Status


MARGIN = 10
"""Seconds longer than LiteLLM has to be ready: the gateway itself gives up first, and says why."""

LONGEST_UNDO = 60.0
"""Seconds to wait for a gateway that goes back: no signal interrupts an undo."""


def take_over(layout: Layout, manifest: Manifest, session: Session, *, start: bool = False) -> None:
    """Have the gateway serve what is in place, without a pause where that can be.

    *start*: one that does not run is started. Unhealthy when it does not serve: once *session* has
    undone the rest, what ran before runs.
    """
    instance = processes.running(layout)
    if layout.config.name not in manifest.files:
        if instance:
            _retire(layout, instance, session)
        return
    if instance is None and not start:
        return
    _have_it_served(layout, manifest, instance, session)
    prove(layout, manifest)


def _have_it_served(
    layout: Layout,
    manifest: Manifest,
    instance: Instance | None,
    session: Session,
) -> None:
    """By a new process, or by the one that runs."""
    if instance is None:
        begin(layout, session)
        return
    status = state.read_status(layout, instance)
    if why := _beyond_a_swap(layout, manifest, instance, status):
        _replace(layout, manifest, instance, session, why)
    elif status and (status.state == "starting" or not state.serves_disk(layout, instance, status)):
        session.when_undone(lambda: _back(layout, status))
        session.note(instance.pid, signal.SIGHUP)
        swap(layout, instance, status)


def begin(layout: Layout, session: Session) -> None:
    """Start the gateway; until *session* commits it ends with this command."""
    leash = Leash()
    has_past = layout.log.exists()
    session.when_undone(lambda: handover.withdraw(layout, keep_log=has_past))
    session.when_undone(leash.cut)
    session.before_commit(leash.release)
    with scripts.name_port_owner(layout):
        scripts.start(layout, leash)
    if instance := processes.running(layout):
        session.note(instance.pid, signal.SIGKILL)


def _replace(
    layout: Layout,
    manifest: Manifest,
    instance: Instance,
    session: Session,
    why: str,
) -> None:
    """Have another process serve: beside *instance* on another port, or in its place."""
    is_beside = _port(manifest) != instance.port and not units.managed(layout)
    session.when_undone(lambda: handover.restore(layout))
    if is_beside:
        console.say(f"{why}: another gateway is started; until then the former one serves.", "step")
        handover.set_aside(layout, keeps_running=True)
        begin(layout, session)
        session.dismiss(instance.pid)
        session.when_finished(lambda: handover.retire(layout, instance))
        return
    console.say(f"{why}: once that is tried, the gateway is stopped and started anew", "step")
    _rehearse(layout, manifest, instance, session)
    handover.set_aside(layout, keeps_running=False)
    scripts.stop(layout)
    begin(layout, session)
    session.when_finished(lambda: handover.forget(layout))


def renew(layout: Layout, manifest: Manifest) -> None:
    """Stop the gateway if it runs, and start it; one that runs is not stopped for what cannot be served."""
    instance = processes.running(layout)
    if instance and layout.config.name in manifest.files and not _serves_all_of(layout, manifest, instance):
        console.say("What stands is not what runs: it is tried first, until then the gateway serves on.", "step")
        _rehearse(layout, manifest, instance, None)
    restart(layout)


def restart(layout: Layout) -> None:
    """Stop the gateway if it runs, and start it."""
    if scripts.elsewhere(layout):
        return
    scripts.stop(layout)
    scripts.start(layout)


def swap(layout: Layout, instance: Instance, before: Status) -> None:
    """Have *instance* take what stands; Unhealthy, and nothing has changed, when LiteLLM does not take that."""
    console.say("The running gateway takes the new configuration; until then it serves the former one.", "step")
    begun = time.monotonic()
    processes.hang_up(instance)
    after = _settled(layout, before.attempt, processes.patience(layout) + MARGIN)
    if after.state != "serving" or not state.serves_disk(layout, instance, after):
        reason = after.reason or "another configuration came in between"
        remedy = f"The former one is served on without a gap. All of the log: {layout.log}"
        raise logs.failure(layout, "the new configuration cannot be served", after.error, reason, remedy)
    console.say(f"It serves revision {after.revision} after {time.monotonic() - begun:.0f} s, without a pause.", "ok")


def try_out(
    layout: Layout,
    manifest: Manifest,
    python: Path,
    what: str,
    session: Session | None = None,
) -> None:
    """Unhealthy unless *python* serves what is deployed, on a port of its own; see trial."""
    with trial.serving(layout, manifest, python, what, session) as there:
        prove(layout, there)


def prove(layout: Layout, manifest: Manifest) -> None:
    """Unhealthy unless the running gateway is ready, serves every deployed name, and refuses a wrong key."""
    deployed = state.State(layout, manifest)
    if not deployed.is_ready:
        raise Unhealthy("does not answer /health/readiness", f"See its log: {layout.log}", where=deployed.url)
    if isinstance(deployed.served, Unhealthy):
        raise deployed.served
    if missing := deployed.find_missing(named(layout, manifest)):
        remedy = f"LiteLLM drops what it cannot load, and says why: {layout.log}"
        raise Unhealthy(f"does not serve {', '.join(missing)}", remedy, where=deployed.url)
    if not gateway.wrong_key_refused(deployed.url):
        remedy = "Stop it (doit stop) and look into litellm_config.yaml."
        raise Unhealthy("answers to a wrong key", remedy, where=deployed.url)


def named(layout: Layout, manifest: Manifest) -> list[str]:
    """The deployed models, but those that somebody has taken out of the configuration by hand."""
    text = (files.read(layout.config) or b"").decode("utf-8", "replace")
    data = documents.parse_yaml(text, str(layout.config))
    models = data.get("model_list") if isinstance(data, dict) else None
    found = {model.get("model_name") for model in models or () if isinstance(model, dict)}
    return [name for name in manifest.models if name in found]


def _settled(layout: Layout, attempt: int, seconds: float) -> Status:
    """The status once an attempt after *attempt* has come to its end; the time that it takes is shown."""
    begun, shown = time.monotonic(), 0.0
    while instance := processes.running(layout):
        status, elapsed = state.read_status(layout, instance), time.monotonic() - begun
        if status and status.attempt > attempt and status.state != "starting":
            return status
        if elapsed > seconds:
            raise Unhealthy(f"has not taken the new configuration within {seconds:.0f} s", where=str(layout.log))
        if elapsed - shown > 5 and sys.stderr.isatty():  # noqa: PLR2004 - seconds
            shown = elapsed
            console.say(f"  LiteLLM is starting, {elapsed:.0f} s so far")
        time.sleep(0.2)
    raise Unhealthy("the gateway ended while it was to take a new configuration", where=str(layout.log))


def _beyond_a_swap(layout: Layout, manifest: Manifest, instance: Instance, status: Status | None) -> str:
    """Why a process that runs cannot come to serve what stands; empty when it can."""
    if status is None:
        return "What runs says nothing of itself"
    if status.code != state.revision(layout.supervisor):
        return "serve.py is another one"
    address = (manifest.gateway_url.rpartition(":")[2], manifest.choices.get("listen") or "127.0.0.1")
    if (str(instance.port), instance.listen) != address:
        return "It listens elsewhere from now on"
    try:
        chosen = litellm.find(layout, {}, manifest.choices.get("litellm"))
    except GatewayError:  # the start would say so
        return ""
    if chosen and str(chosen.executable.resolve()) != instance.program:
        return "It runs another LiteLLM from now on"
    return ""


def _serves_all_of(layout: Layout, manifest: Manifest, instance: Instance) -> bool:
    """Whether what runs is what would be started."""
    status = state.read_status(layout, instance)
    current = status is not None and state.serves_disk(layout, instance, status)
    return current and not _beyond_a_swap(layout, manifest, instance, status)


def _port(manifest: Manifest) -> int:
    return int(manifest.gateway_url.rpartition(":")[2])


def _rehearse(
    layout: Layout,
    manifest: Manifest,
    instance: Instance,
    session: Session | None,
) -> None:
    """A GatewayError when what stands could not be started in the place of *instance*, which is not touched."""
    python = scripts.check(layout)
    port = _port(manifest)
    if port != instance.port and (state := processes.listener(port, layout)).kind == "foreign":
        problem = f"port {port} is {state}; the gateway was not stopped"
        raise GatewayError(problem, processes.FREE_PORT)
    try_out(layout, manifest, python, "what stands", session)


def _retire(layout: Layout, instance: Instance, session: Session) -> None:
    """Nothing that is deployed needs the gateway of this machine any more."""
    console.say(f"The gateway on port {instance.port} is not needed any more: it ends when it has answered.", "step")
    if not units.runs(layout):
        session.dismiss(instance.pid)
    session.when_finished(lambda: units.remove(layout))


def _back(layout: Layout, before: Status) -> None:
    """After the files were undone: have what runs serve them again, if it took or is taking the others.

    Returns when it does. "Undone" is also what claude gets from the gateway.
    """
    instance = processes.running(layout)
    status = state.read_status(layout, instance) if instance else None
    if instance is None or status is None:
        return
    if status.state != "starting" and status.served == before.served:
        return
    console.say("The gateway goes back to what it served before.", "step")
    processes.hang_up(instance)
    if not _serves_again(layout, status):
        console.warn("the gateway does not serve yet what it served before; see: doit status")


def _serves_again(layout: Layout, status: Status) -> bool:
    """Whether the attempt after *status* succeeds in time."""
    try:
        after = _settled(layout, status.attempt, LONGEST_UNDO)
    except Unhealthy:
        return False
    return after.state == "serving"
