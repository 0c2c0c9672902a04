"""stage: a release is the rendered files and their manifest."""

import json

from tasks import stage
from tasks.core.disk import files
from tests.steps.releases import rendered, staged


def test_a_release_is_the_rendered_files_and_their_manifest(asked_for, layout):
    data = staged(asked_for(preset="basic", port=4567))
    assert data["files"] == {
        path.name: files.digest(path.read_bytes())
        for path in layout.release.iterdir()
        if path.name != layout.manifest.name
    }
    assert (data["gateway_url"], data["choices"]) == ("http://127.0.0.1:4567", {"preset": "basic", "port": 4567})
    assert data["revision"] == 0
    assert "VERTEX" not in json.dumps(data["environment_variables"])


def test_what_an_earlier_release_had_is_left_out(asked_for, layout):
    layout.release.mkdir(parents=True)
    (layout.release / "old.service").write_text("x")
    staged(asked_for())
    assert not (layout.release / "old.service").exists()


def test_a_release_has_the_content_of_its_choices_whatever_is_in_build(asked_for, layout):
    one = staged(asked_for(preset="demo"))
    rendered(asked_for(preset="demo", port=4567))
    asked = asked_for(preset="demo")
    assert stage.build(asked) is None
    assert "4567" not in (layout.release / "start-gateway.sh").read_text()
    assert json.loads(layout.release_manifest.read_text()) == one
