"""service: have the system run the gateway from login on, by a unit of systemd or an agent of launchd; or no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.cli.steps import JSON, Task, action
from tasks.core.console import console
from tasks.core.history import history
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.service import processes, scripts, units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.model.layout import Layout

OPTIONS = [
    JSON,
    {
        "name": "install",
        "long": "install",
        "type": bool,
        "default": False,
        "help": "start the gateway at login, and again when it dies",
    },
    {"name": "remove", "long": "remove", "type": bool, "default": False, "help": "no longer"},
    {"name": "status", "long": "status", "type": bool, "default": False, "help": "only look (the default)"},
]


def task(layout: Layout) -> Task:
    """`doit service [--install | --remove | --status] [--json]`."""
    return {"actions": [(serve, [layout])], "params": OPTIONS, "meta": {"quiet": True}}


@action
def serve(layout: Layout, install: bool, remove: bool, status: bool, as_json: bool) -> None:
    """Do the one that was asked for."""
    if install + remove + status > 1:
        raise UsageError("--install, --remove and --status cannot be meant together", "Choose one.")
    if as_json and (install or remove):
        raise UsageError("--json goes with --status", "Leave one of them out.")
    if install:
        put_up(layout)
    elif remove:
        take_down(layout)
    elif as_json:
        console.document(facts(layout))
    else:
        for line in lines(facts(layout)):
            console.tell(line)


def put_up(layout: Layout) -> None:
    """Install the unit; a gateway that was started by hand goes over to it."""
    history.current(layout)
    if not layout.start_script.exists():
        raise GatewayError("no gateway that could be started is deployed here", where=str(layout.gateway))
    units.install(layout)
    name, path = units.system().NAME, units.file_of(layout)
    console.tell(f"{path}: {name} starts the gateway at login from now on.")
    if processes.running(layout) and not units.system().active(path):
        console.say(f"The gateway that was started by hand is stopped, and started by {name}.")
        scripts.run(layout, layout.stop_script.name)
        units.start(layout)
    elif not processes.running(layout):
        console.tell("To start it now: doit start")
    if advice := units.system().advice():
        console.tell(advice)


def take_down(layout: Layout) -> None:
    """Remove the unit, which stops the gateway if it is the system that runs it."""
    path = units.file_of(layout)
    if units.remove(layout):
        console.tell(f"{path}: removed; the gateway is not started at login any more.")
    elif path.exists():
        raise units.foreign(path)
    else:
        console.tell("There is nothing to remove: the gateway is not started at login.")


def facts(layout: Layout) -> dict[str, Any]:
    """What can be told, as JSON values (templates/schemas/service.schema.json)."""
    path, system = units.file_of(layout), units.system()
    missing = system.missing()
    return {
        "system": system.NAME,
        "missing": missing or None,
        "file": str(path),
        "state": "ours" if units.ours(layout) else "foreign" if path.exists() else "none",
        "enabled": units.managed(layout),
        "active": None if missing else bool(units.ours(layout) and system.active(path)),
        "running": processes.running(layout) is not None,
        "advice": system.advice() or None,
    }


def lines(known: dict[str, Any]) -> Iterator[str]:
    """The facts for a person."""
    if known["missing"]:
        yield f"system     {known['missing']}"
    yield f"unit       {STATES[known['state']].format(**known)}"
    if known["state"] == "ours":
        yield f"at login   {'the gateway is started' if known['enabled'] else 'nothing: the unit is disabled'}"
    if known["running"]:
        yield f"now        the gateway runs, started {'by ' + known['system'] if known['active'] else 'by hand'}"
    else:
        yield "now        the gateway does not run"
    if known["enabled"] and known["advice"]:
        yield f"           {known['advice']}"


STATES = {
    "none": "none; the gateway is not started at login. Have it so: doit service --install",
    "ours": "{file}",
    "foreign": "{file} is not ours for this gateway, or was changed since; it is left alone",
}
