"""autostart: start the gateway at login, by a unit of systemd or an agent of launchd; or no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, Task, action, make_flag
from tasks.core.console import console
from tasks.core.history import history
from tasks.core.model.errors import GatewayError, UsageError
from tasks.core.service import processes, scripts, units, units_page

if TYPE_CHECKING:
    from tasks.core.model.layout import Layout

OPTIONS = [
    make_flag("enable", "start the gateway at login, and again when it dies"),
    make_flag("disable", "no longer start it at login"),
    JSON,
]


def task(layout: Layout) -> Task:
    """`doit autostart [--enable | --disable] [--json]`: without an option it only looks."""
    return {"actions": [(serve, [layout])], "params": OPTIONS, "meta": {"quiet": True}}


@action
def serve(layout: Layout, enable: bool, disable: bool, as_json: bool) -> None:
    """Do the one that was asked for."""
    if enable and disable:
        raise UsageError("--enable and --disable exclude each other", "Choose one.")
    if as_json and (enable or disable):
        raise UsageError("--json only looks", "Leave it out, or the other option.")
    if enable:
        put_up(layout)
    elif disable:
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
    system = units.system()
    name, path = system.NAME, units.file_of(layout)
    console.tell(f"{path}: {name} starts the gateway at login from now on.")
    if processes.running(layout) and not system.active(path):
        console.say(f"The gateway that was started by hand is stopped, and started by {name}.")
        scripts.run(layout, layout.stop_script.name)
        units.start(layout)
    elif not processes.running(layout):
        console.tell("To start it now: doit start")
    if advice := system.advice():
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
