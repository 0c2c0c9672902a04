"""The page of `doit autostart`: whether the gateway starts at login, as values and lines.

templates/schemas/autostart.schema.json describes the values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.service import processes, units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.model.layout import Layout

STATES = {
    "none": "none; the gateway is not started at login. Have it so: doit autostart --enable",
    "ours": "{file}",
    "foreign": "{file} is not ours for this gateway, or was changed since; it is left alone",
}
"""What to say of the unit's file."""

AT_LOGIN = {
    True: "at login   the gateway is started",
    False: "at login   nothing: the unit is disabled",
}

NOW = {
    "stopped": "now        the gateway does not run",
    "by hand": "now        the gateway runs, started by hand",
    "by system": "now        the gateway runs, started by {system}",
}


def describe(layout: Layout) -> dict[str, Any]:
    """What is known, as JSON values."""
    system = units.system()
    path = units.file_of(layout)
    missing = system.missing()
    is_ours = units.ours(layout)
    return {
        "system": system.NAME,
        "missing": missing or None,
        "file": str(path),
        "state": find_state(layout),
        "enabled": units.managed(layout),
        "active": None if missing else bool(is_ours and system.active(path)),
        "running": processes.running(layout) is not None,
        "advice": system.advice() or None,
    }


def find_state(layout: Layout) -> str:
    """The key of STATES."""
    if units.ours(layout):
        return "ours"
    if units.file_of(layout).exists():
        return "foreign"
    return "none"


def find_starter(facts: dict[str, Any]) -> str:
    """The key of NOW."""
    if not facts["running"]:
        return "stopped"
    if facts["active"]:
        return "by system"
    return "by hand"


def lines(facts: dict[str, Any]) -> Iterator[str]:
    """The facts for a person."""
    if facts["missing"]:
        yield "system     {missing}".format_map(facts)
    state = STATES[facts["state"]]
    yield "unit       " + state.format_map(facts)
    if facts["state"] == "ours":
        yield AT_LOGIN[facts["enabled"]]
    starter = NOW[find_starter(facts)]
    yield starter.format_map(facts)
    if facts["enabled"] and facts["advice"]:
        yield "           {advice}".format_map(facts)
