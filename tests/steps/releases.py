"""What several tests of steps begin with: rendered files, a release."""

import json

from tasks import render, stage


def rendered(asked):
    """The files of the gateway, below build/rendered."""
    for artifact in asked.deployment.artifacts:
        assert render.write(asked, artifact) is None


def staged(asked):
    """The release of the rendered files: its manifest."""
    rendered(asked)
    assert stage.build(asked) is None
    return json.loads(asked.layout.release_manifest.read_text())
