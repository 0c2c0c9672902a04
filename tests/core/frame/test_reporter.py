"""How a run looks and ends, with the real doit: a line per step, an exit code per kind of error."""

import dataclasses
import json
import os
import subprocess

import pytest
from doit.cmd_base import ModuleTaskLoader
from doit.doit_cmd import DoitMain

from tasks.core.cli.steps import action
from tasks.core.deploying.this_run import Run
from tasks.core.disk.recovery import Undetermined
from tasks.core.frame import bugs
from tasks.core.frame.reporter import Reporter
from tasks.core.history.session import Session
from tasks.core.model.errors import Conflict, GatewayError, InvalidInput, Unhealthy, UsageError
from tasks.core.model.layout import PROJECT, Layout
from tests.conftest import make_sandbox

CODES = {GatewayError: 1, UsageError: 3, InvalidInput: 4, Conflict: 5, Unhealthy: 6}


@pytest.fixture
def doit(tmp_path, monkeypatch, capsys):
    """Run `doit WORDS` with these creators: its exit code and what it printed."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)

    def start(creators, *words):
        start.session = Session()
        config = {
            "backend": "sqlite3",
            "dep_file": str(tmp_path / "doit.db"),
            "reporter": Reporter(start.session, Run()),
            "verbosity": 2,
        }
        main = DoitMain(ModuleTaskLoader({**creators, "DOIT_CONFIG": config}), config_filenames=())
        try:
            code = main.run(list(words))
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        return code, out, err

    return start


def task(function, **more):
    """A creator of one task with this action."""
    return lambda: {"actions": [(function,)], "doc": "What it is for.", **more}


def raising(error):
    @action
    def act():
        raise error

    return act


def nothing():
    """Do nothing."""


@pytest.mark.parametrize(("kind", "code"), CODES.items(), ids=lambda value: getattr(value, "__name__", str(value)))
def test_the_exit_code_says_which_kind_of_error_it_was(doit, kind, code):
    found, _, err = doit({"task_a": task(raising(kind("is wrong", "Mend it.", where="here")))}, "a")
    assert found == code
    assert "x a " in err.replace("✗", "x")
    for part in ("here: is wrong", "Mend it."):
        assert part in err
    assert "Traceback" not in err


@pytest.mark.parametrize(("is_ours", "code"), [(True, 2), (False, 1)])
def test_a_bug_is_a_traceback_and_exit_2_unless_it_is_in_a_step_of_the_users_own(doit, monkeypatch, is_ours, code):
    if is_ours:
        monkeypatch.setattr(bugs, "OURS", str(PROJECT))

    @action
    def act():
        raise ZeroDivisionError

    found, _, err = doit({"task_a": task(act)}, "a")
    assert found == code
    assert "Traceback" in err
    assert "ZeroDivisionError" in err
    assert ("doit doctor --report report.md" in err) is is_ours


def test_what_needs_a_failed_step_is_not_run(doit):
    ran = []
    creators = {
        "task_a": task(raising(Conflict("is yours"))),
        "task_b": task(lambda: ran.append("b"), task_dep=["a"]),
    }
    code, _, _ = doit(creators, "b")
    assert (code, ran) == (5, [])


def test_the_first_failure_gives_the_code_with_continue(doit):
    creators = {"task_a": task(raising(InvalidInput("is no JSON"))), "task_b": task(raising(Conflict("is yours")))}
    code, _, err = doit(creators, "run", "--continue", "a", "b")
    assert code == 4
    assert "is no JSON" in err
    assert "is yours" in err


def test_a_step_that_did_something_has_one_line_and_private_and_quiet_ones_have_none(doit):
    creators = {
        "task_loud": task(nothing),
        "task__private": task(nothing),
        "task_quiet": task(nothing, meta={"quiet": True}),
        "task_group": task(nothing, actions=None),
    }
    code, out, err = doit(creators, "loud", "_private", "quiet", "group")
    assert (code, out) == (0, "")
    (line,) = err.splitlines()
    assert "loud" in line
    assert "What it is for." in line
    assert line.endswith(" ms")


def test_a_step_with_nothing_to_do_has_a_line_only_when_it_was_named(doit):
    creators = {"task_a": task(nothing, uptodate=[True]), "task_b": task(nothing, uptodate=[True], task_dep=["a"])}
    doit(creators, "b")
    _, _, err = doit(creators, "b")
    (line,) = err.splitlines()
    assert "b" in line.split()
    assert "nothing to do" in line


def test_a_named_group_tells_of_its_subtasks(doit):
    def task_checks():
        yield {"name": "one", "actions": [(nothing,)], "uptodate": [True]}

    doit({"task_checks": task_checks}, "checks")
    assert "checks:one" in doit({"task_checks": task_checks}, "checks")[2]


def test_what_doit_was_told_to_ignore_is_said_loudly(doit):
    creators = {"task_a": task(nothing), "task_b": task(nothing, task_dep=["a"])}
    doit(creators, "ignore", "a")
    code, _, err = doit(creators, "b")
    assert code == 1
    assert "doit ignores: a" in err
    assert "doit forget a" in err


def test_a_message_cannot_act_on_the_terminal(doit):
    _, _, err = doit({"task_a": task(raising(GatewayError("named \x1b[2J\x07")))}, "a")
    assert "\x1b" not in err
    assert "\\x1b[2J" in err


def test_a_failing_teardown_is_told(doit):
    def teardown():
        raise OSError("cannot undo")

    code, _, err = doit({"task_a": task(nothing, teardown=[(teardown,)])}, "a")
    assert code == 1
    assert "cannot undo" in err


def test_neither_done_nor_undone_comes_before_every_other_failure(doit):
    creators = {"task_a": task(raising(InvalidInput("is no JSON"))), "task_b": task(raising(Undetermined(OSError())))}
    assert doit(creators, "run", "--continue", "a", "b")[0] == 75


def test_what_could_not_run_is_said_with_the_code_of_what_failed(doit):
    creators = {"task_a": task(raising(GatewayError("is missing"))), "task_b": task(nothing, task_dep=["a"])}
    code, _, err = doit(creators, "run", "--continue", "b")
    assert code == 1
    assert "not run, because this failed: a" in err


def test_steps_and_times_go_to_the_log_of_the_run_and_no_text_of_theirs(doit, tmp_path):
    log = tmp_path / "deployment.log"

    @action
    def act():
        doit.session.summary.log = log
        raise Conflict("secret words")

    assert doit({"task_a": task(nothing), "task_b": task(act, task_dep=["a"])}, "b")[0] == 5
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["step"], line["state"]) for line in lines] == [("a", "ok"), ("b", "fail")]
    assert "secret words" not in log.read_text()


def test_a_log_that_cannot_be_written_changes_nothing(doit, tmp_path):
    (tmp_path / "deployment.log").mkdir()

    def act():
        doit.session.summary.log = tmp_path / "deployment.log"

    assert doit({"task_a": task(act)}, "a")[0] == 0


@pytest.mark.parametrize("text", ['{"target": 5}', "[]", "{", "null", '"x"', '{"target": "/a"}'])
def test_whatever_stands_in_the_remembered_choices_it_starts(doit, monkeypatch, tmp_path, text):
    path = tmp_path / "choices.json"
    path.write_text(text)
    monkeypatch.setattr(Layout, "choices", property(lambda _: path))
    assert doit({"task_a": task(nothing)}, "a")[0] == 0


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """A sandbox with the demo, only looked at."""
    box = make_sandbox(tmp_path_factory.mktemp("deployed"))
    box.deploy("--preset", "demo")
    return box


ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.mark.parametrize(
    ("environ", "coloured", "ascii"),
    [
        ({}, False, False),
        ({"FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        (ASCII, False, True),
    ],
    ids=["plain", "forced", "no colour", "ascii"],
)
def test_colours_and_marks_fit_the_stream(deployed, environ, coloured, ascii):  # noqa: A002
    box = dataclasses.replace(deployed, switch="-P")  # -I does not hear of PYTHONUTF8
    result = box.doit("verify", env={"PYTHONUTF8": "1", **environ})
    assert result.code == 0, result.text
    assert ("\033[" in result.err) is coloured
    assert result.err.isascii() is ascii


def test_an_ascii_terminal_and_a_home_with_other_letters_go_together(tmp_path):
    box = dataclasses.replace(make_sandbox(tmp_path / "ü ß"), switch="-P")
    result = box.doit("deploy", "--preset", "demo", env=ASCII)
    assert result.code == 0, result.text
    assert "Traceback" not in result.text


@pytest.mark.parametrize("words", [["plan"], ["models"], ["status"], ["deploy", "--dry-run"]])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_who_has_seen_enough_ends_it_quietly(deployed, words, stream):
    result = unread(deployed, stream, *words)
    assert "Traceback" not in result
    assert "Exception ignored" not in result
    assert "BrokenPipe" not in result


def unread(box, stream, *words):
    """What `doit WORDS` says on one stream when nobody reads the other."""
    reading, writing = os.pipe()
    os.close(reading)
    other = {"stdout": "stderr", "stderr": "stdout"}[stream]
    streams = {stream: writing, other: subprocess.PIPE}
    with subprocess.Popen(box.command(*words), cwd=box.project, env=box.environment(), text=True, **streams) as process:
        os.close(writing)
        return getattr(process, other).read()


def test_programs_can_have_json(deployed):
    result = deployed.doit("run", "-r", "json", "verify")
    assert result.code == 0
    tasks = json.loads(result.out)["tasks"]
    assert {task["name"]: task["result"] for task in tasks} == {"verify": "success"}


def test_what_is_ignored_in_a_deployment_is_said_and_it_is_not_called_deployed(tmp_path):
    box = make_sandbox(tmp_path)
    assert box.doit("ignore", "install").code == 0
    result = box.doit("deploy", "--preset", "demo")
    assert result.code == 1
    assert "deploy did not run" in result.err
    assert "doit forget install\n" in result.err
    assert "Deployed demo" not in result.out
    assert not box.settings.exists()


def test_the_records_of_doit_hold_no_value_and_no_plain_digest_of_one(tmp_path):
    import hashlib

    box = make_sandbox(tmp_path)
    key, project = "sk-" + "a1b2" * 16, "my-private-project"
    credentials = box.home / "credentials.json"
    credentials.write_text('{"type": "service_account"}')
    credentials.chmod(0o600)
    box.extra |= {"LITELLM_MASTER_KEY": key, "VERTEX_PROJECT": project, "VERTEX_LOCATION": "us-central1"}
    box.extra |= {"GOOGLE_APPLICATION_CREDENTIALS": str(credentials)}
    box.deploy("--preset", "basic")
    for path in (box.layout.database, box.layout.choices, box.layout.catalogue):
        stored = path.read_bytes()
        for value in (key, project):
            assert value.encode() not in stored, path
            for made in (hashlib.md5, hashlib.sha1, hashlib.sha256):
                assert made(value.encode()).hexdigest().encode() not in stored, path
