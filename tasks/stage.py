"""stage: the rendered files and their manifest make one release, what should stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.deploying import expected
from tasks.core.disk import files
from tasks.core.frame.uptodate import unchanged
from tasks.core.text import documents

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.catalogue import Artifact


def task(resolved: Resolved) -> Task:
    """Copy what was rendered, leave out what no longer belongs, write the manifest."""
    layout, artifacts = resolved.layout, resolved.deployment.artifacts
    targets = [*(layout.release / each.file for each in artifacts), layout.release_manifest]
    return {
        "actions": [(build, [resolved])],
        "file_dep": [str(layout.rendered / each.file) for each in artifacts] + [str(layout.choices)],
        "targets": [str(path) for path in targets],
        "clean": True,
        "task_dep": ["render"],
        "uptodate": [unchanged(lambda: _inputs(resolved))],
    }


def _inputs(resolved: Resolved) -> object:
    return [resolved.recipe, resolved.request.choices.to_json(), resolved.own_templates]


@action
def build(resolved: Resolved) -> None:
    """Make the folder of the release hold exactly that."""
    layout, artifacts = resolved.layout, resolved.deployment.artifacts
    # Not read from the rendered files: the manifest says of these bytes that the choices give them.
    rendered = resolved.render_all()
    for artifact in artifacts:
        files.write(layout.release / artifact.file, rendered[artifact.file], artifact.permissions)
    manifest = expected.describe_release(resolved, rendered)
    files.write(layout.release_manifest, documents.dump_json(manifest.to_json()), 0o600)
    leave_out(layout.release, artifacts, layout.release_manifest.name)


def leave_out(place: Path, artifacts: tuple[Artifact, ...], manifest: str) -> None:
    """Remove files of an earlier release; doit itself never does."""
    for path in place.iterdir():
        if path.name not in {manifest, *(each.file for each in artifacts)}:
            path.unlink()
