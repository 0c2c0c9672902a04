"""verify: what is deployed is looked at."""

import json

from tasks.core.deploying import checks
from tasks.core.model.release import Manifest


def manifest(**more):
    plain = {"deployment_id": "d", "timestamp": "2026-01-01T00:00:00Z", "source_version": "0", "gateway_type": "local"}
    known = {"gateway_url": "http://h", "models": ("a",), "files": {}, "modes": {}, "choices": {}}
    return Manifest(**{**plain, **known, **more})


def test_missing_files_wrong_modes_and_broken_content_are_all_found(asked_for, layout):
    layout.gateway.mkdir(parents=True)
    layout.manifest.write_text(json.dumps(manifest().to_json()))
    layout.config.write_text("model_list: 5\n")
    layout.config.chmod(0o666)
    made = manifest(modes={"litellm_config.yaml": "0644", ".env": "0600"})
    found = "\n".join(checks.deployed_files(layout, made))
    assert f"{layout.env_file}: is missing" in found
    assert "0666, not 0644" in found
    assert "model_list" in found
