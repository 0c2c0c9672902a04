"""The steps of a run that cannot be made fail and say why."""

import json

from tasks.core.deploying.this_run import Run
from tasks.core.model.errors import UsageError


def test_a_step_that_cannot_be_planned_is_a_task_that_fails_and_says_why(checkout):
    def broken(_):
        raise UsageError("no such thing")

    one = Run().one(broken)
    (several,) = Run().each(lambda _: iter([broken(None)]))
    for task in (one, several):
        ((act, arguments),) = task["actions"]
        assert act(*arguments).exit_code == 3
    assert several["name"]


def test_remembered_choices_that_are_gone_from_the_catalogue_do_not_break_other_commands(checkout):
    checkout.choices.write_text(json.dumps({"choices": {"preset": "basic", "models": ["gone"]}, "over": "0 "}))
    task = Run().one(lambda resolved: {"deployment": resolved.deployment})
    ((act, arguments),) = task["actions"]
    assert "gone" in act(*arguments).message
