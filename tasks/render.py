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

    from tasks.core.deploying.context import Asked
    from tasks.core.model.catalogue import Artifact


def tasks(asked: Asked) -> Iterator[Task]:
    """One subtask per artifact of the chosen kind of gateway."""
    deployment = asked.deployment
    for artifact in deployment.artifacts:
        sources = render.sources(artifact, deployment, asked.layout.templates)
        inputs = functools.partial(_inputs, asked, artifact)
        yield {
            "name": artifact.file,
            "doc": f"Render {artifact.file}.",
            "actions": [(write, [asked, artifact])],
            "file_dep": sorted(map(str, sources)),
            "targets": [str(asked.layout.rendered / artifact.file)],
            "task_dep": ["choose", "_catalogue"],
            "uptodate": [unchanged("inputs", inputs)],
        }


def _inputs(asked: Asked, artifact: Artifact) -> object:
    return render.inputs(artifact, asked.deployment, asked.values)


@action
def write(asked: Asked, artifact: Artifact) -> None:
    """Render one artifact into the workshop."""
    data = render.content(artifact, asked.deployment, asked.values, asked.layout.templates)
    files.write(asked.layout.rendered / artifact.file, data, artifact.permissions)
