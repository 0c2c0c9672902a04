"""choose: what is chosen is noted, once."""

import json

from tasks import choose
from tasks.core.deploying.this_run import Run
from tasks.deploy import OPTIONS


def test_choices_are_noted_privately_and_once(asked_for, layout):
    run = Run()
    run.begin(asked_for(preset="basic", port=4567))
    task = choose.task(run, OPTIONS)
    ((act, arguments, options),) = task["actions"]
    assert not task["uptodate"][1]()
    assert act(*arguments, **options) is None
    noted = json.loads(layout.choices.read_text())
    assert (noted["choices"], noted["kept"]) == ({"preset": "basic", "port": 4567}, False)
    assert layout.choices.stat().st_mode & 0o777 == 0o600
    again = choose.task(run, OPTIONS)
    assert again["uptodate"][1]()
