"""service: have the system run the gateway from login on, by a unit of systemd or an agent of launchd; or no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, Task, action
from tasks.core.console import console
from tasks.core.history import history
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.service import processes, scripts, units, units_page

if TYPE_CHECKING:
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
        console.document(units_page.describe(layout))
    else:
        for line in units_page.lines(units_page.describe(layout)):
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
