"""validate: is everything that could be deployed, and what is about to be, as its schema says? Needs no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import JSON, Task, action
from tasks.core.deploying import checks
from tasks.core.disk import files
from tasks.core.model.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.context import Asked
    from tasks.core.model.layout import Layout


def tasks(asked: Asked) -> Iterator[Task]:
    """One subtask for all templates, one for the release, and the options of both."""
    doc = "Check all templates, and the release that is about to be installed."
    yield {"name": None, "doc": doc, "params": [JSON], "meta": {"checks": True}}
    yield {
        "name": "templates",
        "doc": "Check every model, preset, gateway and artifact.",
        "actions": [(check_templates, [asked.layout])],
        "file_dep": files.below(asked.layout.templates),
    }
    yield {"name": "release", "doc": "Check the files that are about to be installed.", **asked.one(release_task)}


def release_task(asked: Asked) -> Task:
    """The check of what is about to be installed."""
    artifacts = asked.deployment.artifacts
    paths = [*(asked.layout.release / each.file for each in artifacts), asked.layout.release_manifest]
    return {"actions": [(check_release, [asked])], "file_dep": [str(path) for path in paths]}


@action
def check_templates(layout: Layout) -> None:
    """Every template, as it is and as it renders with example values; all findings at once."""
    report(checks.templates(layout))


@action
def check_release(asked: Asked) -> None:
    """The staged files, each by its kind."""
    release, names = asked.layout.release, [each.file for each in asked.deployment.artifacts]
    contents = {name: (release / name).read_bytes() for name in names}
    findings = checks.made(contents, asked.layout, "build/release/")
    report(findings + checks.manifest(asked.layout.release_manifest, asked.layout))


def report(findings: list[str]) -> None:
    """Nothing, or an error with all of them."""
    if findings:
        more = "finding" if len(findings) == 1 else "findings"
        listing = "\n  ".join(findings)
        raise InvalidInput(f"{len(findings)} {more}\n  {listing}", "Mend these files; nothing was deployed.")
