"""render: a subtask for each file, which writes below build/ only."""

from tasks import render
from tests.steps.releases import rendered


def test_there_is_a_subtask_for_every_artifact_that_writes_below_build_only(asked_for, layout):
    made = list(render.tasks(asked_for(preset="basic")))
    assert [each["name"] for each in made] == [a.file for a in asked_for(preset="basic").deployment.artifacts]
    for each in made:
        assert all(target.startswith(str(layout.build)) for target in each["targets"])
        assert each["file_dep"] == sorted(each["file_dep"])
        assert each["doc"]


def test_what_is_rendered_has_its_mode_and_no_secret(asked_for, layout):
    rendered(asked_for(preset="basic"))
    for path in layout.rendered.iterdir():
        assert b"sk-tests" not in path.read_bytes()
    assert (layout.rendered / ".env").stat().st_mode & 0o777 == 0o600
    assert (layout.rendered / "start-gateway.sh").stat().st_mode & 0o777 == 0o755
