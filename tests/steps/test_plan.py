"""plan: its task, and what it plans."""

from tasks import plan
from tasks.core.deploying.this_run import Run


def test_the_task_depends_on_nothing_and_makes_nothing(asked_for):
    run = Run()
    run.begin(asked_for())
    task = plan.task(run, [])
    assert not {"file_dep", "targets", "task_dep", "setup", "uptodate"} & set(task)
