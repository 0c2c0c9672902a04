"""render: a template or the catalogue in, one file out. No secret is rendered: .env gets its secrets when installed."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from tasks.tools import files, rendering
from tasks.tools.steps import Task, action
from tasks.tools.uptodate import unchanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasks.model.catalogue import Artifact
    from tasks.tools.asked import Asked


def tasks(asked: Asked) -> Iterator[Task]:
    """One subtask per artifact of the chosen kind of gateway."""
    deployment = asked.deployment
    for artifact in deployment.artifacts:
        sources = rendering.sources(artifact, deployment, asked.layout.templates)
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
    return rendering.inputs(artifact, asked.deployment, asked.values)


@action
def write(asked: Asked, artifact: Artifact) -> None:
    """Render one artifact into the workshop."""
    data = rendering.content(artifact, asked.deployment, asked.values, asked.layout.templates)
    files.write(asked.layout.rendered / artifact.file, data, artifact.permissions)
