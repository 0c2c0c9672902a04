"""A plan in a few lines: how many files and settings, and what a person has to know."""

import pytest

from tasks.core.deploying import plan as deploying_plan
from tasks.core.deploying import plan_file, plan_summary


@pytest.fixture
def made(asked_for, layout):
    layout.gateway.mkdir(parents=True)
    return deploying_plan.make_plan(asked_for(), plan_file.key_of(layout))


def test_files_and_settings_are_counted(made):
    lines = list(plan_summary.lines(made[0], 100))
    assert lines[-1] == "Plan: 5 files to create, 21 settings to set."
    assert not any("ANTHROPIC" in line for line in lines)
    assert "Nothing was written" not in "\n".join(lines)


def test_an_edit_of_the_user_and_a_process_are_told(made):
    plan = made[0]
    edited = {**plan["files"][0], "action": "merge", "note": "your edits are kept"}
    process = {"action": "restart", "why": "serve.py changes", "wait_seconds": 5}
    plan = {**plan, "files": [edited, *plan["files"][1:]], "process": process}
    text = "\n".join(plan_summary.lines(plan, 100))
    assert "your edits are kept" in text
    assert "restart: serve.py changes; requests wait for about 5 s" in text
    assert "1 file to merge with your edits" in text


def test_nothing_to_do_is_one_line(made):
    plan = made[0]
    files = [{**entry, "action": "unchanged"} for entry in plan["files"]]
    settings = {**plan["settings"], "action": "unchanged", "keys": []}
    lines = list(plan_summary.lines({**plan, "files": files, "settings": settings}, 100))
    assert lines[-1].startswith("Nothing to do")


def test_details_are_the_page_and_what_changes_but_not_all_of_a_new_file(made):
    plan, patch = made
    text = "\n".join(plan_summary.list_details(plan, patch, 100))
    assert "serve.py" in text
    assert '"ANTHROPIC_BASE_URL": "http://127.0.0.1:4000"' in text
    assert len(text.splitlines()) < 100
