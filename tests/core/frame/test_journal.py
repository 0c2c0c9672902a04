"""deployment.log: a JSON line per step of a run that changed something; private, and never somewhere else."""

import json

import pytest

from tasks.core.console.summary import Summary
from tasks.core.frame import journal


def run_of(log, *steps):
    run = Summary()
    run.log, run.steps = log, [{"step": step, "state": "ok", "seconds": 0.1} for step in steps]
    return run


def test_there_is_a_line_per_step_and_later_runs_are_added(tmp_path):
    log = tmp_path / "deployment.log"
    journal.append(run_of(log, "render:a", "install"))
    journal.append(run_of(log, "settings"))
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["step"] for line in lines] == ["render:a", "install", "settings"]
    assert all({"time", "pid", "state", "seconds"} <= set(line) for line in lines)
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_run_that_changed_nothing_leaves_no_file(tmp_path):
    journal.append(run_of(None, "status"))
    journal.append(run_of(tmp_path / "not made" / "deployment.log", "status"))
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_its_place_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "deployment.log").symlink_to(victim)
    with pytest.raises(OSError, match="ymbolic"):
        journal.append(run_of(tmp_path / "deployment.log", "install"))
    assert victim.read_text() == "precious"


def test_a_name_with_a_line_break_stays_one_line(tmp_path):
    log = tmp_path / "deployment.log"
    journal.append(run_of(log, 'a\n{"step": "forged"}'))
    assert len(log.read_text().splitlines()) == 1
