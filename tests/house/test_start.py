"""What starting loads, and what every task has that a user sees in the list."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.house.source import PROJECT
from tests.house.test_layers import OWNERS

SLOW = {"asyncio", "concurrent.futures", "difflib", "http.client", "logging", "ssl", "tarfile", "tomllib"}
NOT_AT_START = SLOW | {"unittest", "urllib.request", *OWNERS}
"""What a command loads when it needs it; the first ones are the standard library's."""

EXECUTED = {
    "cli.command_line",
    "cli.known",
    "cli.spelling",
    "cli.steps",
    "console.console",
    "deploying.this_run",
    "disk.signals",
    "frame.commands",
    "frame.creators",
    "frame.exits",
    "frame.front",
    "frame.groups",
    "frame.help_command",
    "frame.lean",
    "frame.listing",
    "frame.loader",
    "frame.memory",
    "frame.reporter",
    "frame.sealed",
    "frame.vocabulary",
    "history.session",
    "model.errors",
    "model.layout",
    "model.secret",
}
"""The modules of the rooms that run when `doit list` starts; every other is only found, and waits for its first use."""


def test_importing_dodo_loads_nothing_slow():
    code = "import sys, json, dodo; print(json.dumps(sorted(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert not NOT_AT_START & set(json.loads(loaded.stdout))


def test_listing_the_steps_loads_nothing_slow_either(sandbox):
    sandbox.doit("render")
    listed = sandbox.run([sys.executable, "-X", "importtime", *sandbox.command("list")[1:]])
    assert listed.code == 0
    loaded = {line.rpartition("|")[2].strip() for line in listed.err.splitlines()}
    assert not NOT_AT_START & loaded


def test_listing_the_steps_executes_few_of_our_modules(sandbox):
    code = (
        "import sys; from tasks.core.frame import front; front.main(['list']); "
        "names = [name for name, module in sys.modules.items() if type(module).__name__ != '_LazyModule']; "
        "print(*names, file=sys.stderr)"
    )
    names = sandbox.run([sys.executable, "-c", code]).err.split()
    executed = {name.removeprefix("tasks.core.") for name in names if name.startswith("tasks.core.")}
    assert {name for name in executed if "." in name} <= EXECUTED


def test_every_public_step_says_in_one_line_what_it_is_for(sandbox):
    lines = [line for line in sandbox.doit("list").out.splitlines() if line.startswith("  ")]
    wanted = ["choose", "preflight", "render", "stage", "validate", "backup", "install", "settings", "verify"]
    wanted += ["start", "stop", "status", "plan", "models", "deploy"]
    listed = dict(line.split(None, 1) for line in lines)
    assert set(wanted) <= set(listed)
    assert all(text.strip() for text in listed.values())
    assert max(len(line) for line in lines) <= 110


def test_listing_follows_the_running_order(sandbox):
    names = sandbox.doit("list", "-q").out.split()
    order = ["choose", "preflight", "render", "stage", "validate", "backup", "install", "settings", "verify", "start"]
    assert [name for name in names if name in order] == order


def test_every_target_has_one_producer_and_none_is_cleaned_in_the_home(sandbox):
    code = (
        "import json, dodo; from doit.loader import load_tasks; "
        "tasks = load_tasks({k: v for k, v in vars(dodo).items()}); "
        "print(json.dumps([[t.name, list(t.targets), bool(t._remove_targets)] for t in tasks]))"
    )
    found = sandbox.run([sys.executable, "-c", code])
    rows = json.loads(found.out)
    targets = [target for _, names, _ in rows for target in names]
    assert len(targets) == len(set(targets))
    assert not [name for name, names, cleans in rows if cleans and any(str(sandbox.home) in each for each in names)]
