"""render: a template or the catalogue in, one file out. No secret is rendered: .env gets its secrets when installed."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.deploying import render
from tasks.core.disk import files
from tasks.core.frame.uptodate import unchanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.catalogue import Artifact


def tasks(resolved: Resolved) -> Iterator[Task]:
    """One subtask per artifact of the chosen kind of gateway."""
    deployment = resolved.deployment
    for artifact in deployment.artifacts:
        made_by = resolved.makers[artifact.file]
        sources = render.sources(artifact, deployment, resolved.layout, made_by)
        inputs = functools.partial(_inputs, resolved, artifact)
        yield {
            "name": artifact.file,
            "doc": f"Render {artifact.file}.",
            "actions": [(write, [resolved, artifact])],
            "file_dep": sorted(map(str, sources)),
            "targets": [str(resolved.layout.rendered / artifact.file)],
            "clean": True,
            "task_dep": ["choose", "_catalogue"],
            "uptodate": [unchanged(inputs)],
        }


def _inputs(resolved: Resolved, artifact: Artifact) -> object:
    return render.inputs(artifact, resolved.deployment, resolved.values)


@action
def write(resolved: Resolved, artifact: Artifact) -> None:
    """Render one artifact into the workshop."""
    path = resolved.layout.rendered / artifact.file
    files.write(path, resolved.render(artifact), artifact.permissions)
