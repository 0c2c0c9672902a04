"""What a dead command left beside the deployed files goes."""

import pytest

from tasks.core.service import leftovers, traces
from tests.core.places import layout_in


@pytest.fixture
def layout(tmp_path):
    return layout_in(tmp_path)


def test_what_no_command_uses_any_more_goes_and_the_trial_of_one_that_runs_stays(layout):
    former = traces.former(layout.pid_file)
    former.write_text("pid=1\n")
    own = layout.gateway / f"{traces.name_trial()}x"
    dead = layout.gateway / f".trial-{2**22 + 1}-x"
    for folder in (own, dead):
        folder.mkdir()
        (folder / "status").touch()
    assert leftovers.clear(layout)
    assert [*layout.gateway.iterdir()] == [own]
    assert not leftovers.clear(layout)
