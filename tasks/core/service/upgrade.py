"""Another LiteLLM in place of the one that stands, as carefully as another configuration.

made beside ─► tried on a port of its own, with what is deployed ─► `venv` leads to it ─► the gateway runs it
    │                          │                                                              │
    └─ cannot be installed     └─ does not serve: the former one has never noticed            └─ back to the former

From the moment at which the gateway is stopped a record says so: when this command dies, the next one starts it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.console import console
from tasks.core.disk.transaction import Transaction
from tasks.core.history import history
from tasks.core.litellm import litellm, packages
from tasks.core.model.errors import GatewayError, Unhealthy
from tasks.core.service import handover, processes, supervisor

if TYPE_CHECKING:
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest
    from tasks.core.service.processes import Instance


def upgrade(layout: Layout) -> None:
    """Have the gateway run the pinned LiteLLM; Unhealthy, and all is as before, when it does not serve with that.

    No deployment runs meanwhile, and what interrupts it undoes it.
    """
    with Transaction.begin(layout, "litellm --upgrade") as transaction:
        _upgrade(layout, transaction)


def _upgrade(layout: Layout, transaction: Transaction) -> None:
    former = layout.venv.resolve() if litellm.is_ours(layout) else None
    if layout.venv.exists() and former is None:
        remedy = "Upgrade it by its own means, or move it away and run: doit litellm"
        raise GatewayError("was made by others", remedy, where=str(layout.venv))
    made = litellm.make(layout)
    manifest = history.installed(layout)
    if manifest and layout.config.name in manifest.files:
        attempt(layout, manifest, made)
        console.say("The new LiteLLM serves what is deployed, tried on a port of its own.", "ok")
    instance = processes.running(layout)
    try:
        litellm.use(layout, made)
        if manifest and former and instance:
            run_it(layout, manifest, instance, former, transaction)
        transaction.commit()
        transaction.finish(last=True)
    except BaseException as error:
        if former:
            _go_back(layout, former, instance)
        if not isinstance(error, GatewayError):
            raise
        raise Unhealthy(f"the new LiteLLM was taken back: {error.problem}", error.remedy, where=error.where) from error
    finally:
        handover.forget(layout)
    litellm.forget_others(layout)


def run_it(
    layout: Layout,
    manifest: Manifest,
    instance: Instance,
    former: Path,
    transaction: Transaction,
) -> None:
    """Start *instance* again where it runs on *former*; Unhealthy when it does not serve then."""
    if not Path(instance.program or "").is_relative_to(former):
        console.warn(f"the gateway runs another LiteLLM, {instance.program}, and goes on with it")
        return
    console.say("The gateway is stopped and started anew: another program cannot take over without a pause.", "step")
    handover.set_aside(layout, keeps_running=False)
    transaction.place()
    supervisor.restart(layout)
    supervisor.prove(layout, manifest)


def _go_back(layout: Layout, former: Path, before: Instance | None) -> None:
    """Have `venv` lead to *former* again, and the gateway that ran *before* run on it, unless it still does."""
    stands = former if former.name != layout.venv.name else litellm.moved(layout)
    if stands.exists():
        litellm.use(layout, stands)
    now = processes.running(layout)
    if before and (now is None or now.word != before.word):
        console.warn("the gateway goes back to the former LiteLLM")
        supervisor.restart(layout)


def attempt(layout: Layout, manifest: Manifest, venv: Path) -> None:
    """Unhealthy unless the LiteLLM of *venv* serves what is deployed, on a port and with a log of its own."""
    console.say("The new LiteLLM is tried with what is deployed …", "step")
    supervisor.try_out(layout, manifest, packages.python_of(venv), "what is deployed with the new LiteLLM")
