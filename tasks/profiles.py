"""profiles: which named sets of choices there are, and which of them is deployed; one is kept by deploying it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tasks.core.cli.steps import JSON, Task, action
from tasks.core.console import console
from tasks.core.disk import files
from tasks.core.frame.uptodate import holds
from tasks.core.history import history
from tasks.core.model.choices import Choices
from tasks.core.model.deployment import settle
from tasks.core.model.errors import GatewayError
from tasks.core.profiles import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.layout import Layout

OPTIONS = [
    JSON,
    {"name": "remove", "long": "remove", "type": str, "default": "", "help": "forget this profile"},
]


def task(resolved: Resolved) -> Task:
    """`doit profiles [--json] [--remove NAME]`."""
    return {"actions": [(show, [resolved])], "params": OPTIONS, "meta": {"quiet": True}}


def keep_task(resolved: Resolved) -> Task:
    """Once it stands, what was deployed is kept under the name that it was given."""
    return {
        "actions": [(keep, [resolved])],
        "task_dep": ["_finish"],
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
        known = facts(resolved)
        if as_json:
            console.document(known)
        else:
            console.tell("\n".join(lines(known["profiles"])), hanging=4)


def facts(resolved: Resolved) -> dict[str, Any]:
    """Every profile with what it comes to (templates/schemas/profiles.schema.json)."""
    layout = resolved.layout
    return {"folder": str(layout.profiles), "profiles": [fact(resolved, name) for name in named.names(layout)]}


def fact(resolved: Resolved, name: str) -> dict[str, Any]:
    """One profile; of one that cannot be deployed any more the reason."""
    known: dict[str, Any] = {"name": name, "deployed": False, "preset": None, "url": None, "models": []}
    try:
        choices = named.read(resolved.layout, name)
        known |= {"preset": choices.preset, "deployed": choices == deployed(resolved.layout)}
        deployment = settle(choices, resolved.context.catalogue)
    except GatewayError as error:
        return {**known, "problem": " ".join(str(error).split())}
    models = [model.id for model in deployment.models] or list(dict.fromkeys(deployment.names.values()))
    return {**known, "url": deployment.url, "models": models}


def deployed(layout: Layout) -> Choices | None:
    """The choices that stand, as a profile has them."""
    manifest = history.installed(layout)
    return named.portable(Choices.from_json(manifest.choices)) if manifest else None


def lines(known: list[dict[str, Any]]) -> Iterator[str]:
    """A line per profile, the deployed one marked."""
    if not known:
        yield from ("There are no profiles yet.", "Name what you deploy: doit deploy --profile NAME")
    width = max((len(each["name"]) for each in known), default=0)
    for each in known:
        mark = "*" if each["deployed"] else " "
        what = each.get("problem") or f"{', '.join(each['models']) or 'its own models'} at {each['url']}"
        yield f"{mark} {each['name']:{width}}  {each['preset'] or '?':14}  {what}"
