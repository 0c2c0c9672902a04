"""profiles: which named sets of choices there are, and which of them is deployed; one is kept by deploying it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, Task, action, text_option
from tasks.core.console import console
from tasks.core.disk import files
from tasks.core.frame.uptodate import holds
from tasks.core.profiles import named, profiles_page

if TYPE_CHECKING:
    from tasks.core.deploying.resolve import Resolved

OPTIONS = [
    JSON,
    text_option("remove", "NAME", "forget this profile"),
]


def task(resolved: Resolved) -> Task:
    """`doit profiles [--json] [--remove NAME]`."""
    return {"actions": [(show, [resolved])], "params": OPTIONS, "meta": {"quiet": True}}


def keep_task(resolved: Resolved) -> Task:
    """Once it stands, what was deployed is kept under the name that it was given."""
    return {
        "actions": [(keep, [resolved])],
        "task_dep": ["_finish"],
        "setup": ["_transaction"],
        "uptodate": [holds(lambda: resolved.request.profile is None or kept(resolved, resolved.request.profile))],
    }


def kept(resolved: Resolved, name: str) -> bool:
    """Whether the profile holds these choices."""
    path = named.path_of(resolved.layout, name)
    return files.read(path) == named.content(resolved.request.choices) and files.mode_of(path) == named.MODE


@action
def keep(resolved: Resolved) -> None:
    """Write the profile; it holds no secret, but tells what somebody uses."""
    request, layout = resolved.request, resolved.layout
    if request.profile is not None:
        files.make_private_dir(layout.profiles)
        files.write(named.path_of(layout, request.profile), named.content(request.choices), named.MODE)
        console.say(f"Kept as the profile {request.profile}; to switch back to it: doit use {request.profile}", "ok")


@action
def show(resolved: Resolved, as_json: bool, remove: str) -> None:
    """Print the profiles, for a person or a program; forget one first where that was asked for."""
    if remove:
        named.remove(resolved.layout, remove)
        console.say(f"The profile {remove} is gone; what is deployed stays.", "ok")
    if not remove or as_json:
        known = profiles_page.describe(resolved.layout, lambda: resolved.context.catalogue)
        if as_json:
            console.document(known)
        else:
            console.tell("\n".join(profiles_page.lines(known["profiles"])), hanging=4)
