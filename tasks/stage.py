"""stage: the rendered files and their manifest make one release, what should stand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tasks.core.cli.steps import Task, action
from tasks.core.disk import files
from tasks.core.frame.uptodate import as_built, unchanged
from tasks.core.model import release
from tasks.core.text import documents

if TYPE_CHECKING:
    from pathlib import Path

    from tasks.core.deploying.resolve import Resolved
    from tasks.core.model.catalogue import Artifact
    from tasks.core.model.deployment import Deployment
    from tasks.core.model.layout import Layout
    from tasks.core.model.release import Manifest


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
        "uptodate": [unchanged("artifacts", lambda: [each.mode for each in artifacts]), as_built(targets)],
    }


@action
def build(resolved: Resolved) -> None:
    """Make the folder of the release hold exactly that."""
    layout, deployment = resolved.layout, resolved.deployment
    rendered = {each.file: (layout.rendered / each.file).read_bytes() for each in deployment.artifacts}
    for each in deployment.artifacts:
        files.write(layout.release / each.file, rendered[each.file], each.permissions)
    manifest = described(deployment, rendered, source_version(layout))
    files.write(layout.release_manifest, documents.dump_json(manifest.to_json()), 0o600)
    leave_out(layout.release, deployment.artifacts, layout.release_manifest.name)


def described(deployment: Deployment, rendered: dict[str, bytes], version: str) -> Manifest:
    """The manifest of a release."""
    now = time.gmtime()
    return release.Manifest(
        deployment_id=time.strftime("dep-%Y%m%d-%H%M%S", now),
        timestamp=time.strftime("%Y-%m-%dT%H:%M:%SZ", now),
        source_version=version,
        gateway_type=deployment.gateway.id,
        gateway_url=deployment.url,
        models=deployment.served,
        token_variable=deployment.gateway.token,
        files={name: files.digest(data) for name, data in rendered.items()},
        modes={each.file: each.mode for each in deployment.artifacts},
        choices=deployment.choices.to_json(),
    )


def source_version(layout: Layout) -> str:
    """The version of this collection, from pyproject.toml."""
    import tomllib

    return str(tomllib.loads((layout.project / "pyproject.toml").read_text())["project"]["version"])


def leave_out(place: Path, artifacts: tuple[Artifact, ...], manifest: str) -> None:
    """Remove files of an earlier release; doit itself never does."""
    for path in place.iterdir():
        if path.name not in {manifest, *(each.file for each in artifacts)}:
            path.unlink()
