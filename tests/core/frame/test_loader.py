"""What was typed is made with all that it leads to; the same graph as another doit makes of dodo.py."""

from __future__ import annotations

import json
import sys

import pytest

PRELUDE = """
import json, os, sys
sys.path.insert(0, os.getcwd())
"""

OURS = (
    PRELUDE
    + """
from tasks.core.frame import lean
lean.import_doit()
from tasks.core.cli import command_line
from tasks.core.frame.commands import Front, Run
from doit.control import TaskControl

words = sys.argv[1:]
command_line.take(words)
front = Front()
loader = front.task_loader
loader.setup({})
loader.load_doit_config()
every = words[:1] == ["*"]
if every:
    loader.make(loader.creators)
    tasks = loader.list_tasks()
else:
    tasks = loader.load_tasks(type("Command", (), {"wants": "named", "execute_tasks": True, "is_strict": True}), words)
"""
)

THEIRS = (
    PRELUDE
    + """
import doit.loader
doit.loader.initial_workdir = os.getcwd()
words = sys.argv[1:]
import dodo
from doit.control import TaskControl
tasks = doit.loader.load_tasks(vars(dodo), args=words)
"""
)

GRAPH = """
made = [task.name for task in tasks if not task.loader]
control = TaskControl(tasks)
edges = {task.name: [*task.task_dep, *task.setup_tasks] for task in tasks}
files = {task.name: [sorted(task.file_dep), task.targets] for task in tasks}
print(json.dumps({"made": made, "edges": edges, "files": files}))
"""


def graph(sandbox, code, *words):
    """The tasks as *code* makes them for a command line."""
    done = sandbox.run([sys.executable, "-P", "-c", code + GRAPH, *words])
    assert done.code == 0, done.text
    return json.loads(done.out)


def reached(found, *names):
    """All that *names* lead to, in the order in which it is come to."""
    seen: dict[str, None] = {}
    todo = list(names)
    while todo:
        name = todo.pop(0)
        if name not in seen:
            seen[name] = None
            todo += found["edges"][name]
    return list(seen)


STEPS = ["deploy", "plan", "choose", "preflight", "render", "stage", "validate", "backup", "install"]
STEPS += ["settings", "verify", "rollback", "uninstall", "start", "restart", "status", "doctor"]
LINES = [*([step] for step in STEPS), ["deploy", "--start", "--yes"], ["deploy", "--dry-run"]]


@pytest.mark.sample(6)
@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_all_that_a_command_line_leads_to_is_made(sandbox, words):
    ours, theirs = graph(sandbox, OURS, *words), graph(sandbox, THEIRS, *words)
    wanted = reached(theirs, words[0])
    assert set(wanted) <= set(ours["made"])
    assert len(ours["made"]) < len(theirs["made"])
    assert sorted(reached(ours, words[0])) == sorted(wanted)
    if "--start" in words:
        assert "_start" in wanted
    if "--dry-run" in words:
        assert wanted == ["deploy", "plan"]


@pytest.mark.slow
def test_so_it_is_for_what_deploys_something_saved(sandbox):
    sandbox.deploy("--preset", "demo", "--profile", "mine")
    sandbox.doit("plan", "--preset", "demo", "--port", "4711", "--out", str(sandbox.home / "plan"))
    for words in (["use", "mine"], ["apply", str(sandbox.home / "plan")]):
        made = graph(sandbox, OURS, *words)
        wanted = reached(graph(sandbox, THEIRS, *words), words[0])
        assert {"install", "_finish"} <= set(wanted) <= set(made["made"])


def test_another_doit_makes_the_same_graph(sandbox):
    ours, theirs = graph(sandbox, OURS, "*"), graph(sandbox, THEIRS)
    assert list(ours["edges"]) == list(theirs["edges"])
    assert {name: sorted(deps) for name, deps in ours["edges"].items()} == {
        name: sorted(deps) for name, deps in theirs["edges"].items()
    }
    assert ours["files"] == theirs["files"]


@pytest.mark.parametrize("preset", ["demo", "multi-provider"])
def test_the_table_of_makers_is_what_the_targets_say(sandbox, preset):
    from tasks.core.frame import creators

    (sandbox.workshop / "choices.json").write_text(json.dumps({"choices": {"preset": preset}, "over": "0 "}))
    files = graph(sandbox, THEIRS)["files"]
    makers = {target: name.partition(":")[0] for name, (_, targets) in files.items() for target in targets}
    needed = {path for paths, _ in files.values() for path in paths}
    here = {path: path.replace(str(sandbox.project), str(creators.PROJECT)) for path in needed}
    found = {path: creators.maker_of(here[path], sandbox.layout) for path in needed}
    assert found == {path: makers.get(path, "") for path in needed}
    assert {makers[path] for path in needed if path in makers} == set(creators.MAKERS.values())


OWN = '''

def task_other():
    """Two of my own."""
    for name in "ab":
        yield {
            "name": name,
            "actions": [f"echo {name} > {name}.txt"],
            "targets": [f"{name}.txt"],
            "params": [{"name": "times", "long": "times", "default": ""}],
        }


def task_copied():
    """Of a file of the project."""
    served = str((run.layout.release / "serve.py").relative_to(PROJECT))
    return {"actions": [f"cp {served} copied"], "file_dep": [served]}


def task_read():
    """Of a file of my own."""
    return {"actions": ["cp a.txt read"], "file_dep": ["a.txt"]}


def task_checked():
    """By its name."""
    return {"actions": ["echo checked"], "task_dep": ["stage"]}


def task_set_up():
    """By a set-up."""
    return {"actions": ["echo up"], "setup": ["stage"]}


def task_worked_out():
    """By what another finds out."""
    return {"actions": ["echo worked out"], "calc_dep": ["found"]}


def task_found():
    """Finds it out."""
    return {"actions": [found]}


def found():
    return {"task_dep": ["render:.env"]}


def task_fetched():
    """By what doit keeps of another."""
    return {"actions": [fetch], "getargs": {"kept": ("stage", None)}}


def fetch(kept):
    from pathlib import Path
    Path("fetched").write_text(str(sorted(kept)))


def task_afterwards():
    """After a deployment."""
    return {"actions": ["touch afterwards"], "task_dep": ["deploy"]}


def task_spoiled():
    """With a mistake."""
    return {"actions": [spoil]}


def spoil():
    raise ValueError("spoiled")
'''


@pytest.fixture
def own(sandbox):
    """A sandbox whose dodo.py has more tasks."""
    dodo = sandbox.project / "dodo.py"
    dodo.write_text(dodo.read_text() + OWN)
    return sandbox


@pytest.mark.parametrize(
    ("words", "leaves"),
    [
        (["copied"], "copied"),
        (["read"], "read"),
        (["checked"], "release/serve.py"),
        (["set_up"], "release/serve.py"),
        (["worked_out"], "rendered/.env"),
        (["fetched"], "fetched"),
        (["other:a", "--times", "3", "other:b"], "b.txt"),
        (["oth*"], "b.txt"),
        (["b.txt"], "b.txt"),
        (["rendered/.env"], "rendered/.env"),
        (["./release/.env"], "release/.env"),
        (["-n", "2", "render"], "rendered/.env"),
        (["-n", "2", "-P", "thread", "render"], "rendered/.env"),
        (["-n", "2", "copied"], "copied"),
        (["render:.env"], "rendered/.env"),
        (["run", "choose", "render:.env"], "rendered/.env"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_own_tasks_targets_patterns_and_several_processes(own, words, leaves):
    result = own.doit(*words)
    assert result.code == 0, result.text
    assert (own.project / leaves).exists() or (own.workshop / leaves).exists(), result.text


def test_a_step_of_ones_own_follows_a_deployment_that_succeeded(own):
    failed = own.doit("afterwards")
    assert failed.code == 3, failed.text
    assert not (own.project / "afterwards").exists()
    own.deploy("--preset", "demo")
    result = own.doit("afterwards")
    assert result.code == 0, result.text
    assert (own.project / "afterwards").exists()


def test_a_mistake_in_a_step_of_ones_own_is_shown_as_such(own):
    result = own.doit("spoiled")
    assert result.code == 1
    assert "ValueError: spoiled" in result.err
    assert "this project" not in result.err
    dodo = own.project / "dodo.py"
    dodo.write_text(dodo.read_text() + "def task_half(:\n")
    result = own.doit("list")
    assert result.code == 3
    assert f"{dodo}:{len(dodo.read_text().splitlines())}: " in result.err
    assert "Traceback" not in result.err


def test_a_target_is_meant_from_where_one_is(own):
    command = own.command(f"{own.workshop.name}/rendered/.env")
    done = own.run(["sh", "-c", f'cd {own.workshop}/.. && "$@"', "sh", *command])
    assert done.code == 0, done.text
    assert (own.workshop / "rendered" / ".env").exists()


@pytest.mark.parametrize(
    "words", [["list"], ["status"], ["render", "stage"], ["-n", "2", "render"], ["checked"], ["help"]]
)
def test_another_doit_works_in_the_clone(own, words):
    result = own.run([sys.executable, "-m", "doit", *words])
    assert result.code == 0, result.text


def test_a_file_of_tasks_that_takes_ours_works_with_another_doit(sandbox):
    (sandbox.project / "mine.py").write_text("from dodo import *\n" + OWN)
    result = sandbox.run([sys.executable, "-m", "doit", "-f", "mine.py", "checked"])
    assert result.code == 0, result.text
    assert (sandbox.workshop / "release" / "serve.py").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["depoly"], "Did you mean deploy?"),
        (["render:x"], "Did you mean render?"),
        (["stage", "nosuch"], "there is no step 'nosuch'"),
        (["models=a", "deploy"], "write --models"),
        (["deploy", "models=a"], "write --models"),
        (["nosuch", "--help"], "there is no step"),
        (["list", "--nope"], "no option --nope"),
        (["-h", "x"], "there is no step"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(sandbox, words, says):
    result = sandbox.doit(*words)
    assert result.code == 3, result.text
    assert says in result.err
    for noise in ("Traceback", "CmdOption", "ERROR"):
        assert noise not in result.text
