"""The suite itself: what it leaves out by default, and what it does to be fast."""

from __future__ import annotations

import re
import shlex
import shutil
import sqlite3

from tests.conftest import PROJECT, Sandbox, make_sandbox

OURS = {"slow", "real", "sample", "nightly"}
BUILT_IN = {"parametrize", "skipif", "timeout", "usefixtures"}
COMMANDS = """\
deploy --preset demo
plan --port 4101 --json
deploy --port 4101 --verbose
list
deploy --port nowhere
frobnicate
rollback
exec -- sh -c 'cat; kill -9 $$'
uninstall
status
"""
VARIABLE = r"\d+ ms|\d+\.\d s|\d{4}-\d\d-\d\d[T ][\d:]+Z?|\d{8}-\d{6}(-\d+\b)?|\[hidden \w+\]|sk-\w+|\b[0-9a-f]{16,}\b"
"""What two runs never have in common: durations, times (with a number if two fall into one second), what is random."""


def test_every_marker_is_declared_and_used(pytestconfig):
    declared = {re.match(r"\w+", line)[0] for line in pytestconfig.getini("markers")}
    sources = [path.read_text() for path in (PROJECT / "tests").rglob("*.py")]
    used = {name for source in sources for name in re.findall(r"pytest\.mark\.(\w+)", source)}
    assert declared >= OURS
    assert used == OURS | BUILT_IN


def test_no_test_is_left_out_by_its_name():
    conftest = (PROJECT / "tests" / "conftest.py").read_text()
    assert not re.findall(r"[\"'/:]test_\w+", conftest)


def test_forked_commands_end_as_new_processes_do(tmp_path):
    told = {}
    for forks in (True, False):
        box = make_sandbox(tmp_path / "box")
        if not forks:
            box.server = None
        told[forks] = {command: ended(box, command) for command in COMMANDS.splitlines()} | files(box)
        shutil.rmtree(box.root)
    for command, end in told[False].items():
        assert told[True].pop(command) == end, command
    assert not told[True]


def ended(box: Sandbox, command: str) -> list[object]:
    """The exit code of a command and what it wrote, in no order: that of some steps is random."""
    result = box.doit(*shlex.split(command), input="some words\n")
    return [result.code, *(sorted(re.sub(VARIABLE, "?", text).splitlines()) for text in (result.out, result.err))]


def files(box: Sandbox) -> dict[str, str]:
    """Every file that there is, with its mode."""
    found = {name: mode for name, (mode, *_) in box.state().items() if "backup-" not in name}
    return {name.replace(box.workshop.name, "workshop"): mode for name, mode in found.items()}


def test_a_fresh_clone_checks_its_templates_once_and_a_sandbox_starts_behind_that(tmp_path):
    cold, warm = make_sandbox(tmp_path / "cold", cold=True), make_sandbox(tmp_path / "warm")
    assert not list((cold.project / "build").iterdir())
    first = [box.deploy("--preset", "demo").err for box in (cold, warm)]
    assert ["validate:templates" in err for err in first] == [True, False]
    for box in (cold, warm):
        assert "validate:templates" not in box.deploy("--port", "4101").err
    assert files(cold) == files(warm)
    catalogues = [(box.project / "build" / "catalogue.json").read_bytes() for box in (cold, warm)]
    assert catalogues[0] == catalogues[1]


def test_a_sandbox_knows_of_no_other_folder(tmp_path):
    box = make_sandbox(tmp_path / "one 'folder'")
    (rows,) = sqlite3.connect(box.workshop / "doit.db").execute("select group_concat(task_data) from doit")
    assert set(re.findall(r'"(/[^"]*)/templates/', rows[0])) == {str(box.project)}


def test_a_changed_template_is_checked_again_in_a_sandbox(sandbox):
    file = sandbox.project / "templates" / "models" / "demo.yaml"
    file.write_text(file.read_text().replace("provider: mock", "provider: mok"))
    refused = sandbox.doit("validate")
    assert refused.code == 4
    assert "templates/models/demo.yaml:6: provider" in refused.err
