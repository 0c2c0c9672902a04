"""verify: look at what stands, as a user of it would; ask the gateway, if it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.model.errors import InvalidInput, Unhealthy
from tasks.tools import checks, console, files, gateway, history, processes, session, standing
from tasks.tools.steps import Task, action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.model.layout import Layout
    from tasks.model.release import Manifest
    from tasks.tools.asked import Asked
    from tasks.tools.processes import Instance


def task(asked: Asked) -> Task:
    """Always looks; after a commit it is what decides whether the commit stays."""
    return {"actions": [(look, [asked])]}


def committed_task(asked: Asked) -> Task:
    """The same within a deployment that changed something."""
    return {
        "actions": [(look, [asked])],
        "task_dep": ["_commit"],
        "uptodate": [lambda: session.this.transaction is None],
    }


@action
def look(asked: Asked) -> None:
    """Schema, modes, digests, settings; readiness, models and the key of a running gateway."""
    manifest = history.current(asked.layout)
    token = gateway.own_key(asked.layout).reveal()
    findings = [*files_found(asked.layout, manifest), *checks.settings(asked.layout, manifest.gateway_url, token)]
    if findings:
        raise InvalidInput(
            "\n  ".join(["what stands is not what was deployed", *findings]), "Deploy again: doit deploy"
        )
    for name in edited(asked.layout, manifest):
        console.warn(f"{name} was changed by you since it was deployed; a later deployment keeps your edits")
    if instance := processes.running(asked.layout):
        answers(asked.layout, manifest, instance)


def files_found(layout: Layout, manifest: Manifest) -> Iterator[str]:
    """What is wrong with the deployed files."""
    yield from checks.manifest(layout.manifest, layout)
    contents = {}
    for name, mode in manifest.modes.items():
        path = layout.gateway / name
        if (found := files.read(path)) is None:
            yield f"{path}: is missing"
            continue
        contents[name] = found
        if f"{files.mode_of(path):04o}" != mode:
            yield f"{path}: has mode {files.mode_of(path):04o}, not {mode}"
    yield from checks.artifacts(contents, layout, f"{layout.gateway}/")


def edited(layout: Layout, manifest: Manifest) -> list[str]:
    """The deployed files whose content is not what was left there."""
    return [name for name, each in standing.of(layout, (), manifest).items() if each.edited]


def answers(layout: Layout, manifest: Manifest, instance: Instance) -> None:
    """A running gateway is ready, serves every deployed name, and refuses a wrong key."""
    url = manifest.gateway_url
    if not url.endswith(f":{instance.port}"):
        console.warn(f"the gateway still runs on port {instance.port}; start it anew: doit stop, then doit start")
        return
    if not gateway.readiness(url, timeout=10):
        raise Unhealthy("does not answer /health/readiness", f"See its log: {layout.log}", where=url)
    served = gateway.served_models(url, gateway.own_key(layout))
    if missing := [name for name in manifest.models if name not in served]:
        console.warn(
            f"the running gateway does not serve {', '.join(missing)} yet; restart it: doit stop, then doit start"
        )
    if not gateway.wrong_key_refused(url):
        raise Unhealthy("answers to a wrong key", "Stop it (doit stop) and look into litellm_config.yaml.", where=url)
