"""choose: what was chosen is remembered."""

import json

from tasks import choose


def test_choices_are_remembered_privately_and_once(asked_for, layout):
    asked = asked_for(preset="basic", port=4567)
    task = choose.task(asked)
    ((act, arguments),) = task["actions"]
    assert not task["uptodate"][0]()
    assert act(*arguments) is None
    assert json.loads(layout.choices.read_text()) == {"preset": "basic", "port": 4567}
    assert layout.choices.stat().st_mode & 0o777 == 0o600
    assert task["uptodate"][0]()
