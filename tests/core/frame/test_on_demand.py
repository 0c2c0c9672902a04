"""What a command line asks for is made; the rest is names, and says so should it run."""

import json
import sys

import pytest

from tasks.core.frame import on_demand

pytestmark = pytest.mark.sample(8)

NAMES = """
import json, sys, doit.loader
doit.loader.initial_workdir = sys.argv.pop(1)
import dodo
from doit.control import TaskControl

tasks = doit.loader.load_tasks(vars(dodo), args=sys.argv[1:])
control = TaskControl(tasks)
control.process(None)
made = {each.name for each in tasks if "_not_made" not in str(each.actions)}
needed, reached = {each for each in control.tasks if each.partition(":")[0] == sys.argv[1]}, set()
while needed:
    name = needed.pop()
    reached.add(name)
    needed |= {*control.tasks[name].task_dep, *control.tasks[name].setup_tasks} - reached
print(json.dumps([sorted(made), sorted(reached)]))
"""
"""Prints which tasks are made for a command line, as doit reads it or somebody else, and which it leads to."""


def tasks_of(sandbox, words):
    """The names of the tasks that are made for *words*; those that are reached when all are made."""
    made, _ = json.loads(sandbox.run([sys.executable, "-c", NAMES, "/somewhere", *words]).out)
    everything, reached = json.loads(sandbox.run([sys.executable, "-c", NAMES, "", *words]).out)
    assert len(made) < len(everything)
    return made, reached


@pytest.fixture
def line(monkeypatch):
    """Sets the command line of a doit that reads dodo.py."""
    on_demand._words.cache_clear()
    monkeypatch.setattr(on_demand, "get_initial_workdir", lambda: "/somewhere")
    yield lambda text: monkeypatch.setattr(sys, "argv", ["doit", *text.split()])
    on_demand._words.cache_clear()


@pytest.mark.parametrize("text", ["render", "run render", "render:x", "--file=a.py render", "rend*", "-n 2 render"])
def test_a_task_is_asked_for_by_its_name_a_pattern_or_a_subtask(line, text):
    line(text)
    assert on_demand.asked_for("render")
    assert not on_demand.asked_for("stage")


@pytest.mark.parametrize(
    "text", ["list --all", "list -q", "info stage", "clean", "forget x", "help render", "dumpdb", "/a/target"]
)
def test_what_else_doit_does_is_done_with_all_tasks(line, text):
    line(text)
    assert on_demand.asked_for("stage")


@pytest.mark.parametrize("text", ["list", "--file=/a/dodo.py list", "", "exec -- render"])
def test_these_ask_for_none(line, text):
    line(text)
    assert not on_demand.asked_for("render")


def test_somebody_else_who_reads_the_tasks_has_all_of_them(line, monkeypatch):
    line("list")
    monkeypatch.setattr(on_demand, "get_initial_workdir", lambda: None)
    assert on_demand.asked_for("render")


def test_the_default_is_made_when_nothing_else_is_asked_for(line, monkeypatch):
    monkeypatch.setattr(on_demand, "known", set())

    @on_demand.on_demand(default=True)
    def task_look():
        return "made"

    @on_demand.on_demand()
    def task_other():
        return "made"

    for text, look, other in (
        ("-n 2", True, False),
        ("other", False, True),
        ("look", True, False),
        ("list", False, False),
    ):
        on_demand._words.cache_clear()
        line(text)
        assert (task_look() == "made", task_other() == "made") == (look, other)


def test_a_task_that_was_not_made_fails_when_it_runs():
    with pytest.raises(RuntimeError, match="stage"):
        on_demand._not_made("stage")


GOALS = ["deploy", "plan", "choose", "preflight", "render", "stage", "validate", "backup", "install"]
GOALS += ["settings", "verify", "rollback", "uninstall", "start", "restart", "status", "doctor"]


MORE = [["deploy", "--start", "--yes"], ["deploy", "--dry-run"]]


@pytest.mark.parametrize("words", [*([goal] for goal in GOALS), *MORE], ids=" ".join)
def test_all_that_a_goal_leads_to_is_made(sandbox, words):
    made, reached = tasks_of(sandbox, words)
    assert words[0] in reached
    assert set(reached) <= set(made)
    assert "--start" not in words or "_start" in reached
    assert "--dry-run" not in words or reached == ["deploy", "plan"]


@pytest.mark.slow
def test_so_it_is_for_what_deploys_something_saved(sandbox):
    sandbox.deploy("--preset", "demo", "--profile", "mine")
    sandbox.doit("plan", "--preset", "demo", "--port", "4711", "--out", str(sandbox.home / "plan"))
    for words in (["use", "mine"], ["apply", str(sandbox.home / "plan")]):
        made, reached = tasks_of(sandbox, words)
        assert {"install", "_finish"} <= set(reached) <= set(made)
    made, reached = tasks_of(sandbox, ["use", "mine", "--dry-run"])
    assert set(reached) == {"use", "plan"} <= set(made)
